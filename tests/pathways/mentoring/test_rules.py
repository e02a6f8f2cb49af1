"""The dose across calendars, the card's percent, and whom to match: pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wss_cases.pathways.mentoring.plan.models import Cadence, Reason
from wss_cases.pathways.mentoring.plan.rules import (
    coming_days,
    dose,
    due_days,
    last_day_of,
    next_due,
    percent,
    planned_days,
    ranked,
)
from wss_cases.roster.directory.rules import DayKind, SchoolDays

MONDAY = date(2026, 9, 7)
TODAY = date(2026, 11, 24)


@dataclass
class Plan:
    rhythm: Cadence | None = Cadence.WEEKLY
    starts_on: date | None = MONDAY
    weeks: int | None = 27
    minutes: int | None = 30


@dataclass
class Log:
    on_day: date
    held: bool = True
    minutes: int | None = 30


@dataclass
class Person:
    id: int
    name: str
    capacity: int = 2
    languages: list[str] = field(default_factory=list)
    strengths: str = ""
    trained_on: date | None = None


starts = st.dates(date(2024, 8, 1), date(2027, 6, 30))
closures = st.frozensets(st.integers(0, 400), max_size=60)


def calendar_of(start: date, closed: frozenset[int]) -> SchoolDays:
    return SchoolDays({start + timedelta(days=number): DayKind.CLOSED for number in closed})


@given(rhythm=st.sampled_from(Cadence), start=starts, closed=closures, length=st.integers(0, 300))
def test_what_a_rhythm_plans(rhythm: Cadence, start: date, closed: frozenset[int], length: int) -> None:
    days, until = calendar_of(start, closed), start + timedelta(days=length)
    due = due_days(rhythm, start, until, days)
    assert due == sorted(set(due))
    assert all(start <= day <= until and days.is_school_day(day) for day in due)
    school = [start + timedelta(days=n) for n in range(length + 1)]
    school = [day for day in school if days.is_school_day(day)]
    if rhythm is Cadence.DAILY:
        assert due == school
    middle = start + timedelta(days=length // 2)
    assert due_days(rhythm, start, until, days, middle) == [day for day in due if day >= middle]
    assert coming_days(days, middle)(rhythm, start, until) == [day for day in due if day >= middle]
    assert coming_days(days, start - timedelta(days=9))(rhythm, start, until) == due
    # growing the span takes nothing back
    assert due_days(rhythm, start, until + timedelta(days=10), days)[: len(due)] == due


@given(
    rhythm=st.sampled_from(Cadence), start=starts, closed=closures, weeks=st.none() | st.integers(1, 50),
    since=st.integers(-90, 400), logged=st.integers(0, 90), away=st.integers(0, 300),
)  # fmt: skip
def test_the_next_session_is_the_first_planned_one_that_nothing_is_logged_for(
    rhythm: Cadence, start: date, closed: frozenset[int], weeks: int | None, since: int, logged: int, away: int
) -> None:
    # whole weeks without school are in it: those of a rhythm then plan nothing
    days, today = calendar_of(start, closed | frozenset(range(away, away + 15))), start + timedelta(days=since)
    plan = Plan(rhythm=rhythm, starts_on=start, weeks=weeks)
    due = planned_days(plan, max(today, start) + timedelta(days=62), days) or []
    answered = max(logged, sum(day < today for day in due)) if rhythm is Cadence.DAILY else logged
    assert next_due(plan, logged, today, days) == (due[answered] if answered < len(due) else None)


@given(
    rhythm=st.sampled_from([Cadence.WEEKLY, Cadence.TWICE_WEEKLY]),
    start=starts,
    closed=closures,
    weeks=st.integers(1, 40),
)
def test_a_week_plans_as_much_as_it_has_school_for(
    rhythm: Cadence, start: date, closed: frozenset[int], weeks: int
) -> None:
    days = calendar_of(start, closed)
    due = set(due_days(rhythm, start, start + timedelta(days=7 * weeks - 1), days))
    for week in range(weeks):
        span = [start + timedelta(days=7 * week + n) for n in range(7)]
        school = [day for day in span if days.is_school_day(day)]
        wanted = min(2 if rhythm is Cadence.TWICE_WEEKLY else 1, len(school))
        assert len(due & set(span)) == wanted
        # the week is never behind before its last school day
        assert not school or wanted == 0 or school[-1] in due


@given(start=starts, closed=closures, seen=st.integers(-5, 320), held=st.frozensets(st.integers(0, 300), max_size=30))
def test_a_dose_counts_only_what_was_by_then(
    start: date, closed: frozenset[int], seen: int, held: frozenset[int]
) -> None:
    days, until = calendar_of(start, closed), start + timedelta(days=seen)
    logs = [Log(start + timedelta(days=n), held=n % 3 != 0, minutes=20 if n % 3 else None) for n in held]
    found = dose(Plan(starts_on=start), logs, until, days)
    assert found.held + found.missed == sum(n <= seen for n in held)
    assert found.planned is not None and found.planned_in_all is not None
    assert 0 <= found.planned <= found.planned_in_all <= 27
    assert found.minutes == 20 * found.held
    assert found.planned_minutes == 30 * found.planned
    if seen < 0:
        assert (found.planned, found.held, found.missed) == (0, 0, 0)


def test_zero_blank_and_not_known_differ() -> None:
    days = SchoolDays()
    nothing = dose(None, [], TODAY, days)
    assert (nothing.planned, nothing.planned_in_all, nothing.held, nothing.minutes) == (None, None, 0, 0)
    assert nothing.planned_minutes is None
    assert dose(Plan(starts_on=TODAY), [], TODAY, days).planned == 0
    open_ended = dose(Plan(weeks=None, minutes=None), [], TODAY, days)
    assert open_ended.planned == 11
    assert (open_ended.planned_in_all, open_ended.planned_minutes) == (None, None)
    untimed = dose(Plan(), [Log(TODAY, minutes=None)], TODAY, days)
    assert (untimed.held, untimed.minutes, untimed.timed) == (1, None, 0)
    half = dose(Plan(), [Log(TODAY, minutes=None), Log(TODAY - timedelta(days=1))], TODAY, days)
    assert (half.minutes, half.timed) == (30, 1)


def test_programmes_that_are_known() -> None:
    days = SchoolDays()
    assert last_day_of(MONDAY, 27) == date(2027, 3, 14)
    assert last_day_of(None, 27) is None and last_day_of(MONDAY, None) is None
    assert len(planned_days(Plan(), date(2030, 1, 1), days) or []) == 27
    assert len(planned_days(Plan(weeks=104), date(2030, 1, 1), days) or []) == 104
    monthly = due_days(Cadence.MONTHLY, date(2026, 8, 31), date(2026, 12, 31), days)
    assert [day.month for day in monthly] == [9, 10, 11, 12]
    assert len(due_days(Cadence.BIWEEKLY, MONDAY, last_day_of(MONDAY, 10) or MONDAY, days)) == 5
    assert planned_days(Plan(rhythm=None), TODAY, days) is None


def test_which_session_is_next() -> None:
    days = SchoolDays()
    assert next_due(Plan(), 0, TODAY, days) == date(2026, 9, 11)
    assert next_due(Plan(), 11, TODAY, days) == date(2026, 11, 27)
    assert next_due(Plan(rhythm=Cadence.DAILY), 0, TODAY, days) == TODAY
    assert next_due(Plan(weeks=2), 2, TODAY, days) is None
    assert next_due(None, 0, TODAY, days) is None


@pytest.mark.parametrize(
    ("marks", "share"),
    [
        ({}, None),
        ({"1": [None, None]}, None),
        ({"1": [0, 0]}, 0),
        ({"1": [2, 1], "2": [None, 2]}, 83),
        ({"1": [2]}, 100),
    ],
)
def test_percent_of_a_day(marks: dict[str, list[int | None]], share: int | None) -> None:
    assert percent(marks) == share


def test_who_comes_first() -> None:
    people = [
        Person(1, "Zora", trained_on=TODAY),
        Person(2, "Bea", languages=["es"]),
        Person(3, "Cleo", capacity=1, languages=["es"], strengths="Reading, soccer", trained_on=TODAY),
        Person(4, "Dana", languages=["en"], strengths="reading aloud"),
        Person(5, "Ann"),
    ]
    found = ranked([(one, None, 1) for one in people], "es-MX", "To enjoy reading again", TODAY)
    assert [one.mentor.name for one in found] == ["Bea", "Dana", "Zora", "Ann", "Cleo"]
    by_name = {one.mentor.name: one for one in found}
    assert by_name["Cleo"].free == 0
    assert by_name["Cleo"].reasons == (Reason.LANGUAGE, Reason.STRENGTH, Reason.TRAINED)
    assert by_name["Bea"].reasons == (Reason.PLACE, Reason.LANGUAGE)
    later = ranked([(people[0], None, 0)], None, "", TODAY - timedelta(days=1))
    assert later[0].reasons == (Reason.PLACE,)
