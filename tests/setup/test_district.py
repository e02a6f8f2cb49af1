"""What a district has set counts on every page, and costs no statement: its name, and the zone its days begin by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, UserFactory
from tests.support.pages.client import PageClient
from tests.support.pages.crawl import look
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import Setting
from wss_cases.foundation.school_time import (
    DISTRICT_NAME,
    DISTRICT_TIME_ZONE,
    day_words,
    district_day,
    district_zone,
    today_at,
)
from wss_cases.foundation.settings import KNOWN_DISTRICT
from wss_cases.roster.directory.models import School

ClientAs = Callable[[Any], PageClient]
AT_NIGHT = "2026-11-24 01:00"
YESTERDAY = date(2026, 11, 23)
"""What the day is in Honolulu when it is one at night in Chicago."""


@pytest.fixture
def honolulu(session: Any, at: Callable[..., datetime]) -> datetime:
    """A district of its own zone, at an instant at which Chicago is a day ahead."""
    session.add_all(
        [Setting(key=DISTRICT_NAME, value="Oahu <1>"), Setting(key=DISTRICT_TIME_ZONE, value="Pacific/Honolulu")]
    )
    session.flush()
    session.info.pop(KNOWN_DISTRICT, None)
    return at(AT_NIGHT)


def administrator(ends_on: date | None = None) -> Any:
    """A system administrator until the end of a day."""
    user = UserFactory()
    RoleGrantFactory(user_id=user.id, role=Role.SYSADMIN, ends_on=ends_on)
    return user


@pytest.mark.both_databases
def test_days_are_the_districts_in_python_and_in_sql(honolulu: datetime, session: Any) -> None:
    assert district_zone() == "Pacific/Honolulu"
    assert today_at(None, honolulu) == session.scalar(select(district_day(honolulu))) == YESTERDAY
    assert day_words(YESTERDAY) == "Mon, Nov 23"


def test_a_role_ends_with_the_districts_day(
    honolulu: datetime, client_as: ClientAs, at: Callable[..., datetime]
) -> None:
    client = client_as(administrator(ends_on=YESTERDAY))
    assert client.get("/people").status_code == 200
    at("2026-11-24 04:30")
    assert client.get("/people").status_code == 404


def test_a_new_school_has_the_districts_zone(honolulu: datetime, session: Any) -> None:
    session.add(School(sourced_id="s1", name="Diamond Head", code="DHS"))
    session.flush()
    assert session.scalar(select(School.time_zone).where(School.code == "DHS")) == "Pacific/Honolulu"


def test_every_page_knows_it_without_a_further_statement(app: Flask, session: Any, client_as: ClientAs) -> None:
    client = client_as(administrator())
    client.get("/people")  # the first page of a process compares the schema too
    before = look(app, client, "/people")
    session.add_all(
        [Setting(key=DISTRICT_NAME, value="Oahu"), Setting(key=DISTRICT_TIME_ZONE, value="Pacific/Honolulu")]
    )
    session.flush()
    after = look(app, client, "/people")
    asked = [[one for one in visit.statements if one.startswith("SELECT")] for visit in (before, after)]
    assert len(asked[0]) == len(asked[1])
    assert ["user_session" in one for one in asked[1] if "FROM setting" in one] == [True]
    words = after.response.data.decode()
    assert "Oahu" in words and "Oahu" not in before.response.data.decode()


def test_the_sign_in_page_bears_the_districts_name(honolulu: datetime, client: PageClient) -> None:
    page = client.page("/sign-in")
    assert page.find_all("title")[0].text.strip().endswith("Oahu <1>")
    assert page.find_all("header")[0].text.strip().startswith("Oahu <1>")
