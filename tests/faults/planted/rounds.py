"""Each planted bug under the rounds that must find it; returns how many kills that took."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.faults.mail.misdelivering import smtp_faults
from tests.faults.mail.smtp_server import Fault
from tests.faults.reminders.killing import kill_at_failpoints
from tests.faults.reminders.system import Reminding, Wrong
from tests.faults.saving.reporters import Saving
from tests.support.databases import Database

MOST_KILLS = 150


def _queue_twice(here: Reminding) -> None:
    here.begin(0)
    here.nursery.start("tick").done()
    here.district.edit()
    here.nursery.start("tick").done()


def _kill_a_sender(here: Reminding) -> None:
    kill_at_failpoints(here, 0, ("deliver.after_claim",))


def _send_at_once(here: Reminding) -> None:
    here.begin(0)
    here.nursery.start("reminders", "sweep").done()
    here.office.pause = 0.05
    for sender in [here.nursery.start("reminders", "deliver") for _sender in range(2)]:
        sender.done()


def _be_refused(here: Reminding) -> None:
    smtp_faults(here, 0, (Fault("rcpt", "4xx"), Fault("dot", "5xx")))


REMINDING: dict[str, tuple[Callable[[Reminding], None], str]] = {
    "no dedupe key": (_queue_twice, "queued twice"),
    "claim without lease": (_kill_a_sender, "lost"),
    "claim without marking": (_send_at_once, "sent_twice"),
    "sent whatever is answered": (_be_refused, "after Fault("),
}
SAVING = {"acknowledge before commit": "lost: ['", "history in a second commit": "half saved: [("}


def find_in_reminding(name: str, database: Database, folder: Path) -> int:
    """Return the kills after which the oracle names the bug. AssertionError when it does not."""
    act, words = REMINDING[name]
    here = Reminding(database, folder, name)
    try:
        act(here)
        here.judge()
    except Wrong as wrong:
        if words not in str(wrong):
            raise
        return here.tally.kills
    finally:
        here.close()
    raise AssertionError(f"{name} was not found")


def find_in_saving(name: str, database: Database, folder: Path) -> int:
    """Return the kills after which the oracle names the bug. AssertionError when it does not."""
    saving = Saving(database, folder, name)
    try:
        while saving.tally.kills < MOST_KILLS:
            saving.kill_at_random(5)
            try:
                saving.pause()
                saving.judge()
            except Wrong as wrong:
                if SAVING[name] not in str(wrong):
                    raise
                return saving.tally.kills
            saving.go_on()
    finally:
        saving.close()
    raise AssertionError(f"{name} was not found in {saving.tally.kills} kills")
