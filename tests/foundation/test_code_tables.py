"""Rows that the process holds are those of the database: at the next click, whoever wrote them and however."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, select

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Role
from wss_cases.incidents.incident.models import LocationCode
from wss_cases.roster.directory.models import CalendarDay, School
from wss_cases.roster.directory.rules import DayKind
from wss_cases.roster.oneroster.staging import upsert

FORM = "/incidents/new"
LIST = "/incidents"
REPORT = "/outcomes/incidents"
A_TUESDAY = date(2026, 10, 6)

pytestmark = pytest.mark.both_databases


@pytest.fixture
def dean(session: Any, client_as: Callable[[Any], Any]) -> Any:
    school = SchoolFactory(name="Cedar Hill", source="sis", sourced_id="s1")
    return client_as(make_user(Role.DEAN, school))


def test_a_school_that_is_renamed_has_its_name_at_the_next_click(dean: Any, session: Any) -> None:
    assert "Cedar Hill" in dean.get(FORM).text
    school = session.scalars(select(School).where(School.name == "Cedar Hill")).one()
    school.name = "Birch Lane"
    session.commit()
    assert "Birch Lane" in dean.get(FORM).text


def test_a_school_that_the_roster_renames_has_its_name_at_the_next_click(dean: Any, session: Any) -> None:
    assert "Cedar Hill" in dean.get(FORM).text
    upsert(session, School, "sis", [{"sourced_id": "s1", "name": "Birch Lane"}], insert=False)
    session.commit()
    assert "Birch Lane" in dean.get(FORM).text


def test_a_place_that_is_renamed_has_its_name_at_the_next_click(dean: Any, session: Any) -> None:
    place = session.scalars(select(LocationCode).where(LocationCode.code == "hallway")).one()
    before = place.label_en
    assert before in dean.get(LIST + "?place=hallway").text
    place.label_en = "Breezeway"
    session.commit()
    assert "Breezeway" in dean.get(LIST + "?place=hallway").text


def test_a_day_off_counts_at_the_next_click_and_the_calendar_is_asked_for_no_more(
    session: Any, client_as: Callable[[Any], Any]
) -> None:
    school = SchoolFactory()
    reader = client_as(make_user(Role.ADMINISTRATOR, school))

    def school_days() -> int:
        return int(re.search(r"(\d+) school days", reader.get(REPORT).text)[1])

    before = school_days()
    session.add(CalendarDay(school_year="2026-27", school_id=school.id, day=A_TUESDAY, kind=DayKind.CLOSED))
    session.commit()
    assert school_days() == before - 1
    asked: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *told: asked.append(told[2]))
    assert school_days() == before - 1
    assert asked and not [statement for statement in asked if "FROM calendar_day" in statement]


def test_a_page_asks_for_none_of_them_again(dean: Any, session: Any) -> None:
    dean.get(FORM)
    asked: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *told: asked.append(told[2]))
    dean.get(FORM)
    assert asked
    assert not [statement for statement in asked if statement.startswith(("SELECT location_code.", "SELECT school."))]
