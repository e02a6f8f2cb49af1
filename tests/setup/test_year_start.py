"""The first day of the school year is a setting: a year that has begun keeps its own, and every day is of one year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import acting, make_user
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import Setting
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import db
from wss_cases.foundation.settings import forget
from wss_cases.outcomes.counting.scope.rules import years_between
from wss_cases.roster.directory.models import CalendarDay
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import DayKind
from wss_cases.setup.settings.catalogue import BY_NAME
from wss_cases.setup.settings.pages import set_setting
from wss_cases.workday.calendar_import import years

PAGE = "/settings/year-start"
ENTRY = BY_NAME["year-start"]


@pytest.fixture
def now(session: Any, at: Callable[..., datetime]) -> datetime:
    return at("2026-11-28 10:00")


def said(text: str, starts_on: date, now: datetime) -> None:
    newest = db.session.scalar(select(func.max(Setting.id)).where(Setting.key == ENTRY.setting.key))
    set_setting(Invocation(acting(make_user(Role.DISTRICT)), now), ENTRY, text, starts_on, newest)
    forget()


def test_years_that_have_begun_keep_their_days_and_no_day_is_lost_or_twice(now: datetime, at: Any) -> None:
    said("07-01", date(2026, 11, 28), now)
    assert school_year_bounds("2025-26") == (date(2025, 8, 1), date(2026, 7, 31))
    assert school_year_bounds("2026-27") == (date(2026, 8, 1), date(2027, 6, 30))
    assert school_year_bounds("2027-28") == (date(2027, 7, 1), date(2028, 6, 30))
    said("08-15", date(2028, 7, 1), now)
    said("09-30", date(2027, 7, 2), at("2027-07-02 08:00"))
    assert school_year_bounds("2027-28") == (date(2027, 7, 1), date(2028, 8, 14)), "it has begun"
    assert years_between("2026-27", "2028-29") == ["2026-27", "2027-28", "2028-29"]
    day, before = date(2025, 1, 1), "2024-25"
    while day < date(2030, 1, 1):
        year = school_year(day)
        first, last = school_year_bounds(year)
        assert first <= day <= last and (year == before or day == first), day
        day, before = day + timedelta(days=1), year


def test_a_calendar_is_known_by_the_last_day_of_its_own_year(now: datetime) -> None:
    said("07-01", date(2026, 11, 28), now)
    day = date(2026, 8, 1)
    while day <= date(2027, 6, 30):
        db.session.add(CalendarDay(school_year=school_year(day), day=day, kind=DayKind.SCHOOL))
        day += timedelta(days=1)
    db.session.flush()
    days = school_days(None)
    assert days.knows(date(2027, 6, 1)) and not days.knows(date(2027, 7, 1))
    assert days.last_of_year("2026-27") == date(2027, 6, 30)
    assert [year for year, _label in years(date(2027, 5, 1))] == ["2027-28", "2026-27", "2025-26"]
    assert [year for year, _label in years(date(2027, 7, 1))] == ["2027-28", "2028-29", "2026-27"]


def test_what_cannot_be_is_refused_at_its_field(now: datetime, client_as: Any) -> None:
    person = client_as(make_user(Role.DISTRICT))
    for given, field, words in (
        ({"month": "9", "day": "31"}, "day", "Enter a day of this month."),
        ({"month": "8", "day": "0"}, "day", "Enter a day of this month."),
        ({"month": "8", "day": "1"}, "", "It is already set that way on that day."),
    ):
        refused = person.submit(PAGE, given)
        page = refused.get_data(as_text=True)
        assert refused.status_code == 400 and words in page and (not field or f'href="#{field}"' in page)
    assert db.session.scalar(select(func.count(Setting.id))) == 0
    assert person.submit(PAGE, {"month": "8", "day": "15"}).status_code == 303
    [row] = db.session.scalars(select(Setting))
    assert (row.value, row.starts_on) == ("08-15", date(2026, 11, 28))
