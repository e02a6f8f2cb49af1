"""Runs the web server and the scheduler side by side: `python -m wss_cases.jobs.supervisor`.

It loads the application once and forks both from it, so that they share its memory. The children stay in this process
group, so that Ctrl-C reaches them too; SIGINT and SIGTERM are handled here as well, because a shell starts background
jobs with SIGINT ignored. A child that dies is started again after a growing pause. The web server must come up once;
until it has, its end is the end of everything.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import socket
import sys
import time
import traceback
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ARENAS = "MALLOC_ARENA_MAX"
"""Threads of one process share their memory's arenas: for eight of them glibc would open sixteen. Read at the start."""
NAME_BYTES = 15
MODULE = "wss_cases.jobs.supervisor"
HOST = "127.0.0.1"
POLL_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
STOP_SECONDS = 7.0


@dataclass
class Child:
    """One supervised process, forked to carry out `work`; `essential` means that it must have become ready once, or
    everything ends."""

    name: str
    work: Callable[[], object]
    ready: Callable[[], bool] | None = None
    essential: bool = False
    process: ForkProcess | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    pause: float = 0.0
    was_ready: bool = field(default=False)

    def start(self, now: float) -> None:
        """Fork the process; `now` is monotonic seconds."""
        self.process = multiprocessing.get_context("fork").Process(target=self._be)
        self.process.start()
        self.started_at = now

    def _be(self) -> None:
        """Be the process, which has signals of its own, and a name for whoever lists processes."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        with suppress(OSError):
            Path("/proc/self/comm").write_text(self.name[:NAME_BYTES], encoding="ascii")
        self.work()

    def plan_restart(self, now: float) -> float:
        """Note that the process is gone and return the seconds until the next start: 1, 2, 4 … 30."""
        steady = now - self.started_at >= STEADY_SECONDS
        self.pause = 1.0 if steady or not self.pause else min(self.pause * 2, LONGEST_PAUSE_SECONDS)
        self.process = None
        self.restart_at = now + self.pause
        return self.pause


class Supervisor:
    """Holds the children from start to end; `run` returns the exit status."""

    def __init__(self, children: Sequence[Child], on_ready: Callable[[], None]):
        self.children = list(children)
        self.on_ready = on_ready
        self.stopping = False
        self.announced = False

    def run(self) -> int:
        """Supervise until told to stop (0) or until an essential child could not start (1)."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        for child in self.children:
            child.start(time.monotonic())
        status = 0
        while not self.stopping and status == 0:
            status = self._look_after(time.monotonic())
            time.sleep(POLL_SECONDS)
        self._end_all()
        return status

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _look_after(self, now: float) -> int:
        for child in self.children:
            if child.process is None:
                if now >= child.restart_at:
                    child.start(now)
            elif (code := child.process.exitcode) is not None:
                if self.stopping:
                    return 0
                if child.essential and not child.was_ready:
                    say(f"The {child.name} could not start (it ended with status {code}).")
                    return 1
                pause = child.plan_restart(now)
                say(f"The {child.name} ended with status {code}; starting it again in {pause:.0f} s.")
            elif not child.was_ready:
                child.was_ready = child.ready is None or child.ready()
        if not self.announced and all(child.was_ready for child in self.children):
            self.announced = True
            self.on_ready()
        return 0

    def _end_all(self) -> None:
        running = [child.process for child in self.children if child.process and child.process.exitcode is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.exitcode is None:
                process.kill()
                process.join()


def say(text: str) -> None:
    """Print a line for the person at the terminal, at once."""
    print(text, flush=True)


def port_is_free(port: int) -> bool:
    """Whether the web server could listen on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether the web server answers its health page."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=1) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def web_command(port: int) -> list[str]:
    """Gunicorn as it runs here: two processes of four threads."""
    return [
        sys.executable, "-m", "gunicorn", "-c", "python:wss_cases.web.serving", "wsgi:app",
        "--bind", f"{HOST}:{port}", "--graceful-timeout", "4",
    ]  # fmt: skip


def loaded() -> Any:
    """Return the application, loaded and with what every process needs made, for all that are forked from here."""
    app = import_module("wsgi").app
    import_module("gunicorn.app.wsgiapp")
    serving = import_module("wss_cases.web.serving")
    import_module(serving.worker_class.rpartition(".")[0])
    serving.warm(app)
    gc.collect()
    gc.freeze()
    return app


def be_web(port: int) -> None:
    """Be gunicorn."""
    sys.argv = web_command(port)[2:]
    import_module("gunicorn.app.wsgiapp").run(prog="gunicorn")


def be_scheduler(app: Any) -> None:
    """Be the one process that sweeps and delivers reminders."""
    info = import_module("flask.cli").ScriptInfo(create_app=lambda: app)
    app.cli.main(["scheduler", "run"], prog_name="flask", obj=info)


def main(environment: Mapping[str, str]) -> int:
    """Run both on `PORT` (default 8000) and say where; returns the exit status."""
    value = environment.get("PORT") or "8000"
    if not value.isdecimal() or not 0 < int(value) < 65536:
        say(f"PORT must be a number from 1 to 65535, not {value!r}.")
        return 1
    port = int(value)
    if not port_is_free(port):
        say(f"Port {port} is already in use. Stop the other program, or choose another: PORT=8001 make run")
        return 1
    if ARENAS not in environment:
        os.execve(sys.executable, [sys.executable, "-m", MODULE], {ARENAS: "2", **environment})
    os.chdir(ROOT)
    try:
        app = loaded()
    except Exception:
        traceback.print_exc()
        say("The application could not be loaded.")
        return 1
    address = f"http://{HOST}:{port}/"
    children = [
        Child("web server", lambda: be_web(port), ready=lambda: answers(port), essential=True),
        Child("scheduler", lambda: be_scheduler(app)),
    ]
    return Supervisor(children, lambda: say(f"Running at {address} (Ctrl-C ends it)")).run()


if __name__ == "__main__":
    sys.exit(main(os.environ))
