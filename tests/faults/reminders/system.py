"""A district, a mail server and processes on one database, with the oracle that judges what came of them."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from tests.faults.mail.smtp_server import PostOffice
from tests.faults.processes.forked import Nursery
from tests.faults.reminders.district import District, at, school_days
from tests.faults.reminders.oracle import Key, Outcome, expected, judge
from tests.support.databases import Database
from tests.support.fixed import day
from tests.support.servers.live_system import LONGEST_WAIT, wait_until
from wss_cases.foundation import operations
from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxState
from wss_cases.mail.common.pages import Heartbeat

COMMAND_FAILPOINTS = ("file.before_name", "restore.before_commit", "drop.before_move", "drop.moved_one")
"""Reached by commands alone: tests/faults/kills/test_commands.py."""
REMINDER_FAILPOINTS = tuple(
    name for name in operations.NAMES if not name.startswith("save.") and name not in COMMAND_FAILPOINTS
)
WALL = "14:30"
"""In Chicago: same-day items there have reminded, in Denver not yet, in New York it is half past three."""


class Wrong(AssertionError):
    """The oracle has found something lost or doubled."""


@dataclass
class Tally:
    """What a round has done and found."""

    kills: int = 0
    by_failpoint: Counter[str] = field(default_factory=Counter)
    mails: int = 0
    gap_copies: int = 0
    sweeps: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    restarts: int = 0


def told(copies: Mapping[str, int], carried: Mapping[str, list[str]]) -> Counter[str]:
    """Count the copies of each mail as copies of those for which it stands."""
    found: Counter[str] = Counter()
    for number, count in copies.items():
        found.update(dict.fromkeys(carried.get(number, [number]), count))
    return found


class Reminding:
    """A district, a post office and a nursery on one database."""

    def __init__(
        self, database: Database, folder: Path, plant: str = "", days: int = 40, seed: int = 1, **settings: str
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.days = school_days(days + 4)
        self.office = PostOffice()
        self.district = District(database, folder, self.days[-1])
        own = {"SMTP_URL": self.office.url, "MAIL_FROM": "wss@district.example"}
        self.nursery = Nursery(database, folder, plant, **(own | settings))
        self.random = random.Random(seed)
        self.gaps: Counter[str] = Counter()
        self.instants: list[datetime] = []
        self.tally = Tally()
        self.usual = 0.3
        self._warm()

    def _warm(self) -> None:
        """One undisturbed day, after which the processes begin with everything prepared."""
        self.begin(0)
        self.nursery.ask(do="warm")
        self.judge()
        self.district.close(self.district.tasks, at(self.days.pop(0), "22:30"))

    def close(self) -> None:
        """End every process and server."""
        self.nursery.close()
        self.office.stop()

    def begin(self, number: int) -> datetime:
        """A new school day: what was open is done, new things are due; returns its instant."""
        day, later = self.days[number], self.days[number + 2]
        now = at(day, WALL)
        self.district.close([task for task in self.district.tasks if task.closed_at is None], at(day, "00:05"))
        wanted = [(0, "contact", day), (1, "same_day", day), (1, "plain", later), (2, "contact", day)]
        wanted += [(2, "same_day", day), (3, "contact", day), (3, "plain", day)]
        if number % 2:
            wanted += [(3, "contact", day)] * 6  # so many at once that they are one mail
        self.district.add(wanted, at(day, "00:10"))
        self.nursery.set_clock(now)
        self.instants.append(now)
        return now

    def died(self) -> None:
        """Note, once every process is dead, what is between acceptance and mark; then the leases run out."""
        wait_until(lambda: self.office.talking == 0, LONGEST_WAIT, "the server's conversations end")
        self.gaps.update(self.district.in_the_gap(self.office))
        self.district.leases_run_out()

    def recover(self) -> None:
        """One whole tick, with nobody killing, now and then after everything was edited."""
        if self.random.random() < 0.5:
            self.district.edit()
        began = time.monotonic()
        self.nursery.start("tick").done()
        self.usual += (min(time.monotonic() - began, 3.0) - self.usual) / 5

    def beats(self) -> bool:
        """Whether a scheduler has lived within the last three seconds."""
        with self.district.app.app_context():
            last = db.session.scalar(select(func.max(Heartbeat.at)))
            db.session.remove()
        ahead = float(self.nursery.clock_file.read_text(encoding="ascii"))
        now = day.machine_now() + timedelta(seconds=ahead)
        return last is not None and abs((now - last).total_seconds()) < 3

    def judge(self) -> Outcome:
        """Compare everything so far with the oracle. Raises Wrong."""
        queued, carried = self.district.queued(), self.district.carried()
        about: dict[str, Key] = {number: key for number, (key, _state) in queued.items()}
        wanted = expected(self.district.tasks, self.instants)
        outcome = judge(wanted, about, told(self.office.taken, carried), told(self.gaps, carried))
        unsent = [key for key, state in queued.values() if state in (OutboxState.WAITING, OutboxState.CLAIMED)]
        doubled = [key for key, count in Counter(about.values()).items() if count > 1]
        strangers = self.district.strangers(self.office)
        wrong = "; ".join(
            words
            for words in (
                outcome.wrong,
                f"left over: {unsent[:5]}" if unsent else "",
                f"queued twice: {doubled[:5]}" if doubled else "",
                f"to strangers: {strangers[:5]}" if strangers else "",
            )
            if words
        )
        if wrong:
            raise Wrong(f"{wrong}\n{self.nursery.words()[-2000:]}")
        self.tally.mails, self.tally.gap_copies = len(self.office.taken), outcome.gap_copies
        return outcome
