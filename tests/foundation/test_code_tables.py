"""Rows that the process holds are those of the database: at the next click, whoever wrote them and however."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, select

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Role
from wss_cases.incidents.incident.models import LocationCode
from wss_cases.roster.directory.models import School
from wss_cases.roster.oneroster.staging import upsert

FORM = "/incidents/new"
LIST = "/incidents"

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


def test_a_page_asks_for_none_of_them_again(dean: Any, session: Any) -> None:
    dean.get(FORM)
    asked: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *told: asked.append(told[2]))
    dean.get(FORM)
    assert asked
    assert not [statement for statement in asked if statement.startswith(("SELECT location_code.", "SELECT school."))]
