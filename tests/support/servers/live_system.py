"""The system as separate processes: the web server and the scheduler on a database of their own."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.support.databases import Database, environment, flask
from tests.support.fixed import day
from tests.support.postgres import free_port
from tests.support.servers import forking
from tests.support.servers.forking import Forked
from wss_cases.web.serving import worker_class

LONGEST_WAIT = 120.0
"""Seconds after which a wait is given up where the test says nothing about time: beside other work a process may take
twenty times as long to start as it does alone."""


def wait_until(true: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until something holds; AssertionError naming `what` when it does not in time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


class LiveSystem:
    """A database with the processes that serve it, all on one clock that a test may move."""

    def __init__(self, database: Database, folder: Path, settings: dict[str, str]) -> None:
        self.database = database
        self.folder = folder
        self.clock_file = folder / "clock"
        day.clock_of_the_run(self.clock_file)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {"WSS_CLOCK_FILE": str(self.clock_file), "PUBLIC_URL": self.url} | settings
        self.processes: list[Forked] = []

    def start_web(self, workers: int = 1) -> Forked:
        """Start gunicorn and wait until it answers."""
        process = self.start(
            "web", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{self.port}", "--worker-class", worker_class,
            "--workers", str(workers), "--threads", "4", "--no-control-socket", "--graceful-timeout", "2",
            "--log-level", "warning",
        )  # fmt: skip

        def answers() -> bool:
            assert process.poll() is None, f"the web server ended:\n{self.log('web')}"
            return self.status("/healthz") == 200

        wait_until(answers, LONGEST_WAIT, f"the web server answers\n{self.log('web')}")
        return process

    def start_scheduler(self) -> Forked:
        """Start the scheduler process."""
        return self.start("scheduler", "flask", "scheduler", "run")

    def start(self, name: str, module: str, *arguments: str) -> Forked:
        """Start `python -m module` as a process of the system; its words go to a log of that name."""
        env = environment(self.database.url, **self.settings)
        with (self.folder / f"{name}.log").open("ab") as log:
            process = forking.start(module, *arguments, env=env, out=log, err=log)
        self.processes.append(process)
        return process

    def flask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command on this system's database and clock."""
        return flask(self.database.url, *arguments, **self.settings)

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def status(self, path: str) -> int:
        """Return the HTTP status of a page, 0 where nothing answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def document(self, path: str) -> dict[str, Any]:
        """Return the JSON document of an address, whatever its status."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as response:
                found: dict[str, Any] = json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                found = json.load(error)
        return found

    def set_clock(self, instant: datetime) -> None:
        """Let every process of this system believe that it is `instant` (aware), running on from there."""
        day.set_clock(self.clock_file, instant)

    def stop(self) -> None:
        """End every process."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
