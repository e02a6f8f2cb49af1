"""Runs web server and scheduler side by side: `python -m wss_cases.jobs.supervisor`.

This process stays small. The one it forks loads the application and is the parent of the web workers and the scheduler
(`jobs/side_by_side.py`), which share its memory. All stay in this process group, so that Ctrl-C reaches them; SIGINT
and SIGTERM are handled here as well, because a shell starts background jobs with SIGINT ignored. When this process is
killed, its child and all below it end. A child that dies is started again after a growing pause. Until the web server
has come up once, its end is the end of everything.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType

from wss_cases.jobs.children import Child, say

ROOT = Path(__file__).resolve().parents[2]
MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_MMAP_THRESHOLD_": "131072"}
"""How glibc keeps memory, read as a process begins: one arena where eight threads would open sixteen, and what a large
answer took is given back, where it would keep the more the larger one was."""
MODULE = "wss_cases.jobs.supervisor"
HOST = "127.0.0.1"
POLL_SECONDS = 0.1
STOP_SECONDS = 7.0


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
            code = child.look_after(now)
            if code is None:
                child.was_ready = child.was_ready or (child.number > 0 and (child.ready is None or child.ready()))
            elif self.stopping:
                return 0
            elif child.essential and not child.was_ready:
                say(f"The {child.name} could not start (it ended with status {code}).")
                return 1
            else:
                child.say_restart(now, code)
        if not self.announced and all(child.was_ready for child in self.children):
            self.announced = True
            self.on_ready()
        return 0

    def _end_all(self) -> None:
        for child in self.children:
            child.tell(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            child.end_by(deadline)


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether the web server answers its health page; by a bare socket, because this process stays small."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as asking:
            asking.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            return asking.recv(12).endswith(b" 200")
    except OSError:
        return False


def web_command(port: int) -> list[str]:
    """Gunicorn as it runs here: two processes of four threads."""
    return [
        sys.executable, "-m", "gunicorn", "-c", "python:wss_cases.web.serving", "wsgi:app",
        "--bind", f"{HOST}:{port}", "--graceful-timeout", "4",
    ]  # fmt: skip


def be_both(port: int) -> None:
    """Run the web server with the scheduler beside its workers."""
    sys.argv = web_command(port)[2:]
    import_module("wss_cases.jobs.side_by_side").run()


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
    if not MALLOC.keys() <= environment.keys():
        os.execve(sys.executable, [sys.executable, "-m", MODULE], {**MALLOC, **environment})
    os.chdir(ROOT)
    both = Child("web server", lambda: be_both(port), ready=lambda: answers(port), essential=True)
    return Supervisor([both], lambda: say(f"Running at http://{HOST}:{port}/ (Ctrl-C ends it)")).run()


if __name__ == "__main__":
    sys.exit(main(os.environ))
