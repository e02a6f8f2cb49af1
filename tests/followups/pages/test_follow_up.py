"""Follow-ups on screen: closing needs an outcome, moving a school day, and My day is one tap away."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.roster import make_calendar
from tests.mail.making import scene
from wss_cases.access.actor import Role
from wss_cases.followups.core.models import FollowUpState
from wss_cases.followups.core.presenters import due_words
from wss_cases.roster.directory.rules import DayKind, SchoolDays

At = Callable[..., datetime]
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("due", "words", "state"),
    [
        (date(2026, 11, 19), "Overdue by 3 school days", "overdue"),
        (date(2026, 11, 23), "Overdue by 1 school day", "overdue"),
        (TODAY, "Due today", "today"),
        (date(2026, 11, 25), "Due tomorrow (Wed)", "soon"),
        (date(2026, 11, 30), "Due Mon, Nov 30", "soon"),
        (date(2026, 12, 16), "Due in 14 school days (Wed, Dec 16)", "later"),
    ],
)
def test_dates_in_words(session: Any, due: date, words: str, state: str) -> None:
    closed = {date(2026, 11, 26): DayKind.CLOSED, date(2026, 11, 27): DayKind.CLOSED}
    found = due_words(due, TODAY, SchoolDays(closed))
    assert (found.words, found.state) == (words, state)


def test_whom_lateness_reaches_reads_the_same_count_twice(session: Any, at: At, client_as: Any) -> None:
    """Days of summer that a sweep no longer knows counted as school days in one of the two."""
    at("2026-11-24 10:00")
    here = scene()
    summer = [date(2026, 6, 15) + timedelta(days=number) for number in range(40)]
    make_calendar(summer[0], summer[-1], closed=summer, school_id=here.school.id)
    row = here.due(date(2026, 1, 5), owner_id=make_user(Role.DEAN, here.school).id)
    page = client_as(here.coordinator).page(f"/follow-ups/{row.id}").text
    [above] = re.findall(r"Overdue by (\d+) school days", page)
    assert re.findall(r"Overdue for (\d+) school days;", page) == [above]


def test_closing_needs_an_outcome_and_where_it_says_little_a_sentence(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-24 10:00")
    here = scene()
    row = here.due()
    client = client_as(here.coordinator)
    address = f"/follow-ups/{row.id}"
    refused = client.submit(address, {"note": "Called twice"})
    assert refused.status_code == 400
    assert "Choose how it went." in refused.get_data(as_text=True)
    assert "Called twice" in refused.get_data(as_text=True)
    assert client.submit(address, {"outcome": "not_reached"}).status_code == 400
    assert client.submit(address, {"outcome": "reached"}).status_code == 400
    assert client.submit(address, {"outcome": "reached", "manner": "phone"}).status_code == 303
    assert fresh(row).evidence == {"manner": "phone", "on": "2026-11-24", "attempts": 1}
    assert "Phone call" in client.page(address).text
    assert fresh(row).state is FollowUpState.DONE
    assert (fresh(row).outcome, fresh(row).closed_on) == ("reached", TODAY)


def test_moving_takes_a_school_day_and_a_reason(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-24 10:00")
    here = scene()
    row = here.due()
    client = client_as(here.coordinator)
    address = f"/follow-ups/{row.id}/move"
    assert client.submit(address, {"due_on": "2026-11-28", "reason": "asked"}).status_code == 400
    assert client.submit(address, {"due_on": "2026-11-30"}).status_code == 400
    assert client.submit(address, {"due_on": "2026-11-30", "reason": "asked"}).status_code == 303
    assert (fresh(row).due_on, fresh(row).original_due_on) == (date(2026, 11, 30), TODAY)


def test_handing_on_cancelling_and_adding(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-24 10:00")
    here = scene()
    dean = make_user(Role.DEAN, here.school)
    row, other = here.due(), here.due()
    client = client_as(here.coordinator)
    assert client.submit(f"/follow-ups/{row.id}/hand-on", {"owner": str(dean.id)}).status_code == 303
    assert fresh(row).owner_id == dean.id
    assert client.submit(f"/follow-ups/{other.id}/cancel", {"reason": " "}).status_code == 400
    assert client.submit(f"/follow-ups/{other.id}/cancel", {"reason": "Moved away"}).status_code == 303
    assert fresh(other).state is FollowUpState.CANCELLED
    added = client.submit(f"/cases/{here.case.id}/follow-ups/new", {"title": "Ask the coach", "due_on": "2026-11-30"})
    assert added.status_code == 303
    assert "Ask the coach" in client.page("/follow-ups").text


def test_my_day_shows_what_is_due_with_its_act(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-24 10:00")
    here = scene()
    here.due(date(2026, 11, 20), title="Look into it")
    here.due(title="")
    here.due(date(2026, 12, 9), title="Much later")
    page = client_as(here.coordinator).page("/my-day").text
    assert "1 overdue, 1 due today" in page
    assert "Overdue by 2 school days" in page
    assert "First contact with the person harmed" in page
    assert "Much later" not in page


@pytest.mark.parametrize("role", [Role.REPORTER, Role.DEAN, Role.ADMINISTRATOR])
def test_an_empty_day_says_so(session: Any, at: At, client_as: Any, role: Role) -> None:
    at("2026-11-24 18:30")
    page = client_as(make_user(role, scene().school)).page("/my-day").text
    assert "Good evening" in page
    assert "Nothing is due" in page


def test_the_system_page_names_no_case(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-24 10:00")
    page = client_as(make_user(Role.SYSADMIN)).page("/system").text
    assert "No email has failed" in page
