"""What needs somebody now stands above everything that is late: danger, police records, legal clocks, questions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.cases.making import make_incident, make_user, make_world
from tests.factories.followups import FollowUpFactory
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.safeguards.duties.duty.models import DutyState, LegalDuty
from wss_cases.safeguards.duties.duty.queries import kinds_in_force
from wss_cases.safeguards.police.review.models import NotificationGround, PoliceReview, ReviewState

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)
TODAY = date(2026, 11, 24)


def report(world: Any, state: IncidentState, **more: Any) -> Any:
    values = {"submitted_at": NOW - timedelta(minutes=4), "state": state} | more
    return make_incident(world.school, (world.students[0], PersonRole.CAUSED_HARM), **values)


def clock_runs(world: Any, incident: Any, code: str = "bullying_notice") -> None:
    db.session.add(
        LegalDuty(
            incident_id=incident.id, school_id=world.school.id, kind_id=kinds_in_force([code], TODAY)[code].id,
            code=code, state=DutyState.DUE, raised_at=NOW, aware_at=NOW, due_at=NOW + timedelta(hours=20),
        )
    )  # fmt: skip
    db.session.commit()


def called(world: Any, incident: Any) -> None:
    db.session.add(
        PoliceReview(
            school_id=world.school.id, incident_id=incident.id, door=NotificationGround.EMERGENCY,
            state=ReviewState.CALLED, permits=True, requested_at=NOW, called_at=NOW - timedelta(minutes=10),
            record_due_at=NOW + timedelta(minutes=50), danger="A knife was shown.",
        )
    )  # fmt: skip
    db.session.commit()


def test_danger_clocks_records_and_questions_come_before_what_is_late(world: Any, client_as: Any) -> None:
    dean = make_user(world.school, Role.DEAN)
    danger = report(world, IncidentState.SUBMITTED, danger_now=True, tile="threat")
    routed = report(world, IncidentState.ROUTED)
    clock_runs(world, routed)
    called(world, routed)
    asked = report(world, IncidentState.RETURNED, reporter_id=dean.id)
    late = date(2026, 11, 20)
    FollowUpFactory(
        school_id=world.school.id, case_id=world.case.id, owner_id=dean.id, kind="other", title="Late", due_on=late
    )
    page = client_as(dean).page("/my-day")
    [strip] = [one for one in page.find_all("section") if one.get("id") == "first"]
    wanted = (
        "Danger reported 4 minutes ago", "Threat", world.students[0].shown_name, "Call 911",
        f"Open report {danger.reference}", "Police record due", "50 minutes left", "20 hours left",
        "A question about your report", asked.reference,
    )  # fmt: skip
    places = [strip.text.index(words) for words in wanted]
    assert places == sorted(places)
    assert "tel:911" in [link.get("href") for link in strip.find_all("a")]
    sections = [one.get("id") for one in page.find_all("section")]
    assert sections.index("first") < sections.index("today")
    assert "a question" not in client_as(world.coordinator).page("/my-day").text


def test_nothing_is_shown_where_nothing_needs_anyone(world: Any, client_as: Any) -> None:
    other = make_world()
    report(other, IncidentState.SUBMITTED, danger_now=True)
    clock_runs(other, report(other, IncidentState.ROUTED))
    called(other, report(other, IncidentState.ROUTED))
    page = client_as(world.coordinator).page("/my-day")
    assert "first" not in [one.get("id") for one in page.find_all("section")]
    assert not [one for one in page.find_all("div") if "alarm" in (one.get("class") or "").split()]
