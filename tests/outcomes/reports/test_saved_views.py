"""Saved views are one's own and never open more than may be seen; a year before counts the same days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, make_user
from tests.factories.incidents import make_incident
from tests.outcomes.making.small_district import TODAY, Made
from tests.outcomes.reports.loops import school_days_between
from tests.outcomes.reports.test_core import PAGE, made, number_on
from tests.support.pages.client import PageClient
from wss_cases.access.actor import SYSTEM, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.journal.models import AuditEntry
from wss_cases.outcomes.counting.daily_figures.queries import SavedView
from wss_cases.outcomes.counting.scope.rules import month_of, narrowed, scope_of, year_before
from wss_cases.outcomes.counting.totals import core_of
from wss_cases.roster.directory.queries import school_days

ClientAs = Callable[[Any], PageClient]
VIEWS = "/outcomes/views"
__all__ = ["made"]


def test_a_view_is_named_opened_and_deleted_by_its_person_alone(made: Made, client_as: ClientAs) -> None:
    school = made.schools[0]
    user, other = make_user(Role.DEAN, school), make_user(Role.DEAN, school)
    client = client_as(user)
    narrowed = f"place=hallway&term=1&school={school.id}"
    number = number_on(client.page(f"{PAGE}?{narrowed}"))
    assert client.submit(f"{VIEWS}/new?{narrowed}", {"name": " Hallway "}).status_code == 303
    for name, wrong in (
        ("Hallway", "view with this name"),
        ("", "Enter a name for the view"),
        ("x" * 81, "at most 80"),
    ):
        refused = client.submit(f"{VIEWS}/new?{narrowed}", {"name": name})
        assert refused.status_code == 400 and wrong in refused.text
    link = next(one for one in client.page(VIEWS).find_all("a") if one.text == "Hallway")
    assert number_on(client.page(link.get("href"))) == number
    view = db.session.scalars(select(SavedView)).one()
    assert "Hallway" not in client_as(other).page(VIEWS).text
    delete = f"{VIEWS}/{view.id}/delete"
    stranger = client_as(other)
    token = stranger.form(f"{VIEWS}/new").values()["csrf_token"]
    assert stranger.post(delete, data={"csrf_token": token[0]}).status_code == 404
    assert db.session.get(SavedView, view.id) is not None
    assert client.submit(VIEWS, action=delete).status_code == 303
    assert "No saved view" in client.page(VIEWS).text
    acts = select(AuditEntry.action).where(AuditEntry.object_type == "saved_view").order_by(AuditEntry.id)
    assert list(db.session.scalars(acts)) == ["view.saved", "view.deleted"]


def test_a_view_of_a_school_that_was_left_opens_nothing(made: Made, client_as: ClientAs) -> None:
    here, there = made.schools
    user = make_user(Role.DEAN, here)
    grant = RoleGrantFactory(user_id=user.id, role=Role.DEAN, school_id=there.id)
    db.session.commit()
    client = client_as(user)
    assert client.submit(f"{VIEWS}/new?school={there.id}", {"name": "There"}).status_code == 303
    link = next(one for one in client.page(VIEWS).find_all("a") if one.text == "There").get("href")
    assert client.get(link).status_code == 200
    db.session.delete(db.session.get_one(RoleGrant, grant.id))
    db.session.commit()
    assert client.get(link).status_code == 404
    assert client.get(f"{VIEWS}/new?school={there.id}").status_code == 404


def test_the_same_days_a_year_before(made: Made, client_as: ClientAs) -> None:
    school = made.schools[0]
    for day in (date(2025, 9, 2), date(2025, 11, 24), date(2025, 11, 25), date(2025, 7, 31)):
        make_incident(school, local_date=day)
    scope, days = existing(scope_of(school.id, "2026-27", TODAY)), school_days(school.id)
    assert core_of(SYSTEM, year_before(scope), days).parts.total == 2
    assert core_of(SYSTEM, scope, days).school_days == school_days_between(date(2026, 7, 31), TODAY)
    november = existing(narrowed(scope, *month_of("2026-11"), None))
    assert core_of(SYSTEM, year_before(november), days).parts.total == 1
    assert core_of(SYSTEM, november, days).school_days == school_days_between(date(2026, 10, 31), TODAY)
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    assert number_on(client.page(f"{PAGE}?month=2025-10")) == number_on(client.page(PAGE))
