"""Whoever copies the records page by page is stopped for the hour, and told of; nobody else notices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StudentFactory
from tests.records.disclosures.test_record import TYPED
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.journal.models import AuditEntry, Counter, Disclosure, OutboxMessage

ClientAs = Callable[[Any], PageClient]
MOST = 6
CANARY = "Quillfeather"


@pytest.mark.both_databases
def test_a_machine_that_reads_page_by_page_is_stopped_and_told_of(
    session: Any, app: Flask, client_as: ClientAs, at: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "PAGES_PER_HOUR", MOST)
    at("2026-11-24 10:10")
    school = SchoolFactory()
    student = StudentFactory(school=school, family_name=CANARY)
    EnrolmentFactory(student=student)
    boss, colleague = make_user(Role.SYSADMIN), client_as(make_user(Role.DEAN, school))
    dean = make_user(Role.DEAN, school)
    machine = client_as(dean)
    page = f"/students/{student.id}"
    token = machine.csrf_token("/account")
    answers = [machine.get(page) for _number in range(MOST + 3)]
    assert [answer.status_code for answer in answers] == [200] * MOST + [429] * 3
    assert [CANARY in answer.get_data(as_text=True) for answer in answers] == [True] * MOST + [False] * 3
    assert answers[-1].headers["Retry-After"] == str(50 * 60)
    assert 'href="/incidents/new"' in answers[-1].get_data(as_text=True), "reporting is never stopped"
    sent = machine.post("/my-day/cover", data={"csrf_token": token})
    refused = machine.post(f"{page}/disclosures/new", data={"csrf_token": token})
    assert sent.status_code != 429 and refused.status_code == 429, "a form about a record is not even looked at"
    assert machine.get("/account").status_code == 200 and machine.get("/incidents/new").status_code == 200
    assert colleague.get(page).status_code == 200, "it is the account that is slowed, not the school"
    read = select(AuditEntry.id).where(AuditEntry.action == "student.read", AuditEntry.actor_id == dean.id)
    assert len(session.scalars(read).all()) == MOST, "what was not shown was not read"
    told = select(OutboxMessage.recipient_id, OutboxMessage.object_id).where(OutboxMessage.kind == "account.slowed")
    assert session.execute(told).all() == [(boss.id, dean.id)], "once"
    history = client_as(boss).get(f"/people/{dean.id}").get_data(as_text=True)
    assert "opened more records than a person normally would" in history
    at("2026-11-24 11:00")
    assert machine.get(page).status_code == 200
    mine = select(Counter.series).where(Counter.series.startswith(f"pages:{dean.id}:"))
    assert session.scalars(mine).all() == [f"pages:{dean.id}:2026112417"], "earlier hours are forgotten"


def test_forms_sent_without_reading_count_too(
    session: Any, app: Flask, client_as: ClientAs, at: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "PAGES_PER_HOUR", MOST)
    at("2026-11-24 10:10")
    school = SchoolFactory()
    student = StudentFactory(school=school)
    EnrolmentFactory(student=student)
    machine = client_as(make_user(Role.COORDINATOR, school))
    address = f"/students/{student.id}/disclosures/new"
    form = TYPED | {"csrf_token": machine.csrf_token(address)}
    statuses = [machine.post(address, data=form).status_code for _number in range(MOST + 2)]
    assert statuses == [303] * MOST + [429] * 2
    assert len(session.scalars(select(Disclosure)).all()) == MOST
