"""What must have been sent, worked out from the rules on paper alone. Imports nothing of the system.

One digest a person and school day, sent between 06:30 and 18:00 of the school, to whoever has something due within two
school days or overdue. A single mail for contact with a person harmed, from the day it is due, and for a same-day
item, 60 minutes before the last bell or at once when made later. Nothing for what is done. Everything only on school
days between 06:30 and 18:00. (Nothing here stays open past its day, so nothing escalates.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(6, 30), time(18, 0)


@dataclass(frozen=True)
class Place:
    """A school: its zone, its last bell, its weekdays without school."""

    id: int
    zone: str
    last_bell: time = time(15, 0)
    closed: frozenset[date] = frozenset()

    def is_school_day(self, day: date) -> bool:
        """Whether there is school."""
        return day.weekday() < 5 and day not in self.closed

    def ahead(self, day: date, count: int) -> date:
        """Return the date that many school days after `day`."""
        while count:
            day += timedelta(days=1)
            count -= self.is_school_day(day)
        return day

    def open_at(self, instant: datetime) -> date | None:
        """Return the school's date when mail may go at this instant, else None."""
        here = instant.astimezone(ZoneInfo(self.zone))
        return here.date() if OPENS <= here.time() < CLOSES and self.is_school_day(here.date()) else None


@dataclass
class Task:
    """A follow-up as the oracle knows it."""

    id: int
    owner_id: int
    place: Place
    due_on: date
    kind: str  # "contact", "same_day" or "plain"
    made_at: datetime
    closed_at: datetime | None = None

    def is_open(self, instant: datetime) -> bool:
        """Whether it stands open at this instant."""
        return self.made_at <= instant and (self.closed_at is None or instant < self.closed_at)

    def asks_alone(self, instant: datetime) -> bool:
        """Whether its single mail is due at this instant, hours aside."""
        here = instant.astimezone(ZoneInfo(self.place.zone))
        if self.kind == "contact":
            return here.date() >= self.due_on
        if self.kind == "same_day":
            bell = datetime.combine(self.due_on, self.place.last_bell, ZoneInfo(self.place.zone))
            return instant >= max(bell - timedelta(minutes=60), self.made_at)
        return False


Key = tuple[int, str, object]
"""(recipient, "single", follow-up) or (recipient, "digest", ISO date)."""


def expected(tasks: Iterable[Task], instants: Sequence[datetime]) -> set[Key]:
    """Return every mail that sweeping and delivering at these instants must have sent."""
    found: set[Key] = set()
    mornings: set[tuple[int, date]] = set()
    coming = sorted(tasks, key=lambda task: task.made_at, reverse=True)
    places = {task.place.id: task.place for task in coming}
    standing: list[Task] = []
    for instant in sorted(instants):
        while coming and coming[-1].made_at <= instant:
            standing.append(coming.pop())
        standing = [task for task in standing if task.is_open(instant)]
        for place in places.values():
            day = place.open_at(instant)
            if day is None:
                continue
            here = [task for task in standing if task.place.id == place.id]
            found |= {(task.owner_id, "single", task.id) for task in here if task.asks_alone(instant)}
            if (place.id, day) not in mornings:
                mornings.add((place.id, day))
                soon = place.ahead(day, 2)
                found |= {(t.owner_id, "digest", day.isoformat()) for t in here if t.due_on <= soon}
    return found


@dataclass
class Outcome:
    """What is wrong with what was sent; all empty when nothing is."""

    lost: list[Key] = field(default_factory=list)
    uncalled: list[Key] = field(default_factory=list)
    queued_twice: list[Key] = field(default_factory=list)
    sent_twice: list[str] = field(default_factory=list)
    gap_copies: int = 0

    @property
    def wrong(self) -> str:
        """What is wrong in words; empty when nothing is."""
        named = ("lost", "uncalled", "queued_twice", "sent_twice")
        return "; ".join(f"{name}: {getattr(self, name)[:5]}" for name in named if getattr(self, name))


def judge(wanted: set[Key], queued: Mapping[str, Key], copies: Mapping[str, int], gaps: Mapping[str, int]) -> Outcome:
    """Compare. `queued`: Message-ID to what it is about; `copies`: how often each arrived; `gaps`: how often its
    sender died, or lost its database, between the server's acceptance and the mark."""
    outcome = Outcome()
    arrived = Counter(queued[number] for number in copies)
    outcome.lost = sorted(wanted - set(arrived), key=str)
    outcome.uncalled = sorted(set(arrived) - wanted, key=str)
    outcome.queued_twice = sorted((key for key, count in arrived.items() if count > 1), key=str)
    outcome.sent_twice = sorted(n for n, count in copies.items() if count > 1 + gaps.get(n, 0))
    outcome.gap_copies = sum(copies.values()) - len(copies) - sum(copies[number] - 1 for number in outcome.sent_twice)
    return outcome
