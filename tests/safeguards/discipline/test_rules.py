"""Days away, against a count made day by day; what a packet lacks; names of other children."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wss_cases.foundation.clock import school_year
from wss_cases.roster.directory.rules import DayKind, SchoolDays
from wss_cases.safeguards.discipline.removals.models import (
    Answer,
    Count,
    DisciplineKind,
    Span,
    Tried,
    calls_for_review,
    counted,
    days_away,
    gaps,
    is_exclusion,
    is_protected,
    is_too_young,
    must_acknowledge,
)

FIRST, LAST = date(2026, 8, 1), date(2027, 7, 31)
YEAR = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
DAYS = st.sampled_from(YEAR)
OSS = DisciplineKind.OUT_OF_SCHOOL_SUSPENSION


@st.composite
def spans(draw: st.DrawFn) -> Span:
    kind = draw(st.sampled_from(list(DisciplineKind)))
    starts_on = draw(DAYS)
    ends_on = draw(st.none() | st.integers(0, 40).map(lambda more: starts_on + timedelta(days=more)))
    least = 0 if kind in (DisciplineKind.EXPULSION, DisciplineKind.ALTERNATIVE_PLACEMENT) else 1
    return Span(kind, draw(st.integers(least, 25)), starts_on, ends_on)


CALENDARS = st.dictionaries(DAYS, st.sampled_from(list(DayKind)), max_size=60).map(SchoolDays)


def away_on(span: Span, calendar: SchoolDays, day: date) -> bool:
    """Whether a removal takes a date: an account by hand, apart from the rule's."""
    if day < span.starts_on or not calendar.is_school_day(day):
        return False
    if span.ends_on is not None and day > span.ends_on:
        return False
    if not span.days:
        return span.ends_on is not None or school_year(day) == school_year(span.starts_on)
    nth = sum(
        calendar.is_school_day(span.starts_on + timedelta(days=n)) for n in range((day - span.starts_on).days + 1)
    )
    return nth <= span.days


@given(st.lists(st.tuples(spans(), CALENDARS), max_size=5))
def test_days_away_are_the_school_days_on_which_at_least_one_removal_stands(
    removals: list[tuple[Span, SchoolDays]],
) -> None:
    by_hand = sum(any(away_on(span, calendar, day) for span, calendar in removals) for day in YEAR)
    assert days_away(removals, "2026-27") == by_hand


@given(st.lists(spans(), max_size=4), spans(), CALENDARS)
def test_a_removal_never_lowers_the_count_and_adds_no_more_than_its_days(
    standing: list[Span], new: Span, calendar: SchoolDays
) -> None:
    count = counted([(span, calendar) for span in standing], new, calendar)
    assert count.before <= count.after
    assert not new.days or count.after - count.before <= new.days


def test_holidays_and_overlaps() -> None:
    closed = SchoolDays({date(2026, 11, 26): DayKind.CLOSED, date(2026, 11, 27): DayKind.HALF})
    week = Span(OSS, 5, date(2026, 11, 23))
    same_day = Span(DisciplineKind.SENT_HOME, 1, date(2026, 11, 24))
    assert days_away([(week, closed)], "2026-27") == 5
    assert days_away([(week, closed), (same_day, closed)], "2026-27") == 5
    assert days_away([(Span(OSS, 0, date(2026, 11, 23), date(2026, 11, 29)), closed)], "2026-27") == 4
    bus = Span(DisciplineKind.BUS_REMOVAL, 1, date(2026, 12, 1))
    assert days_away([(week, closed), (bus, closed)], "2026-27") == 6
    assert counted([(Span(OSS, 9, date(2027, 6, 1)), closed)], Span(OSS, 4, date(2027, 7, 29)), closed) == Count(
        "2026-27", 9, 11
    )


@pytest.mark.parametrize("days", [9, 10, 11])
def test_the_tenth_day(days: int) -> None:
    count = Count("2026-27", 0, days)
    assert (calls_for_review(True, count), must_acknowledge(True, count)) == (days >= 10, days > 10)
    assert not calls_for_review(False, count) and not must_acknowledge(False, count)


def test_who_is_protected_and_what_is_an_exclusion() -> None:
    assert is_protected(False, Answer.NO, Answer.YES) and is_protected(True, Answer.NO, Answer.NO)
    assert not is_protected(False, Answer.NOT_KNOWN, Answer.NO) and not is_protected(False, None, None)
    assert is_exclusion(DisciplineKind.EXPULSION, 0) and is_exclusion(OSS, 4) and not is_exclusion(OSS, 3)
    assert is_too_young(OSS, 2) and not is_too_young(OSS, 3) and not is_too_young(OSS, None)
    assert not is_too_young(DisciplineKind.SENT_HOME, 0)
    assert gaps({Tried.CIRCLE}, {Tried.MENTORING: "  ", Tried.REFERRAL: "By phone."}) == [
        Tried.CONVERSATION,
        Tried.MENTORING,
        Tried.CHECK_IN,
    ]
