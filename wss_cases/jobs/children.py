"""A forked process that is started again when it dies: the supervisor's and gunicorn's own."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

NAME_BYTES = 15
TOLD_OF_PARENTS_END = 1
"""What Linux calls PR_SET_PDEATHSIG."""
END_POLL_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0


@dataclass
class Child:
    """One supervised process, forked to carry out `work`. An `essential` one must become ready once, or everything
    ends. Its parent calls `look_after` regularly."""

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
        """Run in the forked process, with its own signal handlers and process name; never returns."""
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
        """How the process ended, once: its status, or minus the signal; None while it runs."""
        try:
            number, status = os.waitpid(self.number, os.WNOHANG)
        except ChildProcessError:
            # the parent waited for any child, and got this one's status
            number, status = self.number, 0
        if number == 0:
            return None
        self.number = 0
        return os.waitstatus_to_exitcode(status)

    def tell(self, number: int) -> None:
        """Send the process a signal if it runs."""
        if self.number:
            with suppress(ProcessLookupError):
                os.kill(self.number, number)

    def end_by(self, deadline: float) -> None:
        """Wait until the process has ended, and kill it when it has not by then."""
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
        """Start the process when it is time, and return how it ended if it did."""
        if not self.number:
            if now >= self.restart_at:
                self.start(now)
            return None
        return self.ended()

    def say_restart(self, now: float, code: int) -> None:
        """Plan the next start of a process that ended, and print it."""
        pause = self.plan_restart(now)
        say(f"The {self.name} ended with status {code}; starting it again in {pause:.0f} s.")


def end_with(parent: int) -> None:
    """Let the kernel end this process when its parent is gone: a killed parent tells no one.

    Only on Linux, and in a Python with ctypes.
    """
    with suppress(AttributeError, ImportError, OSError):
        import_module("ctypes").CDLL(None).prctl(TOLD_OF_PARENTS_END, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(0)


def say(text: str) -> None:
    print(text, flush=True)
