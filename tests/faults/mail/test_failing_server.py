"""A mail server goes wrong at every step: nothing is lost, and a second copy comes only where nobody could know."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.mail.misdelivering import PATIENCE, refused, smtp_faults
from tests.faults.mail.smtp_server import FAULTS
from tests.faults.reminders.system import Reminding
from tests.support.databases import Database
from tests.support.depth import BACKENDS, examples, in_turn

SLOW = ("hang", "drip")


@pytest.mark.both_databases
def test_a_mail_server_may_go_wrong_at_every_step(backend: str, database: Database, tmp_path: Path) -> None:
    """Takes its time: a sender waits two seconds for each server that stalls. Every step and way is gone through once,
    shared out between the databases, but only the full cross has all that stall, not just some in the middle and at the
    end, and all others on both."""
    own = BACKENDS.index(backend)
    slow = [fault for fault in FAULTS if fault.way in SLOW][own + examples(4, 0) :: examples(8, 2)]
    quick = [fault for fault in FAULTS if fault.way not in SLOW]
    faults = (*(fault for number, fault in enumerate(quick, own) if in_turn(number, 3)), *slow)
    here = Reminding(database, tmp_path, days=3, WSS_MAIL_SECONDS=PATIENCE)
    try:
        smtp_faults(here, refused(here, 0, 3), faults)
        assert sum(here.tally.faults.values()) == len(faults) + 3
    finally:
        here.close()
