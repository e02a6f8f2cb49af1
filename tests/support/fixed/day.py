"""The day of a run: every test begins on the same school day, whatever day it is outside.

The clock of each test process stands at BEGINS when the run begins and goes on from there. Processes that a test starts
read from a file how far they are ahead of the machine's clock. Programs that are run by hand (`python -m tests.bench`)
stay on the machine's clock, because they never call `begin`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

from tests.support.once import shared_folder

BEGINS = datetime(2026, 12, 2, 16, 0, tzinfo=UTC)
"""A Wednesday in term, ten o'clock in Chicago."""
CERTIFIED = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""How long a certificate made by a test is good: OpenSSL looks at it by the machine's clock."""
AHEAD = "WSS_TEST_AHEAD"
"""Tells the workers how many seconds the run is ahead of the machine's clock; they are started from here."""


def machine_now() -> datetime:
    """Return the machine's instant in UTC: for what is checked by other programs (certificates, PostgreSQL's clock)."""
    if not time_machine.escape_hatch.is_travelling():
        return datetime.now(UTC)
    return time_machine.escape_hatch.datetime.datetime.now(UTC)


def begin() -> None:
    """Put this process on the clock of the run; the process that begins the run decides how far ahead that is."""
    if AHEAD not in os.environ:
        os.environ[AHEAD] = f"{(BEGINS - machine_now()).total_seconds():.6f}"
        clock_of_the_run(shared_folder() / "clock")
    ahead = timedelta(seconds=float(os.environ[AHEAD]))
    time_machine.travel(machine_now() + ahead, tick=True).start()


def clock_of_the_run(file: Path) -> None:
    """Write a clock file on which a process is at the instant of the run; nothing where no run has begun."""
    if ahead := os.environ.get(AHEAD):
        file.write_text(ahead, encoding="ascii")


def settings_of_the_run() -> dict[str, str]:
    """Return what puts a process on the clock of the run; nothing where no run has begun."""
    return {"WSS_CLOCK_FILE": str(shared_folder() / "clock")} if AHEAD in os.environ else {}


def set_clock(file: Path, instant: datetime) -> None:
    """Let every process that reads this clock file believe that it is `instant` (aware), running on from there."""
    fresh = file.with_suffix(".new")
    fresh.write_text(f"{(instant - machine_now()).total_seconds():.6f}", encoding="ascii")
    fresh.replace(file)


@contextmanager
def on_the_machines_clock() -> Iterator[None]:
    """Inside the block this process is on the machine's clock: for what is compared with PostgreSQL's own clock."""
    with time_machine.travel(machine_now(), tick=True):
        yield
