"""School years of an invented calendar: holidays by their rules, breaks, half days, summer."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from tests.bench.bulk.writing.acts import Somebody, Story
from tests.bench.bulk.writing.store import Store
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.school_time import DEFAULT_ZONE, at_local, local, local_date
from wss_cases.roster.directory.models import CalendarDay
from wss_cases.roster.directory.rules import DayKind, SchoolDays

_DAY = timedelta(days=1)
LOST_AGO = 11
"""How many school days ago one was lost."""
CALLED_AT = 5 * 60 + 35
"""Minute of that morning at which the district said so."""
FIRST_HOUR = 10
"""Before this hour nothing has happened today yet."""


@dataclass(frozen=True)
class Calendar:
    """The district's days, and where 'today' stands in them."""

    years: tuple[str, ...]
    days: dict[date, tuple[DayKind, str]]
    now: datetime
    today: date
    lost: date | None = None
    """The day on which the schools could not open, as was said that morning."""

    @cached_property
    def school_days(self) -> SchoolDays:
        """Arithmetic over these days."""
        return SchoolDays({day: kind for day, (kind, _label) in self.days.items()})

    @cached_property
    def due_today(self) -> date:
        """Today, or the last school day when there is no school today."""
        return self.school_days.on_or_before(self.today)

    @cached_property
    def last_report_day(self) -> date:
        """The latest school day on which something can have been reported."""
        early = self.due_today == self.today and local(self.now, DEFAULT_ZONE).hour < FIRST_HOUR
        return self.school_days.add(self.today, -1) if early else self.due_today

    @cached_property
    def past(self) -> list[date]:
        """School days so far, up to the last on which something can have been reported."""
        return [
            day
            for day, (kind, _label) in self.days.items()
            if kind is not DayKind.CLOSED and day <= self.last_report_day
        ]

    def term(self, year: str) -> tuple[date, date]:
        """Return the first and the last school day of a school year."""
        first, last = school_year_bounds(year)
        return self.school_days.on_or_after(first), self.school_days.on_or_before(last)


def make_calendar(now: datetime, number: int) -> Calendar:
    """Return the current school year and the `number` - 1 before; one more where none has begun yet."""
    today = local_date(now, DEFAULT_ZONE)
    first = int(school_year(today)[:4])
    if number == 1 and today <= _first_day(first) + 3 * _DAY:
        number = 2
    starts = range(first - number + 1, first + 1)
    days = {day: what for start in starts for day, what in _year(start).items()}
    lost = _lost_day(days, today)
    if lost is not None:
        days[lost] = (DayKind.CLOSED, "Snow day" if lost.month in (12, 1, 2, 3) else "No water in the schools")
    return Calendar(tuple(school_year(date(start, 8, 1)) for start in starts), days, now, today, lost)


def _lost_day(days: dict[date, tuple[DayKind, str]], today: date) -> date | None:
    """The school day that was lost lately; none in the first weeks of a year."""
    taken = [day for day, (kind, _label) in days.items() if kind is DayKind.SCHOOL and day <= today]
    found = taken[-LOST_AGO] if len(taken) > LOST_AGO else None
    return found if found is not None and (today - found).days < 30 else None


def moment(day: date, minute: int) -> datetime:
    """Return the instant of a minute of a school-local day."""
    return at_local(day, minute // 60 % 24, minute % 60, DEFAULT_ZONE)


def write_calendar(store: Store, calendar: Calendar, district: Somebody) -> None:
    """Write every date of the years; the rows belong to the whole district, which declared one of them itself."""
    for day, (kind, label) in calendar.days.items():
        row = store.new(CalendarDay, school_year=school_year(day), day=day, kind=kind.value, label=label)
        if day == calendar.lost:
            at = moment(day, CALLED_AT)
            row |= {"said_by_id": district.id, "said_at": at, "planned_kind": DayKind.SCHOOL.value}
            story, subject = Story(None), ("calendar_day", row["id"])
            changes = {"kind": (DayKind.SCHOOL.value, kind.value), "label": ("", label)}
            iso = day.isoformat()
            story.act(at, district, subject, "calendar.said", changes, day=iso, what=kind.value, label=label)
            story.tell(store)
    store.pause()


def _year(start: int) -> dict[date, tuple[DayKind, str]]:
    first, last = _first_day(start), _weekday_on_or_after(date(start + 1, 6, 8), 4)
    closed, half = _holidays(start), _half_days(start)
    found = {}
    day = date(start, 8, 1)
    while day <= date(start + 1, 7, 31):
        if day < first or day > last:
            found[day] = (DayKind.CLOSED, "Summer")
        elif day in closed:
            found[day] = (DayKind.CLOSED, closed[day])
        elif day.weekday() >= 5:
            found[day] = (DayKind.CLOSED, "")
        elif day in half:
            found[day] = (DayKind.HALF, "Family conferences")
        else:
            found[day] = (DayKind.SCHOOL, "")
        day += _DAY
    return found


def _first_day(start: int) -> date:
    return _weekday_on_or_after(date(start, 8, 18), 0)


def _holidays(start: int) -> dict[date, str]:
    after = start + 1
    thanksgiving = _weekday_on_or_after(date(start, 11, 22), 3)
    winter = _weekday_on_or_after(date(start, 12, 20), 0)
    spring = _weekday_on_or_after(date(after, 3, 22), 0)
    found = {
        _weekday_on_or_after(date(start, 9, 1), 0): "Labor Day",
        _weekday_on_or_after(date(start, 10, 8), 0): "Indigenous Peoples' Day",
        date(start, 11, 11): "Veterans Day",
        _weekday_on_or_after(date(after, 1, 15), 0): "Martin Luther King Jr. Day",
        _weekday_on_or_after(date(after, 2, 15), 0): "Presidents' Day",
        _weekday_on_or_after(date(after, 5, 25), 0): "Memorial Day",
    }
    if start % 2 == 0:
        found[_weekday_on_or_after(date(start, 11, 2), 1)] = "Election Day"
    for offset in range(-1, 2):
        found[thanksgiving + offset * _DAY] = "Thanksgiving"
    for offset in range(12):
        found[winter + offset * _DAY] = "Winter break"
    for offset in range(5):
        found[spring + offset * _DAY] = "Spring break"
    return found


def _half_days(start: int) -> frozenset[date]:
    after = start + 1
    ends = (date(start, 10, 22), date(after, 1, 22), date(after, 4, 10))
    return frozenset(_weekday_on_or_after(day, 4) for day in ends)


def _weekday_on_or_after(day: date, weekday: int) -> date:
    return day + ((weekday - day.weekday()) % 7) * _DAY
