"""Processes die, fail and hang at every named step and at random: nothing is lost, nothing done twice.

A short round of what `make faults` does in full; its figures stand in docs/reliability.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.reminders.killing import fail_at_failpoints, hang_at_sending, kill_at_failpoints, kill_at_random
from tests.faults.reminders.system import COMMAND_FAILPOINTS, REMINDER_FAILPOINTS, Reminding
from tests.faults.saving.reporters import SAVE_FAILPOINTS, Saving
from tests.support.databases import Database
from tests.support.depth import examples
from wss_cases.foundation import operations

RAISED = ("sweep.after_claim", "heartbeat.before_commit", "deliver.after_send")


def test_what_sweeps_and_sends_may_die_anywhere(database: Database, tmp_path: Path) -> None:
    here = Reminding(database, tmp_path)
    try:
        number = kill_at_failpoints(here, 0)
        number = kill_at_random(here, number, examples(1, 6))
        number = fail_at_failpoints(here, number, RAISED)
        hang_at_sending(here, number)
        assert set(here.tally.by_failpoint) == set(REMINDER_FAILPOINTS)
        assert here.tally.kills >= len(REMINDER_FAILPOINTS) + examples(3, 8)
    finally:
        here.close()


@pytest.mark.both_databases
def test_what_was_acknowledged_is_saved_whole_and_once(database: Database, tmp_path: Path) -> None:
    saving = Saving(database, tmp_path)
    try:
        for name in SAVE_FAILPOINTS:
            saving.kill_at_failpoint(name)
        saving.kill_at_random(examples(4, 10))
        saving.save_until(examples(6, 10))
        saving.pause()
        saving.judge()
        elsewhere = {*REMINDER_FAILPOINTS, *COMMAND_FAILPOINTS}
        assert set(saving.tally.by_failpoint) | elsewhere == set(operations.NAMES)
    finally:
        saving.close()
