"""What the district requires in training, and a school of which some are trained, one is due, and one minimum unmet."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any

from wss_cases.access.actor import Role
from wss_cases.access.invocation import Invocation
from wss_cases.demo.district.schools import Person, Place
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.school_time import at_local, district_zone, local, local_date, today_at
from wss_cases.roster.directory.rules import DayKind, SchoolDays
from wss_cases.training.records.pages import record_training
from wss_cases.training.requirements.pages import add_requirement
from wss_cases.training.requirements.queries import Shape, months_after
from wss_cases.training.sessions.actions import Planned, add_session, sign_in
from wss_cases.training.topics import KnownTopic

_DAY = timedelta(days=1)
LOST_AGO = 11
"""How many school days ago one was lost."""
FIRST_HOUR = 10
"""Before this hour nothing has happened today yet."""
OPENS, CLOSES = 7 * 60 + 30, 16 * 60 + 45
"""Minutes of the day between which a school acts."""
Days = dict[date, tuple[DayKind, str]]


@dataclass(frozen=True)
class Calendar:
    """The district's days as they came to be, and where 'today' stands in them.

    `lost` is the day on which the schools could not open; the calendar had planned it as a school day.
    """

    years: tuple[str, ...]
    days: Days
    now: datetime
    today: date
    lost: date | None = None
    lost_label: str = ""

    @cached_property
    def school_days(self) -> SchoolDays:
        """Arithmetic over the days on which there was school."""
        kinds = {day: kind for day, (kind, _label) in self.days.items()}
        return SchoolDays(kinds if self.lost is None else kinds | {self.lost: DayKind.CLOSED})

    @cached_property
    def never(self) -> datetime:
        """An instant that the story does not reach."""
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
        """School days so far, up to the last on which something can have been reported."""
        return [day for day in self.days if day <= self.last_report_day and self.school_days.is_school_day(day)]

    @cached_property
    def first_day(self) -> date:
        """The first school day of all years."""
        return self.term(self.years[0])[0]

    def term(self, year: str) -> tuple[date, date]:
        """Return the first and the last school day of a school year."""
        first, last = school_year_bounds(year)
        return self.school_days.on_or_after(first), self.school_days.on_or_before(last)

    def soon(self, now: datetime, minutes: int) -> datetime:
        """Return an instant so many minutes later, or on the next school morning when the school is closed then."""
        at = now + timedelta(minutes=minutes)
        wall, day = local(at, district_zone()), local_date(at, district_zone())
        if self.school_days.is_school_day(day) and OPENS <= wall.hour * 60 + wall.minute <= CLOSES:
            return at
        return moment(self.school_days.add(day, 1), 8 * 60 + minutes % 60)

    def in_days(self, now: datetime, days: int, minute: int) -> datetime:
        """Return a minute of the school day so many school days later, at the earliest five minutes from now."""
        at = moment(self.school_days.add(local_date(now, district_zone()), days), minute)
        return at if at > now else self.soon(now, 5)

    def within(self, now: datetime, days: int, rng: Random, soonest: int, latest: int) -> datetime:
        """Draw an instant of the school day so many school days later; of none, some minutes from now."""
        if days:
            return self.in_days(now, days, rng.randrange(9 * 60, 15 * 60))
        return self.soon(now, rng.randrange(soonest, latest))

    def on(self, day: date, minute: int, now: datetime) -> datetime:
        """Return a minute of a day, or of the next school day; at the earliest five minutes from now."""
        at = moment(self.school_days.on_or_after(day), minute)
        return at if at > now else self.soon(now, 5)


def make_calendar(now: datetime, number: int) -> Calendar:
    """Return the current school year and the `number` - 1 before; one more where none has begun yet."""
    today = local_date(now, district_zone())
    first = int(school_year(today)[:4])
    if number == 1 and today <= _first_day(first) + 3 * _DAY:
        number = 2
    starts = range(first - number + 1, first + 1)
    days = {day: what for start in starts for day, what in _year(start).items()}
    lost = _lost_day(days, today)
    label = "" if lost is None else "Snow day" if lost.month in (12, 1, 2, 3) else "No water in the schools"
    return Calendar(tuple(school_year(date(start, 8, 1)) for start in starts), days, now, today, lost, label)


def moment(day: date, minute: int) -> datetime:
    """Return the instant of a minute of a school-local day."""
    return at_local(day, minute // 60 % 24, minute % 60, district_zone())


def _lost_day(days: Days, today: date) -> date | None:
    """The school day that was lost lately; none in the first weeks of a year."""
    taken = [day for day, (kind, _label) in days.items() if kind is DayKind.SCHOOL and day <= today]
    found = taken[-LOST_AGO] if len(taken) > LOST_AGO else None
    return found if found is not None and (today - found).days < 30 else None


def _year(start: int) -> Days:
    first, last = _first_day(start), _weekday_on_or_after(date(start + 1, 6, 8), 4)
    closed, half, found = _holidays(start), _half_days(start), {}
    day = date(start, 8, 1)
    while day < date(start + 1, 8, 1):
        if day < first or day > last:
            found[day] = (DayKind.CLOSED, "Summer")
        elif day in closed:
            found[day] = (DayKind.CLOSED, closed[day])
        elif day.weekday() >= 5:
            found[day] = (DayKind.CLOSED, "")
        else:
            found[day] = (DayKind.HALF, "Family conferences") if day in half else (DayKind.SCHOOL, "")
        day += _DAY
    return found


def _first_day(start: int) -> date:
    return _weekday_on_or_after(date(start, 8, 18), 0)


def _holidays(start: int) -> dict[date, str]:
    after = start + 1
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
    breaks = (
        (_weekday_on_or_after(date(start, 11, 22), 3) - _DAY, 3, "Thanksgiving"),
        (_weekday_on_or_after(date(start, 12, 20), 0), 12, "Winter break"),
        (_weekday_on_or_after(date(after, 3, 22), 0), 5, "Spring break"),
    )
    return found | {first + number * _DAY: label for first, length, label in breaks for number in range(length)}


def _half_days(start: int) -> frozenset[date]:
    ends = (date(start, 10, 22), date(start + 1, 1, 22), date(start + 1, 4, 10))
    return frozenset(_weekday_on_or_after(day, 4) for day in ends)


def _weekday_on_or_after(day: date, weekday: int) -> date:
    return day + ((weekday - day.weekday()) % 7) * _DAY


PROVIDER = "Example Restorative Institute"
POLICY = "Example district policy"
MONTHS = 24


def make_requirements(call: Invocation) -> None:
    """Ask coordinators to renew restorative practice, and each school for keepers and for calm people."""
    practice = KnownTopic.RESTORATIVE_PRACTICE
    required: list[dict[str, Any]] = [
        {"topic": practice, "shape": Shape.EVERY_PERSON, "role": Role.COORDINATOR, "months": MONTHS},
        {"topic": KnownTopic.CIRCLE_KEEPING, "shape": Shape.SCHOOL_MINIMUM, "minimum": 1},
        {"topic": KnownTopic.DE_ESCALATION, "shape": Shape.SCHOOL_MINIMUM, "minimum": 2},
    ]
    for answers in required:
        add_requirement(call, **answers, source=POLICY, confirmed="no", starts_on=today_at(None, call.now))


def make_trainings(place: Place, head: Invocation, calendar: Calendar) -> None:
    """Record a coordinator who is due soon, and a session with who came; of the demo's own school alone."""
    if not place.is_demo:
        return
    began = today_at(place.id, head.now)
    due_soon = min(months_after(calendar.today + timedelta(days=30), -MONTHS), began)
    lead: Person = place.staff["coordinator"][0]
    record_training(
        head, place.id, user=lead.id, topic=KnownTopic.RESTORATIVE_PRACTICE, provider=PROVIDER,
        completed_on=due_soon, hours="6", certificate="RP-2041",
    )  # fmt: skip
    session = add_session(head, place.id, Planned("trauma_informed", began - timedelta(days=5), 120, PROVIDER))
    sign_in(head, session, place.id, [one.id for one in place.staff["reporter"][:3]])
