"""Rules of counting that no page of one day shows: the days of the year before, who waits for a first contact, and that
a reader of some schools counts no others."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.factories.roster import EnrolmentFactory, SchoolFactory, StudentFactory
from wss_cases.access.actor import Actor, Grant, Role
from wss_cases.outcomes.counting.scope.queries import enrolled_on
from wss_cases.outcomes.counting.scope.rules import Scope, reach_of, scope_of, year_before
from wss_cases.roster.directory.rules import SchoolDays


@pytest.mark.parametrize(
    ("today", "last"),
    [
        ("2029-02-28", "2028-02-29"), ("2028-02-29", "2027-02-28"), ("2028-02-28", "2027-02-28"),
        ("2029-02-27", "2028-02-27"), ("2028-03-31", "2027-03-31"), ("2028-11-24", "2027-11-24"),
    ],
)  # fmt: skip
def test_the_end_of_a_month_is_compared_with_the_end_of_that_month(today: str, last: str) -> None:
    day = date.fromisoformat(today)
    year = day.year if day.month >= 8 else day.year - 1
    scope = scope_of(None, f"{year}-{(year + 1) % 100:02}", day)
    assert scope is not None
    before = year_before(scope)
    assert (before.first, before.last) == (date(year - 1, 8, 1), date.fromisoformat(last))


def test_nobody_counts_as_reached_before_the_first_school_day_is_over() -> None:
    monday = date(2026, 11, 23)
    today, days = monday + timedelta(days=1), SchoolDays()
    reach = reach_of([(monday, monday, 3), (monday, None, 4), (today, today, 5)], days, today)
    assert (reach.within_one, reach.of_all, reach.waiting) == (0, 0, 12)
    reach = reach_of([(monday, monday, 3), (monday, None, 4)], days, today + timedelta(days=1))
    assert (reach.within_one, reach.of_all, reach.waiting) == (3, 7, 0)


def test_on_a_day_without_school_the_last_school_day_is_over() -> None:
    thursday, days = date(2026, 11, 19), SchoolDays()
    friday, saturday = thursday + timedelta(days=1), thursday + timedelta(days=2)
    reach = reach_of([(thursday, friday, 3), (friday, friday, 2)], days, saturday)
    assert (reach.within_one, reach.of_all, reach.waiting) == (3, 3, 2)


def test_who_reads_some_schools_counts_no_others(session: Any) -> None:
    schools = [SchoolFactory() for _ in range(3)]
    for number, school in enumerate(schools):
        for _ in range(2**number):
            EnrolmentFactory(student=StudentFactory(school=school))
    own = tuple(Grant(Role.ADMINISTRATOR, school.id) for school in schools[:2])
    first, today = date(2026, 8, 1), date(2026, 11, 24)

    def enrolled(reader: Actor, school_id: int | None) -> int:
        return enrolled_on(reader, Scope(school_id, "2026-27", first, today, today), [today])[0]

    places = (None, *(school.id for school in schools))
    of_all = Actor(2, "district", (Grant(Role.DISTRICT, district=True),))
    assert [enrolled(of_all, one) for one in places] == [7, 1, 2, 4]
    assert [enrolled(Actor(1, "administrator", own), one) for one in places] == [3, 1, 2, 0]
    assert [enrolled(Actor(3, "nobody"), one) for one in places] == [0, 0, 0, 0]
