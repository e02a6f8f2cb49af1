"""Gunicorn with the scheduler beside its workers, as `jobs/supervisor.py` starts it.

The process that loaded the application is the parent of all of them, so that they share its memory. A scheduler that
dies is started again after a growing pause; it ends with its parent, as the workers do.
"""

from __future__ import annotations

import signal
import sys
import time
import traceback
from typing import Any

from flask.cli import ScriptInfo
from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.arbiter import Arbiter

from wss_cases.jobs.children import Child, say

STOP_SECONDS = 4.0


class Both(Arbiter):
    """Gunicorn's first process, which also looks after the scheduler."""

    def __init__(self, application: WSGIApplication) -> None:
        super().__init__(application)
        self.scheduler = Child("scheduler", self._be_scheduler)
        self.stopping = False

    def manage_workers(self) -> None:
        """Start missing workers and the scheduler."""
        super().manage_workers()
        self._look_after_scheduler()

    def reap_workers(self) -> None:
        """Note what ended, the scheduler first: gunicorn waits for any child."""
        self._look_after_scheduler()
        super().reap_workers()

    def stop(self, graceful: bool = True) -> None:
        self.stopping = True
        deadline = time.monotonic() + STOP_SECONDS
        self.scheduler.tell(signal.SIGTERM)
        super().stop(graceful)
        self.scheduler.end_by(deadline)

    def _look_after_scheduler(self) -> None:
        now = time.monotonic()
        if self.stopping:
            if self.scheduler.number:
                self.scheduler.ended()
        elif (code := self.scheduler.look_after(now)) is not None:
            self.scheduler.say_restart(now, code)

    def _be_scheduler(self) -> None:
        """Run as the process that sweeps and delivers reminders."""
        for listening in self.LISTENERS:
            listening.sock.close()  # the file descriptor alone: the port is the workers'
        for worker in self.WORKERS.values():
            worker.tmp.close()
        app = self.app.wsgi()
        app.cli.main(["scheduler", "run"], prog_name="flask", obj=ScriptInfo(create_app=lambda: app))


class Application(WSGIApplication):
    """Gunicorn's command with the scheduler; prints plainly when the application cannot be loaded."""

    def load(self) -> Any:
        try:
            return super().load()
        except Exception:
            traceback.print_exc()
            say("The application could not be loaded.")
            sys.exit(1)

    def run(self) -> None:
        """Serve until told to stop."""
        Both(self).run()


def run() -> None:
    """Run gunicorn with the command line's arguments."""
    Application("%(prog)s [OPTIONS] [APP_MODULE]", prog="gunicorn").run()
