"""What is due on a person's day: as many follow-ups as are shown, and how many there are."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, or_

from wss_cases.access.actor import Actor
from wss_cases.access.prepared import PreparedFor
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.presenters import Due, due_words
from wss_cases.followups.core.queries import FollowUpRow, due_counted, due_for, lines, oldest_due
from wss_cases.foundation.school_time import today_at
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays

AHEAD = 2
"""School days that the morning looks ahead."""
FAR = timedelta(days=14)
"""As far as those can lie."""
OVERDUE: Final = "overdue"
TODAY: Final = "today"
COMING: Final = "coming"
SNOOZED: Final = "snoozed"
LATER: Final = "later"


@dataclass(frozen=True)
class Item:
    """One follow-up, on its school's own date and by its own days."""

    row: FollowUpRow
    today: date
    days: SchoolDays

    @property
    def due(self) -> Due:
        """The due date in words: of some hundred only those that are shown are asked for them."""
        return due_words(self.row.due_on, self.today, self.days)


class Calendars:
    """Each school's own date and days, read when first asked for."""

    def __init__(self, zones: Mapping[int, str], now: datetime) -> None:
        self.zones, self._now = zones, now
        self._days: dict[int, SchoolDays] = {}
        self._dates: dict[int, date] = {}
        self._ahead: dict[int, date] = {}

    def item(self, row: FollowUpRow) -> Item:
        return Item(row, self._today(row.school_id), self.of(row.school_id))

    def part(self, school_id: int, due_on: date, snoozed_until: date | None) -> str:
        today = self._today(school_id)
        if snoozed_until is not None and snoozed_until > today:
            return SNOOZED
        if due_on <= today:
            return TODAY if due_on == today else OVERDUE
        return COMING if due_on <= self._last(school_id) else LATER

    def days(self, school_ids: Collection[int]) -> list[tuple[int, date, date]]:
        return [(one, self._today(one), self._last(one)) for one in sorted(school_ids)]

    def _last(self, school_id: int) -> date:
        if school_id not in self._ahead:
            self._ahead[school_id] = self.of(school_id).add(self._today(school_id), AHEAD)
        return self._ahead[school_id]

    def of(self, school_id: int) -> SchoolDays:
        if school_id not in self._days:
            self._days[school_id] = school_days(school_id)
        return self._days[school_id]

    def _today(self, school_id: int) -> date:
        if school_id not in self._dates:
            self._dates[school_id] = today_at(school_id, self._now)
        return self._dates[school_id]


def _now_due(school_id: Any, today: Any, _last: Any) -> ColumnElement[bool]:
    """In SQL, that a follow-up of a school is overdue or due today."""
    return and_(_awake(school_id, today), FollowUp.due_on <= today)


def _coming(school_id: Any, today: Any, last: Any) -> ColumnElement[bool]:
    """That it is due on one of the days looked ahead to."""
    return and_(_awake(school_id, today), FollowUp.due_on > today, FollowUp.due_on <= last)


def _asleep(school_id: Any, today: Any, _last: Any) -> ColumnElement[bool]:
    """That it stands aside until a later day."""
    return and_(FollowUp.school_id == school_id, FollowUp.snoozed_until > today)


def _awake(school_id: Any, today: Any) -> ColumnElement[bool]:
    slept = or_(FollowUp.snoozed_until.is_(None), FollowUp.snoozed_until <= today)
    return and_(FollowUp.school_id == school_id, slept)


Part = Callable[[Any, Any, Any], ColumnElement[bool]]
READ_APART: Sequence[tuple[Part, Sequence[str]]] = (
    (_now_due, (OVERDUE, TODAY)), (_coming, (COMING,)), (_asleep, (SNOOZED,)),
)  # fmt: skip
"""What is read of many things, and to which parts of the day it belongs."""


def _within(narrow: Part, covering: bool, actor: Actor) -> Any:
    return oldest_due(covering, actor).where(narrow(bindparam("school"), bindparam("today"), bindparam("last")))


_AT_ONE_SCHOOL = {
    (narrow, covering): PreparedFor(partial(_within, narrow, covering))
    for narrow, _parts in READ_APART
    for covering in (False, True)
}


@dataclass(frozen=True)
class DueItems:
    """The oldest of each part of a day, and how many there are of it."""

    by_part: Mapping[str, Sequence[Item]]
    counts: Mapping[str, int]


def due_items(
    actor: Actor, today: date, calendars: Calendars, covered: Sequence[tuple[int, int]], most: int
) -> DueItems:
    """Return what is due for a person: all of it, or where that is more than `most`, at most so many of what is due
    now, of what comes and of what stands aside."""
    until = today + FAR
    found = due_for(actor, until, most + 1, covered)
    if len(found) <= most:
        by_part = _parted(found, calendars)
        return DueItems(by_part, {part: len(items) for part, items in by_part.items()})
    counts: Counter[str] = Counter()
    schools = set()
    for school_id, due_on, snoozed_until, number in due_counted(actor, until, covered):
        counts[calendars.part(school_id, due_on, snoozed_until)] += number
        schools.add(school_id)
    rows = _unless_read(found, calendars, counts, most)
    for narrow, parts in READ_APART:
        if not sum(counts[part] for part in parts) or rows.get(parts[0]):
            continue
        days = calendars.days(schools)
        if len(days) == 1:
            named = dict(zip(("school", "today", "last"), days[0], strict=True))
            kept = _AT_ONE_SCHOOL[narrow, bool(covered)]
            rows[parts[0]] = lines(kept.rows(actor, until=until, limit=most, covered=list(covered), **named))
        else:
            rows[parts[0]] = due_for(actor, until, most, covered, or_(*(narrow(*one) for one in days)))
    return DueItems(_parted([row for each in rows.values() for row in each], calendars), counts)


def _unless_read(
    found: Sequence[FollowUpRow], calendars: Calendars, counts: Mapping[str, int], most: int
) -> dict[str, list[FollowUpRow]]:
    """The oldest rows are read already: mostly they are all of what is due now that is shown."""
    now_due = [row for row in found if _part(row, calendars) in (OVERDUE, TODAY)]
    enough = min(most, counts[OVERDUE] + counts[TODAY])
    return {OVERDUE: now_due[:most]} if len(now_due) >= enough else {}


def _part(row: FollowUpRow, calendars: Calendars) -> str:
    return calendars.part(row.school_id, row.due_on, row.snoozed_until)


def _parted(rows: Sequence[FollowUpRow], calendars: Calendars) -> dict[str, list[Item]]:
    by_part: dict[str, list[Item]] = {part: [] for part in (OVERDUE, TODAY, COMING, SNOOZED, LATER)}
    for row in rows:
        by_part[_part(row, calendars)].append(calendars.item(row))
    return by_part
