"""The district's days, and the agenda of scenes that wait for their next step."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from heapq import heappop, heappush
from itertools import count
from typing import Any

from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.school_time import at_local, district_zone, local, local_date
from wss_cases.roster.directory.rules import DayKind, SchoolDays

_DAY = timedelta(days=1)
LOST_AGO = 11
"""How many school days ago one was lost."""
FIRST_HOUR = 10
"""Before this hour nothing has happened today yet."""
OPENS, CLOSES = 7 * 60 + 30, 16 * 60 + 45
"""Minutes of the day between which a school acts."""
Days = dict[date, tuple[DayKind, str]]
Steps = Generator[datetime, datetime, Any]
"""A scene or a part of one: it yields the instant of its next step and is resumed at that instant."""


def moment(day: date, minute: int) -> datetime:
    """The instant of a minute of a school-local day."""
    return at_local(day, minute // 60 % 24, minute % 60, district_zone())


@dataclass(frozen=True)
class Calendar:
    """The district's days and the instant that is now.

    `lost` is the day on which the schools could not open although the calendar had planned it as a school day.
    """

    years: tuple[str, ...]
    days: Days
    now: datetime
    today: date
    lost: date | None

    @cached_property
    def school_days(self) -> SchoolDays:
        """Arithmetic over the days on which there was school."""
        kinds = {day: kind for day, (kind, _label) in self.days.items()}
        return SchoolDays(kinds if self.lost is None else kinds | {self.lost: DayKind.CLOSED})

    @cached_property
    def never(self) -> datetime:
        """An instant that no scene reaches."""
        return self.now + timedelta(days=3650)

    @cached_property
    def due_today(self) -> date:
        """Today, or the last school day when there is no school today."""
        return self.school_days.on_or_before(self.today)

    @cached_property
    def last_report_day(self) -> date:
        """The latest school day on which something can have been reported."""
        early = self.due_today == self.today and local(self.now, district_zone()).hour < FIRST_HOUR
        return self.school_days.add(self.today, -1) if early else self.due_today

    @cached_property
    def past(self) -> list[date]:
        """School days up to the last on which something can have been reported."""
        return [day for day in self.days if day <= self.last_report_day and self.school_days.is_school_day(day)]

    @cached_property
    def first_day(self) -> date:
        """The first school day of all years."""
        return self.term(self.years[0])[0]

    def term(self, year: str) -> tuple[date, date]:
        """The first and the last school day of a school year."""
        first, last = school_year_bounds(year)
        return self.school_days.on_or_after(first), self.school_days.on_or_before(last)

    def soon(self, now: datetime, minutes: int) -> datetime:
        """So many minutes later, or on the next school morning when the school is closed then."""
        at = now + timedelta(minutes=minutes)
        wall, day = local(at, district_zone()), local_date(at, district_zone())
        if self.school_days.is_school_day(day) and OPENS <= wall.hour * 60 + wall.minute <= CLOSES:
            return at
        return moment(self.school_days.add(day, 1), 8 * 60 + minutes % 60)

    def in_days(self, now: datetime, days: int, minute: int) -> datetime:
        """A minute of the school day so many school days later, at the earliest five minutes from now."""
        at = moment(self.school_days.add(local_date(now, district_zone()), days), minute)
        return at if at > now else self.soon(now, 5)

    def on(self, day: date, minute: int, now: datetime) -> datetime:
        """A minute of a day, or of the next school day; at the earliest five minutes from now."""
        at = moment(self.school_days.on_or_after(day), minute)
        return at if at > now else self.soon(now, 5)


def make_calendar(now: datetime, number: int) -> Calendar:
    """Make the current school year and the `number` - 1 before; one more where none has begun yet."""
    today = local_date(now, district_zone())
    first = int(school_year(today)[:4])
    if number == 1 and today <= _weekday_on_or_after(date(first, 8, 18), 0) + 3 * _DAY:
        number = 2
    starts = range(first - number + 1, first + 1)
    days = {day: what for start in starts for day, what in _year(start).items()}
    planned = [day for day, (kind, _label) in days.items() if kind is DayKind.SCHOOL and day <= today]
    lost = planned[-LOST_AGO] if len(planned) > LOST_AGO else None
    if lost is not None and (today - lost).days >= 30:
        lost = None
    return Calendar(tuple(school_year(date(start, 8, 1)) for start in starts), days, now, today, lost)


def _year(start: int) -> Days:
    """Each day of a school year with its kind and label."""
    first = _weekday_on_or_after(date(start, 8, 18), 0)
    last = _weekday_on_or_after(date(start + 1, 6, 8), 4)
    closed = _holidays(start)
    half = {
        _weekday_on_or_after(day, 4) for day in (date(start, 10, 22), date(start + 1, 1, 22), date(start + 1, 4, 10))
    }
    days: Days = {}
    day = date(start, 8, 1)
    while day < date(start + 1, 8, 1):
        if day < first or day > last:
            days[day] = (DayKind.CLOSED, "Summer")
        elif day in closed or day.weekday() >= 5:
            days[day] = (DayKind.CLOSED, closed.get(day, ""))
        else:
            days[day] = (DayKind.HALF, "Family conferences") if day in half else (DayKind.SCHOOL, "")
        day += _DAY
    return days


def _holidays(start: int) -> dict[date, str]:
    after = start + 1
    spans = (
        (_weekday_on_or_after(date(start, 9, 1), 0), 1, "Labor Day"),
        (_weekday_on_or_after(date(start, 10, 8), 0), 1, "Indigenous Peoples' Day"),
        (_weekday_on_or_after(date(start, 11, 2), 1), 1 - start % 2, "Election Day"),
        (date(start, 11, 11), 1, "Veterans Day"),
        (_weekday_on_or_after(date(start, 11, 22), 3) - _DAY, 3, "Thanksgiving"),
        (_weekday_on_or_after(date(start, 12, 20), 0), 12, "Winter break"),
        (_weekday_on_or_after(date(after, 1, 15), 0), 1, "Martin Luther King Jr. Day"),
        (_weekday_on_or_after(date(after, 2, 15), 0), 1, "Presidents' Day"),
        (_weekday_on_or_after(date(after, 3, 22), 0), 5, "Spring break"),
        (_weekday_on_or_after(date(after, 5, 25), 0), 1, "Memorial Day"),
    )
    return {first + number * _DAY: label for first, length, label in spans for number in range(length)}


def _weekday_on_or_after(day: date, weekday: int) -> date:
    return day + ((weekday - day.weekday()) % 7) * _DAY


class Agenda:
    """Resumes scenes, each at the instant of its next step, in the order of time. Steps after `until` do not happen."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        self._waiting: list[tuple[datetime, int, Steps]] = []
        self._numbers = count()

    def begin(self, scene: Steps) -> None:
        """Put the first step of a scene on the agenda."""
        self._put(scene, next(scene, None))

    def run(self, progress: Callable[[datetime], None]) -> None:
        """Play every step up to `until`; `progress` gets each instant."""
        while self._waiting and self._waiting[0][0] <= self.until:
            at, _number, scene = heappop(self._waiting)
            progress(at)
            try:
                self._put(scene, scene.send(at))
            except StopIteration:
                continue

    def _put(self, scene: Steps, at: datetime | None) -> None:
        if at is not None:
            heappush(self._waiting, (at, next(self._numbers), scene))
