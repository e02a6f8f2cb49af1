"""What is due on a person's day: as many follow-ups as are shown, and how many there are."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, or_

from wss_cases.access.actor import Actor
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.queries import FollowUpRow, due_counted, due_for
from wss_cases.followups.core.rules import Due, due_words
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
        """Return a follow-up on its school's date."""
        return Item(row, self._today(row.school_id), self.of(row.school_id))

    def part(self, school_id: int, due_on: date, snoozed_until: date | None) -> str:
        """Return in which part of the day a follow-up belongs."""
        today = self._today(school_id)
        if snoozed_until is not None and snoozed_until > today:
            return SNOOZED
        if due_on <= today:
            return TODAY if due_on == today else OVERDUE
        return COMING if due_on <= self._last(school_id) else LATER

    def now_due(self, school_ids: Collection[int]) -> ColumnElement[bool]:
        """Return, in SQL, that a follow-up of these schools is overdue or due today."""
        return or_(*(self._awake(one) & (FollowUp.due_on <= self._today(one)) for one in school_ids))

    def coming(self, school_ids: Collection[int]) -> ColumnElement[bool]:
        """Return, in SQL, that it is due on one of the days looked ahead to."""
        days = ((one, FollowUp.due_on > self._today(one), FollowUp.due_on <= self._last(one)) for one in school_ids)
        return or_(*(and_(self._awake(one), begun, ended) for one, begun, ended in days))

    def asleep(self, school_ids: Collection[int]) -> ColumnElement[bool]:
        """Return, in SQL, that it stands aside until a later day."""
        return or_(*(and_(FollowUp.school_id == one, FollowUp.snoozed_until > self._today(one)) for one in school_ids))

    def _awake(self, school_id: int) -> ColumnElement[bool]:
        slept = or_(FollowUp.snoozed_until.is_(None), FollowUp.snoozed_until <= self._today(school_id))
        return and_(FollowUp.school_id == school_id, slept)

    def _last(self, school_id: int) -> date:
        if school_id not in self._ahead:
            self._ahead[school_id] = self.of(school_id).add(self._today(school_id), AHEAD)
        return self._ahead[school_id]

    def of(self, school_id: int) -> SchoolDays:
        """Return the days of a school."""
        if school_id not in self._days:
            self._days[school_id] = school_days(school_id)
        return self._days[school_id]

    def _today(self, school_id: int) -> date:
        if school_id not in self._dates:
            self._dates[school_id] = today_at(school_id, self._now)
        return self._dates[school_id]


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
    wanted = ((calendars.now_due, OVERDUE, TODAY), (calendars.coming, COMING), (calendars.asleep, SNOOZED))
    for narrowed, *parts in wanted:
        if sum(counts[part] for part in parts) and not rows.get(parts[0]):
            rows[parts[0]] = due_for(actor, until, most, covered, narrowed(sorted(schools)))
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
