"""Runs the web server and the scheduler side by side: `python -m wss_cases.jobs.supervisor`.

This process stays small: the one it forks loads the application, and is the parent of the web's workers and of the
scheduler (`jobs/side_by_side.py`), which so share its memory. All stay in this process group, so that Ctrl-C reaches
them too; SIGINT and SIGTERM are handled here as well, because a shell starts background jobs with SIGINT ignored. Where
this process is killed its child ends, and all below that. A child that dies is started again after a growing pause. The
web server must come up once; until it has, its end is the end of everything.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_MMAP_THRESHOLD_": "131072"}
"""How glibc keeps memory, read as a process begins: one arena where eight threads would open sixteen, and what a large
answer took is given back, where it would keep the more the larger one was."""
NAME_BYTES = 15
TOLD_OF_PARENTS_END = 1
"""What Linux calls PR_SET_PDEATHSIG."""
MODULE = "wss_cases.jobs.supervisor"
HOST = "127.0.0.1"
POLL_SECONDS = 0.1
END_POLL_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
STOP_SECONDS = 7.0


@dataclass
class Child:
    """One supervised process, forked to carry out `work`; `essential` means that it must have become ready once, or
    everything ends. Whoever forks it asks now and then how it ended."""

    name: str
    work: Callable[[], object]
    ready: Callable[[], bool] | None = None
    essential: bool = False
    number: int = 0
    started_at: float = 0.0
    restart_at: float = 0.0
    pause: float = 0.0
    was_ready: bool = False

    def start(self, now: float) -> None:
        """Fork the process; `now` is monotonic seconds."""
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        self.number = os.fork()
        self.started_at = now
        if self.number == 0:
            self._be(parent)

    def _be(self, parent: int) -> None:
        """Be the process, which has signals of its own, and a name for whoever lists processes; never returns."""
        status = 1
        try:
            for number in signal.valid_signals():
                if callable(signal.getsignal(number)):
                    signal.signal(number, signal.SIG_DFL)
            end_with(parent)
            with suppress(OSError):
                Path("/proc/self/comm").write_text(self.name[:NAME_BYTES], encoding="ascii")
            self.work()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            with suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)

    def ended(self) -> int | None:
        """Return how the process ended, once: its status, or minus the signal; None while it lives."""
        try:
            number, status = os.waitpid(self.number, os.WNOHANG)
        except ChildProcessError:
            # its parent asked for the end of any child, and this one's was the answer
            number, status = self.number, 0
        if number == 0:
            return None
        self.number = 0
        return os.waitstatus_to_exitcode(status)

    def tell(self, number: int) -> None:
        """Send the process a signal, if it is there."""
        if self.number:
            with suppress(ProcessLookupError):
                os.kill(self.number, number)

    def end_by(self, deadline: float) -> None:
        """Wait until the process has ended, and end it where it has not by then."""
        while self.number and self.ended() is None:
            if time.monotonic() >= deadline:
                self.tell(signal.SIGKILL)
            time.sleep(END_POLL_SECONDS)

    def plan_restart(self, now: float) -> float:
        """Note that the process is gone and return the seconds until the next start: 1, 2, 4 … 30."""
        steady = now - self.started_at >= STEADY_SECONDS
        self.pause = 1.0 if steady or not self.pause else min(self.pause * 2, LONGEST_PAUSE_SECONDS)
        self.restart_at = now + self.pause
        return self.pause

    def look_after(self, now: float) -> int | None:
        """Start the process where it is time to, and return how it ended where it did."""
        if not self.number:
            if now >= self.restart_at:
                self.start(now)
            return None
        return self.ended()

    def say_restart(self, now: float, code: int) -> None:
        """Plan the next start of a process that ended, and say so."""
        pause = self.plan_restart(now)
        say(f"The {self.name} ended with status {code}; starting it again in {pause:.0f} s.")


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


def end_with(parent: int) -> None:
    """Let this process be told to end, as by its parent, once that is gone: one that was killed tells nobody. By the
    kernel: a system that is not Linux does without, as does a Python without ctypes."""
    with suppress(AttributeError, ImportError, OSError):
        import_module("ctypes").CDLL(None).prctl(TOLD_OF_PARENTS_END, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(0)


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
    """Whether the web server answers its health page; asked by a bare socket, for this process stays small."""
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
    """Be the web server, with the scheduler beside its workers."""
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
