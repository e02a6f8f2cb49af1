"""Many schedulers at once, clocks that jump, and a database that goes away under a scheduler."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import leave_out
from tests.faults.reminders.sweeping import jump, restart_database, sweep_at_once
from tests.faults.reminders.system import Reminding
from tests.support import postgres
from tests.support.databases import Database, Databases
from tests.support.depth import examples


@pytest.mark.both_databases
def test_four_schedulers_at_once_queue_and_send_each_once(database: Database, tmp_path: Path) -> None:
    here = Reminding(database, tmp_path)
    try:
        before = here.tally.mails
        sweep_at_once(here, 4, examples(6, 12), timedelta(minutes=97))
        assert here.tally.mails - before >= examples(5, 10)
    finally:
        here.close()


def test_a_clock_that_jumps_sends_nothing_twice(database: Database, tmp_path: Path) -> None:
    here = Reminding(database, tmp_path)
    try:
        before = here.tally.mails
        jump(here, 0)
        assert here.tally.mails - before == 8
    finally:
        here.close()


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[Databases]:
    """A PostgreSQL of its own that keeps what it has committed, as one in production does."""
    if postgres.binaries() is None:
        leave_out("PostgreSQL's server programs are missing (apt install postgresql)")
    databases = Databases(tmp_path, synchronous_commit="on")
    yield databases
    databases.close()


def test_the_scheduler_outlives_a_restart_of_the_database(durable: Databases, tmp_path: Path) -> None:
    here = Reminding(durable.template("postgresql"), tmp_path / "here", WSS_TICK_SECONDS="0.3")
    try:
        restart_database(here, durable.postgres(), 0, 2)
        assert here.tally.restarts == 2
    finally:
        here.close()
