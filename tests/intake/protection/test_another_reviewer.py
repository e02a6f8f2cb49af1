"""What protects people goes to whoever reviews the report, and what a person gave away by hand stays there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests.intake.making import NOW, Place
from wss_cases.access.actor import Invocation
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.making import close_row
from wss_cases.followups.pages.follow_up import reassign
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.assignment import NOBODY, assign
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.timeline import sentence
from wss_cases.journal.unit_of_work import unit_of_work

CAUSED, HARMED = PersonRole.CAUSED_HARM, PersonRole.HARMED
CONTACT, CALL, PLAN = "contact_person_harmed", "guardian_contact_harmed", "safety_plan"


@pytest.fixture
def report(place: Place) -> Incident:
    return place.report((place.students[0], CAUSED), (place.students[1], HARMED), facts={"bullying": True})


def give(place: Place, report: Incident, assignee_id: int | None) -> None:
    assign(Invocation(place.actor(), NOW, f"give-{assignee_id}"), report.id, assignee=str(assignee_id or NOBODY))


def follow_up(kind: str) -> FollowUp:
    return db.session.scalars(select(FollowUp).filter_by(kind=kind)).one()


def owners() -> dict[str, int | None]:
    db.session.expire_all()
    return {row.kind: row.owner_id for row in db.session.scalars(select(FollowUp))}


def told() -> list[str]:
    rows = select(TimelineEntry).filter_by(kind="followup.reassigned").order_by(TimelineEntry.id)
    return [sentence(entry) for entry in db.session.scalars(rows)]


def test_open_follow_ups_go_with_the_review_and_the_history_says_so(
    place: Place, report: Incident, client_as: Callable[[Any], Any]
) -> None:
    first, second = place.dean.id, place.administrator.id
    assert owners() == dict.fromkeys((CONTACT, CALL, PLAN), first)
    given = {"assignee": str(second)}
    assert client_as(place.dean).submit(f"/review/{report.id}/assign", given).status_code == 303
    assert owners() == dict.fromkeys((CONTACT, CALL, PLAN), second)
    assert told() == [
        "Follow-up reassigned to Principal Two: First contact with the person harmed",
        "Follow-up reassigned to Principal Two: Contact with the family of the student who was harmed",
        "Follow-up reassigned to Principal Two: Safety plan",
    ]


def test_a_report_without_a_reviewer_gives_them_back_to_the_deans(place: Place, report: Incident) -> None:
    give(place, report, place.administrator.id)
    give(place, report, None)
    assert set(owners().values()) == {place.dean.id}


def test_what_is_done_and_what_a_person_gave_away_stays(place: Place, report: Incident) -> None:
    with unit_of_work(place.actor(), NOW) as uow:
        close_row(uow, uow.session.get_one(FollowUp, follow_up(CONTACT).id), "reached")
    plan = follow_up(PLAN)
    reassign(Invocation(place.actor(), NOW, "by-hand", version=plan.version), plan.id, owner=str(place.coordinator.id))
    before = len(told())
    give(place, report, place.administrator.id)
    assert owners() == {CONTACT: place.dean.id, CALL: place.administrator.id, PLAN: place.coordinator.id}
    assert len(told()) == before + 1


def test_a_review_that_is_refused_or_stays_moves_nothing(place: Place, report: Incident) -> None:
    with pytest.raises(Refused):
        give(place, report, place.coordinator.id)
    give(place, report, place.dean.id)
    assert (set(owners().values()), told()) == ({place.dean.id}, [])
