"""School-day arithmetic against a plain count, one date after the other."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.roster import SchoolFactory, make_calendar
from wss_cases.foundation.clock import school_year
from wss_cases.roster.directory.models import CalendarDay
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import DayKind, SchoolDays

FIRST = date(2026, 8, 1)
DAYS = st.dates(date(2026, 6, 1), date(2027, 9, 1))
CALENDARS = st.dictionaries(st.dates(FIRST, date(2027, 7, 31)), st.sampled_from(DayKind), max_size=120)


def is_open(kinds: dict[date, DayKind], day: date) -> bool:
    kind = kinds.get(day)
    return kind != DayKind.CLOSED if kind else day.strftime("%a") not in ("Sat", "Sun")


def count(kinds: dict[date, DayKind], start: date, end: date) -> int:
    span = range(1, (end - start).days + 1)
    return sum(is_open(kinds, start + timedelta(days=number)) for number in span)


@given(CALENDARS, DAYS, DAYS)
def test_between_counts_the_school_days_after_the_first_date(
    kinds: dict[date, DayKind], one: date, other: date
) -> None:
    days = SchoolDays(kinds)
    start, end = sorted((one, other))
    assert days.between(start, end) == count(kinds, start, end)
    assert days.between(end, start) == -days.between(start, end)


@given(CALENDARS, DAYS, st.integers(0, 70))
def test_add_lands_on_the_school_day_that_between_counts(kinds: dict[date, DayKind], day: date, number: int) -> None:
    days = SchoolDays(kinds)
    found = days.add(day, number)
    assert is_open(kinds, found)
    if number:
        assert days.between(day, found) == number
        assert days.add(found, -number) <= day
    else:
        assert found >= day
        assert count(kinds, day, found) == (0 if found == day else 1)


@given(CALENDARS, DAYS)
def test_half_days_are_school_days(kinds: dict[date, DayKind], day: date) -> None:
    days = SchoolDays(kinds)
    assert days.is_school_day(day) == is_open(kinds, day)
    assert not days.is_half(day) or days.is_school_day(day)
    assert days.on_or_before(day) <= day <= days.on_or_after(day)


def test_without_a_calendar_weekdays_are_school_days(session: Any) -> None:
    days = school_days(SchoolFactory().id)
    friday = date(2026, 11, 20)
    assert days.add(friday, 1) == date(2026, 11, 23)
    assert days.between(friday, date(2026, 11, 29)) == 5


def test_a_school_overrides_the_district(session: Any) -> None:
    school, other = SchoolFactory(), SchoolFactory()
    thursday = date(2026, 11, 26)
    make_calendar(date(2026, 11, 23), date(2026, 11, 27), closed=[thursday])
    make_calendar(thursday, thursday, school_id=school.id, half=[thursday])
    assert school_days(school.id).is_half(thursday)
    assert not school_days(other.id).is_school_day(thursday)
    assert not school_days(None).is_school_day(thursday)


def test_beyond_the_last_year_is_an_error() -> None:
    with pytest.raises(OverflowError):
        SchoolDays().add(date(9999, 12, 30), 5)


def test_what_is_not_read_of_a_calendar_says_no_more_than_the_weekday(session: Any) -> None:
    """Two weeks for each kind of day, of the district and of the school over it, against every row of them."""
    school, kinds = SchoolFactory(), [None, *DayKind]
    every = [(district, own) for district in kinds for own in kinds]
    said: dict[date, DayKind] = {}
    day = date(2027, 8, 1) - timedelta(days=14 * len(every))
    while day < date(2027, 8, 1):
        for kind, school_id in zip(every[(date(2027, 7, 31) - day).days // 14], (None, school.id), strict=True):
            if kind is not None:
                said[day] = kind
                row = CalendarDay(school_year=school_year(day), school_id=school_id, day=day, kind=kind)
                session.add(row)
        day += timedelta(days=1)
    session.commit()
    read, whole = school_days(school.id), SchoolDays(said)
    for number in range(14 * len(every) + 20):
        on = date(2027, 8, 6) - timedelta(days=number)
        assert read.is_school_day(on) == whole.is_school_day(on), on
        assert read.is_half(on) == whole.is_half(on), on
        assert read.between(on, date(2027, 8, 6)) == whole.between(on, date(2027, 8, 6)), on
        assert read.knows(on) == whole.knows(on), on


def test_the_last_day_of_a_year_tells_that_the_year_is_known(session: Any) -> None:
    make_calendar(FIRST, date(2027, 7, 31))
    assert school_days(None).knows(FIRST)
    assert not school_days(None).knows(date(2027, 8, 2))
