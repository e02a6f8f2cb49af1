"""The district opens one case with a reason: that case alone, for a set time, and its school sees who, when and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests.cases.making import make_world
from tests.factories.accounts import make_user
from tests.factories.cases import CaseFactory, PathwayFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.safeguards import LegalDutyFactory
from wss_cases.access.actor import Role
from wss_cases.casework.access import PAGE
from wss_cases.followups.core.states import LIAISON
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.routing.engine.vocabulary import Kind

REASON = "A family complained about how long this takes."


@pytest.fixture
def world(session: Any, at: Callable[..., Any]) -> Any:
    at("2026-11-24 10:00")
    return make_world()


def send(client: Any, reference: str, reason: str = REASON) -> Any:
    return client.post(
        "/one-case", data={"csrf_token": client.csrf_token("/one-case"), "reference": reference, "reason": reason}
    )


def test_a_reason_opens_one_case_for_a_day_and_the_school_sees_it(
    world: Any, at: Callable[..., Any], client_as: Callable[[Any], Any]
) -> None:
    administrator = make_user(Role.ADMINISTRATOR, world.school)
    district = make_user(Role.DISTRICT, name="Dana District")
    other = CaseFactory(school_id=world.school.id, lead_id=world.coordinator.id)
    client = client_as(district)
    address = f"/one-case/{world.case.id}"
    assert client.get(address).status_code == 404
    assert "at least 20 characters" in send(client, world.case.reference, "Because.").text
    assert "No case at your schools" in send(client, "ZZ-1").text
    assert send(client, f" {world.case.reference.lower()} ").location.endswith(address)
    page = client.page(address)
    assert REASON in page.text
    assert world.people[0].student.family_name in page.text
    assert world.case.reference in client.page("/one-case").text
    # this case alone, to read: nothing else opens with it
    for closed in (f"/one-case/{other.id}", f"/cases/{world.case.id}", f"/cases/{world.case.id}/print", "/cases"):
        assert client.get(closed).status_code == 404, closed
    assert client_as(make_user(Role.DISTRICT)).get(address).status_code == 404
    school = client_as(world.coordinator)
    assert REASON in school.page(f"/cases/{world.case.id}?tab=history").text
    assert school.get(f"/cases/{world.case.id}/access").status_code == 404
    told = client_as(administrator).page(f"/cases/{world.case.id}/access").text
    assert "Dana District" in told
    assert REASON in told
    assert "The case, opened by the district" in told
    mails = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "case_opened")).all()
    assert administrator.id in {mail.recipient_id for mail in mails}
    at("2026-11-25 10:01")
    assert client_as(district).get(address).status_code == 404


def test_it_ends_when_they_are_done_or_leave(world: Any, client_as: Callable[[Any], Any]) -> None:
    client = client_as(make_user(Role.DISTRICT))
    address = f"/one-case/{world.case.id}"
    send(client, world.case.reference)
    token = client.csrf_token(address)
    assert client.post(f"{address}/end", data={"csrf_token": token}).status_code == 303
    assert client.get(address).status_code == 404
    assert client.post(f"{address}/end", data={"csrf_token": token}).status_code == 404
    leaver = make_user(Role.DISTRICT)
    client = client_as(leaver)
    send(client, world.case.reference)
    for grant in leaver.grants:
        grant.ends_on = clock.now().date().replace(day=1)
    db.session.commit()
    assert client.get(address).status_code == 404


def test_district_staff_of_another_school_open_nothing_here(world: Any, client_as: Callable[[Any], Any]) -> None:
    elsewhere = make_world()
    client = client_as(make_user(Role.DISTRICT, elsewhere.school))
    assert "No case at your schools" in send(client, world.case.reference).text
    assert send(client, elsewhere.case.reference).status_code == 303


def test_the_list_of_looks_goes_back_page_by_page(world: Any, client_as: Callable[[Any], Any]) -> None:
    administrator = make_user(Role.ADMINISTRATOR, world.school)
    for number in range(PAGE + 5):
        db.session.add(
            AuditEntry(
                at=clock.now(), actor_id=world.coordinator.id, action="case_record.read",
                object_type="case_record", object_id=world.case.id if number else world.case.id + 1,
                changes={"page": "casework.case"},
            )
        )  # fmt: skip
    db.session.commit()
    client = client_as(administrator)
    first = client.page(f"/cases/{world.case.id}/access")
    assert len(first.find_all("tbody")[0].find_all("tr")) == PAGE
    [older] = [a.attributes["href"] for a in first.find_all("a") if a.attributes.get("rel") == "next"]
    assert len(client.page(older).find_all("tbody")[0].find_all("tr")) == 4
    assert world.case.reference in first.text


def test_that_an_own_duty_or_a_need_for_housing_was_looked_at_is_told_to_nobody_who_may_not_know(
    world: Any, client_as: Callable[[Any], Any]
) -> None:
    placed = {"school_id": world.school.id, "incident_id": world.incident.id}
    of_case = {"school_id": world.school.id, "case_id": world.case.id}
    shared = LegalDutyFactory(**placed)
    own = LegalDutyFactory(code="child_abuse_or_neglect", owner_id=None, **placed)
    need = PathwayFactory(kind=Kind.HOUSING_BASIC_NEEDS.value, **of_case)
    for kind, row in (
        ("legal_duty", shared), ("legal_duty", own), ("pathway", need),
        ("follow_up", FollowUpFactory(pathway_id=need.id, **of_case)),
        ("follow_up", FollowUpFactory(kind=LIAISON, **of_case)),
    ):  # fmt: skip
        db.session.add(
            AuditEntry(
                at=clock.now(), actor_id=world.coordinator.id, action=f"{kind}.read",
                object_type=kind, object_id=row.id, changes={"page": "a.page"},
            )
        )  # fmt: skip
    db.session.commit()
    page = client_as(make_user(Role.ADMINISTRATOR, world.school)).page(f"/cases/{world.case.id}/access")
    assert len(page.find_all("tbody")[0].find_all("tr")) == 1
