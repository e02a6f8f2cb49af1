"""Processes of the system under test, forked in milliseconds from one that holds the application ready."""

from __future__ import annotations

import json
import os
import signal
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.support.databases import Database, environment
from tests.support.fixed import day
from tests.support.servers import forking

LONGEST = 60.0


class Child:
    """One process of the system."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.nursery = nursery
        self.pid = pid
        self.status: int | None = None

    def kill(self) -> bool:
        """SIGKILL; False when it had ended by itself before."""
        if self.wait(0) is not None:
            return False
        os.kill(self.pid, signal.SIGKILL)
        return self.wait() == -signal.SIGKILL

    def wait(self, seconds: float = LONGEST) -> int | None:
        """Return the exit status, -9 for SIGKILL; None when it still runs after these seconds."""
        if self.status is None:
            self.status = self.nursery.ask(do="wait", pid=self.pid, seconds=seconds)
        return self.status

    def done(self) -> None:
        """Wait for a good end; AssertionError with its words otherwise."""
        status = self.wait()
        if status is None:
            self.kill()
        assert status == 0, f"ended with {status}:\n{self.nursery.words()[-3000:]}"


class Nursery:
    """Forks processes on one database and one clock."""

    def __init__(self, database: Database, folder: Path, plant: str = "", **settings: str) -> None:
        self.database = database
        self.log = folder / "children.log"
        self.clock_file = folder / "clock"
        day.clock_of_the_run(self.clock_file)
        own = {"WSS_CLOCK_FILE": str(self.clock_file), "WSS_INSTANCE": str(folder), "WSS_TEST_PLANT": plant}
        self.settings = own | settings
        reading, writing = os.pipe()
        hearing, answering = os.pipe()
        self._orders = os.fdopen(writing, "w", encoding="utf-8")
        self._answers = os.fdopen(hearing, encoding="utf-8")
        with os.fdopen(reading) as source, os.fdopen(answering, "w") as out, self.log.open("ab") as err:
            env = environment(database.url, **self.settings)
            self._zygote = forking.start(
                "tests.faults.processes.forking_process", env=env, source=source, out=out, err=err
            )
        self._children: list[Child] = []
        assert self._read() == "ready"

    def start(self, *arguments: str, failpoint: str = "") -> Child:
        """Fork a process that runs `flask` with these arguments. "tick" is one tick of a scheduler, "push" one run of
        what sends to devices, "rosters" one of what takes rosters in and sends to an ODS/API."""
        pid = self.ask(do="run", args=arguments, failpoint=failpoint, log=str(self.log))
        child = Child(self, pid)
        self._children.append(child)
        return child

    def ask(self, **order: Any) -> Any:
        """Send one order and return its answer."""
        self._orders.write(json.dumps(order) + "\n")
        self._orders.flush()
        return json.loads(self._read())

    def _read(self) -> str:
        line = self._answers.readline().strip()
        assert line, "the process that forks has ended"
        return line

    def set_clock(self, instant: datetime) -> None:
        """Let every process believe that it is `instant`, running on from there."""
        day.set_clock(self.clock_file, instant)

    def words(self) -> str:
        """What the processes have said."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def close(self) -> None:
        """End everything."""
        for child in self._children:
            if child.status is None:
                child.kill()
        self._zygote.kill()
        self._zygote.wait()
        self._orders.close()
        self._answers.close()
