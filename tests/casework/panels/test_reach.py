"""What the case team reaches from a report and from My day: duties, follow-ups, cases; and who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory, shown
from tests.intake.making import NOW, WALL, Place, set_facts
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.casework.case_page.acts import hand_over
from wss_cases.casework.panels import panel
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.making import close
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.intake.decision import Choice, decide
from wss_cases.journal.models import OutboxMessage
from wss_cases.safeguards.duties.duty.models import AT_ONCE, DutyState, is_overdue

CAUSED, HARMED = PersonRole.CAUSED_HARM, PersonRole.HARMED


@pytest.fixture
def place(session: Any, at: Callable[..., Any]) -> Place:
    at(WALL)
    return Place()


def decided(place: Place, incident: Any) -> Any:
    decide(Invocation(place.actor(), NOW, version=incident.version), incident.id, Choice())
    return fresh(incident)


def test_a_light_conversation_closes_where_it_is_recorded(
    place: Place, session: Any, client_as: Callable[[Any], Any]
) -> None:
    incident = decided(place, place.report((place.students[0], CAUSED), code="disruption", tile="disruption"))
    row = session.scalar(select(FollowUp).filter_by(incident_id=incident.id, kind="conversation"))
    with pytest.raises(Refused, match="Record the conversation on the report"):
        close(Invocation(place.actor(), NOW, version=row.version), row.id, "held", shown(NOW.date()))
    assert incident.state is IncidentState.ROUTED
    client = client_as(place.dean)
    address = f"/review/{incident.id}/conversation"
    for page in (f"/follow-ups/{row.id}", "/my-day"):
        assert address in {link.attributes.get("href") for link in client.page(page).find_all("a")}, page
    report = client.page(f"/incidents/{incident.id}")
    assert f"/follow-ups/{row.id}" in {link.attributes.get("href") for link in report.find_all("a")}


def test_a_report_shows_its_case_and_duties_to_the_team_alone(place: Place, client_as: Callable[[Any], Any]) -> None:
    incident = place.report((place.students[0], CAUSED), (place.students[1], HARMED))
    incident = set_facts(incident, bullying=True)
    incident = decided(place, incident)
    [case] = cases_of_incident(incident.id)
    client = client_as(place.dean)
    text = client.page(f"/incidents/{incident.id}").text
    assert f"Case {case.reference}" in text
    assert "Legal duties" in text
    assert "legal dut" in client.page("/my-day").text
    incident.reporter_id = make_user(Role.REPORTER, place.school).id
    assert panel(place.actor("reporter"), incident) is None


def test_follow_ups_of_a_report_name_whom_they_are_about_and_the_third_is_folded(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    incident = place.report((place.students[0], CAUSED), (place.students[1], CAUSED))
    who = f"{place.students[0].shown_name}, {place.students[1].shown_name}"
    for number in range(5):
        FollowUpFactory(
            school_id=place.school.id, incident_id=incident.id, owner_id=place.dean.id, kind="other",
            title=f"Thing {number}", due_on=NOW.date() + timedelta(days=number),
        )  # fmt: skip
    page = client_as(place.dean).page(f"/incidents/{incident.id}")
    [card] = [part for part in page.find_all("section") if "Follow-ups (5)" in part.text and "Thing 0" in part.text]
    [folded] = card.find_all("details")
    assert [f"Thing {number}: {who}" in card.text for number in range(5)] == [True] * 5
    assert [f"Thing {number}" in folded.text for number in range(5)] == [False] * 2 + [True] * 3


def test_the_next_lead_is_written_to(place: Place, session: Any) -> None:
    incident = decided(place, place.report((place.students[0], CAUSED), (place.students[1], HARMED)))
    [case] = cases_of_incident(incident.id)
    taker = make_user(Role.COORDINATOR, place.school)
    hand_over(
        Invocation(place.actor(), NOW + timedelta(minutes=1), version=case.version),
        case.id,
        to=taker.id,
        note="They know each other.",
    )
    sent = session.scalars(select(OutboxMessage).filter_by(kind="case_assigned", recipient_id=taker.id)).all()
    assert [message.object_id for message in sent] == [case.id]


def test_at_once_is_not_late_at_once() -> None:
    assert not is_overdue(DutyState.DUE, NOW, NOW + timedelta(minutes=5), 0)
    assert is_overdue(DutyState.DUE, NOW, NOW + AT_ONCE + timedelta(minutes=1), 0)
    assert not is_overdue(DutyState.VERIFY_FIRST, NOW, NOW + timedelta(days=2), 0)
    assert is_overdue(DutyState.VERIFY_FIRST, NOW, NOW + timedelta(minutes=5), 24)
