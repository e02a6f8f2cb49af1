"""The auditor's list: what it shows, what it hides, its filters and its pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import UserFactory, make_user
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.journal.models import AuditEntry
from wss_cases.web.audit_log import PAGE


@pytest.fixture
def auditor(session: Any, at: Callable[..., Any]) -> Any:
    at("2026-11-24 10:00")
    return make_user(Role.AUDITOR)


def log(session: Any, number: int, **values: Any) -> None:
    shown = {"action": "case.closed", "object_type": "case_record", "changes": {"what_is_left": ["", "they yelled"]}}
    for index in range(number):
        row = AuditEntry(at=clock.now() - timedelta(days=1), object_id=index + 1, **(shown | values))
        session.add(row)
    session.flush()


def test_an_auditor_lands_on_the_log_and_sees_no_content(
    session: Any, auditor: Any, client_as: Callable[[Any], Any]
) -> None:
    log(session, 1, actor_id=auditor.id)
    client = client_as(auditor)
    assert client.get("/").location.endswith("/audit")
    text = client.page("/audit").text
    assert "case.closed" in text
    assert "case record 1" in text
    assert auditor.name in text
    assert "they yelled" not in text


def test_it_says_when_it_was_sealed_and_verified_last_and_how_that_ended(
    app: Any, session: Any, auditor: Any, client_as: Callable[[Any], Any]
) -> None:
    log(session, 2)
    session.commit()
    client, command = client_as(auditor), app.test_cli_runner()
    assert "Not sealed yet" in client.page("/audit").text
    assert "No one has verified it yet" in client.page("/audit").text
    for name in ("seal", "verify"):
        assert command.invoke(args=["audit", name]).exit_code == 0
    page = client.page("/audit").text
    assert "Last sealed Tue, Nov 24, 10:00 am" in page
    assert "Last verified Tue, Nov 24, 10:00 am: as it was sealed" in page
    session.scalars(select(AuditEntry).limit(1)).one().action = "case.read"
    session.commit()
    assert command.invoke(args=["audit", "verify"]).exit_code == 1
    assert "it is NOT as it was sealed" in client.page("/audit").text


def test_filters_narrow_and_a_bad_one_is_named(session: Any, auditor: Any, client_as: Callable[[Any], Any]) -> None:
    log(session, 2)
    log(session, 1, action="incident.submitted", object_type="incident")
    client = client_as(auditor)
    assert "case.closed" not in client.page("/audit?type=incident").text
    assert "case record 1" not in client.page("/audit?type=case_record&id=2").text
    assert "Nothing matches" in client.page("/audit?action=zzz").text
    assert "case.closed" not in client.page("/audit?from=2026-11-24").text
    assert "case.closed" in client.page("/audit?from=2026-11-23&to=2026-11-23").text
    bad = client.page("/audit?from=soon&id=many").text
    assert "write the date like" in bad
    assert "write digits only" in bad


def test_pages_follow_by_key(session: Any, auditor: Any, client_as: Callable[[Any], Any]) -> None:
    log(session, PAGE + 3, action="test.page")
    client = client_as(auditor)
    first = client.page("/audit?action=test.page")
    [older] = [link.attributes["href"] for link in first.find_all("a") if link.attributes.get("rel") == "next"]
    second = client.page(older)
    assert (first.text.count("case record"), second.text.count("case record")) == (PAGE + 1, 4)


def test_whoever_has_no_role_at_present_is_told_so(
    session: Any, at: Callable[..., Any], client_as: Callable[[Any], Any]
) -> None:
    at("2026-11-24 10:00")
    client = client_as(UserFactory())
    assert client.get("/audit").status_code == 404
    assert "you have no role right now" in client.page("/account").text


def test_many_schools_are_found_on_a_page_of_their_own(
    session: Any, at: Callable[..., Any], client_as: Callable[[Any], Any]
) -> None:
    at("2026-11-24 10:00")
    schools = [SchoolFactory(name=f"Linden {number:02}") for number in range(14)]
    client = client_as(make_user(Role.DISTRICT))
    page = client.page("/schools?q=linden%2007&next=/outcomes")
    assert "Linden 07" in page.text
    assert "Linden 08" not in page.text
    chosen = {"csrf_token": client.csrf_token("/schools"), "school_id": str(schools[7].id), "next": "/outcomes"}
    assert client.post("/school", data=chosen).location.endswith("/outcomes")
    assert "Linden 07" in client.page("/outcomes").text
    assert "No school has this" in client.page("/schools?q=nowhere").text


def test_a_reading_says_which_page_it_was(auditor: Any, client_as: Callable[[Any], Any]) -> None:
    reader = client_as(make_user(Role.ADMINISTRATOR, SchoolFactory()))
    assert reader.get("/disclosures").status_code == 200
    assert "page · disclosures.everyone" in client_as(auditor).page("/audit?action=page.read").text
