"""A file of outcomes leaves with a reason, a fresh sign-in and a second person told, within the row limit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from tests.outcomes.making.small_district import Made
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import UserSession
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.outcomes.exports.export_log import ExportRecord

ClientAs = Callable[[Any], PageClient]
ADDRESS = "/outcomes/files/core.csv?year=2026-27"
REASON = "For the meeting of the board in December."


@pytest.fixture
def school(session: Any, at: Callable[..., Any]) -> Any:
    at("2026-11-24 10:00")
    return Made(seed=7, incidents=10).schools[0]


def told() -> set[int]:
    wanted = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "export_made")
    return set(db.session.scalars(wanted))


def test_a_file_needs_a_reason_and_tells_a_second_person(school: Any, client_as: ClientAs) -> None:
    taker, other = make_user(Role.ADMINISTRATOR, school), make_user(Role.ADMINISTRATOR, school)
    client = client_as(taker)
    assert client.submit(ADDRESS, {"reason": "Because"}).status_code == 400
    assert told() == set()
    answer = client.submit(ADDRESS, {"reason": REASON})
    assert answer.mimetype == "text/csv"
    row = db.session.scalars(select(ExportRecord)).one()
    assert row.row_count == len(answer.get_data(as_text=True).splitlines()) - 1
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "outcomes.exported")).one()
    assert (audited.actor_id, audited.changes["rows"]) == (taker.id, row.row_count)
    assert REASON not in str(audited.changes), "what somebody typed may name a child; it stands in the list of files"
    assert told() == {other.id}
    listed = client_as(other).page("/outcomes/exports").text
    assert REASON in listed
    assert taker.name in listed
    assert REASON in client_as(make_user(Role.SYSADMIN)).page("/outcomes/exports").text
    elsewhere = make_user(Role.ADMINISTRATOR, SchoolFactory())
    assert REASON not in client_as(elsewhere).page("/outcomes/exports").text


def test_where_the_school_has_no_other_the_district_is_told_and_else_no_file_is_made(
    school: Any, client_as: ClientAs
) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    refused = client.submit(ADDRESS, {"reason": REASON})
    assert refused.status_code == 400
    assert "No one else can be told" in refused.text
    assert REASON in refused.text
    sysadmin = make_user(Role.SYSADMIN)
    assert client.submit(ADDRESS, {"reason": REASON}).status_code == 200
    assert told() == {sysadmin.id}
    district = make_user(Role.DISTRICT)
    assert client.submit(ADDRESS, {"reason": REASON}).status_code == 200
    assert told() == {sysadmin.id, district.id}


def test_a_sign_in_of_a_quarter_of_an_hour_ago_is_not_fresh(school: Any, client_as: ClientAs) -> None:
    taker = make_user(Role.ADMINISTRATOR, school)
    make_user(Role.ADMINISTRATOR, school)
    client = client_as(taker)
    form = {"csrf_token": client.csrf_token(ADDRESS), "reason": REASON}
    row = db.session.scalars(select(UserSession).where(UserSession.user_id == taker.id)).one()
    row.verified_at = row.created_at = clock.now() - timedelta(minutes=15, seconds=1)
    db.session.commit()
    for answer in (client.get(ADDRESS), client.post(ADDRESS, data=form)):
        assert answer.status_code == 303
        assert "confirm" in answer.location
    assert db.session.scalars(select(ExportRecord)).all() == []
    row.verified_at = clock.now() - timedelta(minutes=14)
    db.session.commit()
    assert client.post(ADDRESS, data=form).mimetype == "text/csv"


def test_a_file_over_the_row_limit_is_refused(
    app: Flask, school: Any, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_as(make_user(Role.DISTRICT))
    make_user(Role.SYSADMIN)
    monkeypatch.setitem(app.config, "EXPORT_ROWS", 1)
    refused = client.submit(ADDRESS, {"reason": REASON})
    assert refused.status_code == 400
    assert "at most 1 are allowed" in refused.text
    assert db.session.scalars(select(ExportRecord)).all() == []
