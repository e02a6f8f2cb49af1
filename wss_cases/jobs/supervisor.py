"""Runs the web server and the scheduler side by side: `python -m wss_cases.jobs.supervisor`.

Standard library only. The children stay in this process group, so that Ctrl-C reaches them too; SIGINT and SIGTERM
are handled here as well, because a shell starts background jobs with SIGINT ignored. A child that dies is started
again after a growing pause. The web server must come up once; until it has, its end is the end of everything.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
POLL_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
STOP_SECONDS = 7.0


@dataclass
class Child:
    """One supervised process; `essential` means that it must have become ready once, or everything ends."""

    name: str
    command: Sequence[str]
    ready: Callable[[], bool] | None = None
    essential: bool = False
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    pause: float = 0.0
    was_ready: bool = field(default=False)

    def start(self, environment: Mapping[str, str], now: float) -> None:
        """Start the process; `now` is monotonic seconds."""
        self.process = subprocess.Popen(list(self.command), cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL)
        self.started_at = now

    def plan_restart(self, now: float) -> float:
        """Note that the process is gone and return the seconds until the next start: 1, 2, 4 … 30."""
        steady = now - self.started_at >= STEADY_SECONDS
        self.pause = 1.0 if steady or not self.pause else min(self.pause * 2, LONGEST_PAUSE_SECONDS)
        self.process = None
        self.restart_at = now + self.pause
        return self.pause


class Supervisor:
    """Holds the children from start to end; `run` returns the exit status."""

    def __init__(self, children: Sequence[Child], environment: Mapping[str, str], on_ready: Callable[[], None]):
        self.children = list(children)
        self.environment = environment
        self.on_ready = on_ready
        self.stopping = False
        self.announced = False

    def run(self) -> int:
        """Supervise until told to stop (0) or until an essential child could not start (1)."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        for child in self.children:
            child.start(self.environment, time.monotonic())
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
                    child.start(self.environment, now)
            elif (code := child.process.poll()) is not None:
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
        running = [child.process for child in self.children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


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


def scheduler_command() -> list[str]:
    """The one process that sweeps and delivers reminders."""
    return [sys.executable, "-m", "flask", "scheduler", "run"]


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
    address = f"http://{HOST}:{port}/"
    children = [
        Child("web server", web_command(port), ready=lambda: answers(port), essential=True),
        Child("scheduler", scheduler_command()),
    ]
    # threads of one process share their memory's arenas: for eight of them glibc would open sixteen
    settings = {"MALLOC_ARENA_MAX": "2", **environment}
    return Supervisor(children, settings, lambda: say(f"Running at {address} (Ctrl-C ends it)")).run()


if __name__ == "__main__":
    sys.exit(main(os.environ))
