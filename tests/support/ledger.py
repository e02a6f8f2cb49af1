"""The closing words of a run: how many tests ran on which database, and which took longest."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from tests.support.depth import BACKENDS

PROPERTY = "database"
"""Under this name a test's report carries its kind of database, from a worker to the terminal and into JUnit's XML."""
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
SLOWEST = 10


class Ledger:
    """Counts the reports of all workers; one for the process that owns the terminal."""

    def __init__(self) -> None:
        self.databases: dict[str, str] = {}
        self.seconds: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one phase of one test."""
        self.seconds[report.nodeid] += report.duration
        if report.when == "call":
            self.databases[report.nodeid] = str(dict(report.user_properties).get(PROPERTY, ""))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the words below the failures, where anything ran."""
        if not self.seconds:
            return
        slowest = sorted(self.seconds, key=lambda test: -self.seconds[test])[:SLOWEST]
        terminalreporter.section(f"slowest {len(slowest)}, with what they waited for")
        for test in slowest:
            terminalreporter.write_line(f"{self.seconds[test]:7.2f} s  {test}")
        terminalreporter.write_line(self.counted())

    def counted(self) -> str:
        """Return the line that says how many tests ran where; what was skipped in its setup ran nowhere."""
        counts = Counter(self.databases.values())
        on = ", ".join(f"{counts[kind]} on {NAMES[kind]}" for kind in BACKENDS)
        return f"{counts.total()} tests ran: {on}, {counts['']} without a database"
