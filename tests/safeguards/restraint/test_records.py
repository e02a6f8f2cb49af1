"""Restraint and time-out: what the record needs, the guardian the same day, the review, the count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.intake.making import NOW
from tests.safeguards.discipline.making import Removing
from wss_cases.access.actor import Invocation, Role
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.safeguards.discipline.removals.models import told_late
from wss_cases.safeguards.restraint import (
    RestraintKind,
    RestraintRecord,
    record_restraint,
    restraint_counts,
    review_restraint,
    tell_guardian,
)

TODAY = date(2026, 11, 24)
START, END = NOW - timedelta(minutes=30), NOW - timedelta(minutes=26)
RESTRAINT: dict[str, Any] = {
    "kind": RestraintKind.PHYSICAL_RESTRAINT, "started_at": START, "ended_at": END,
    "danger": "Held a chair over another student.", "tried": "Talked, stepped back.", "staff_present": "Two teachers.",
    "harm": "none",
}  # fmt: skip


@pytest.fixture
def scene(session: Any, at: Callable[..., datetime]) -> Removing:
    at("2026-11-24 11:00")
    return Removing()


def made(scene: Removing, who: str = "dean", **changes: Any) -> int:
    """Record the restraint of the student who was harmed; any part in a report may be held."""
    answers = RESTRAINT | {"student_id": scene.harmed.id} | changes
    return record_restraint(Invocation(scene.place.actor(who), NOW), scene.incident.id, **answers)


def test_it_is_recorded_with_what_is_due_and_is_no_removal(scene: Removing, session: Any) -> None:
    made(scene)
    [record] = session.scalars(select(RestraintRecord)).all()
    assert (record.student_id, record.local_date, scene.actions()) == (scene.harmed.id, date(2026, 11, 24), [])
    due = {row.kind: row for row in session.scalars(select(FollowUp).filter_by(incident_id=scene.incident.id))}
    assert due["restraint_review"].due_on == date(2026, 11, 26)
    assert due["restraint_review"].owner_id == scene.place.administrator.id
    assert due["guardian_contact"].same_day


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("student_id", {"student_id": 0}),
        ("started_at", {"started_at": NOW + timedelta(minutes=1)}),
        ("ended_at", {"ended_at": START - timedelta(minutes=1)}),
        ("ended_at", {"ended_at": NOW + timedelta(minutes=1)}),
        ("ended_at", {"started_at": START - timedelta(days=1)}),
        ("danger", {"danger": " "}),
        ("tried", {"tried": ""}),
        ("staff_present", {"staff_present": ""}),
        ("harm_words", {"harm": "minor"}),
        ("guardian_told_at", {"guardian_manner": "phone"}),
        ("guardian_told_at", {"guardian_told_at": START - timedelta(minutes=1), "guardian_manner": "phone"}),
        ("guardian_manner", {"guardian_told_at": NOW}),
    ],
)
def test_what_is_refused(scene: Removing, session: Any, field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        made(scene, **changes)
    assert refused.value.field == field and session.scalars(select(RestraintRecord)).all() == []


def test_who_may(scene: Removing) -> None:
    stranger = acting(make_user(Role.ADMINISTRATOR, SchoolFactory()))
    with pytest.raises(NotFound):
        made(scene, "coordinator")
    with pytest.raises(NotFound):
        record_restraint(Invocation(stranger, NOW), scene.incident.id, **RESTRAINT, student_id=scene.student.id)


def test_the_guardian_the_same_day_and_the_review_once(scene: Removing, session: Any) -> None:
    dean, number = scene.place.actor("dean"), made(scene)
    tell_guardian(Invocation(dean, NOW), number, guardian_told_at=NOW, guardian_manner="phone")
    told = session.scalars(select(FollowUp).filter_by(kind="guardian_contact")).one()
    assert (told.state, told.outcome) == (FollowUpState.DONE, "reached")
    assert told.evidence == {"manner": "phone", "on": "2026-11-24"}
    words = "The door was locked; it stays open now."
    review_restraint(Invocation(dean, NOW), number, reviewed_on=date(2026, 11, 24), review=words)
    asked = session.scalars(select(FollowUp).filter_by(kind="restraint_review")).one()
    assert (asked.state, asked.outcome) == (FollowUpState.DONE, "done")
    for again in (
        lambda: tell_guardian(Invocation(dean, NOW), number, guardian_told_at=NOW, guardian_manner="phone"),
        lambda: review_restraint(Invocation(dean, NOW), number, reviewed_on=TODAY, review="Again."),
    ):
        with pytest.raises(Refused):
            again()
    other = made(scene)
    for wrong in (date(2026, 11, 23), date(2026, 11, 25)):
        with pytest.raises(Refused) as refused:
            review_restraint(Invocation(dean, NOW), other, reviewed_on=wrong, review="Read.")
        assert refused.value.field == "reviewed_on"
    late = datetime.fromisoformat("2026-11-25T06:30:00+00:00")
    assert not told_late(date(2026, 11, 24), NOW, late, "America/Chicago")
    assert told_late(date(2026, 11, 24), None, late, "America/Chicago")
    assert not told_late(date(2026, 11, 24), None, late - timedelta(hours=1), "America/Chicago")


def test_instances_and_students_apart(scene: Removing) -> None:
    for who in (scene.harmed, scene.harmed, scene.student):
        made(scene, student_id=who.id)
    year = (date(2026, 8, 1), date(2027, 7, 31))
    administrator = scene.place.actor("administrator")
    assert restraint_counts(administrator, scene.place.school.id, *year) == (3, 2)
    assert restraint_counts(administrator, scene.place.school.id, date(2027, 1, 1), year[1]) == (0, 0)
    assert restraint_counts(acting(make_user(Role.DEAN, SchoolFactory())), None, *year) == (0, 0)


def test_the_pages(scene: Removing, client_as: Callable[[Any], Any], session: Any) -> None:
    client = client_as(scene.place.dean)
    assert "0 records, 0 students" in client.page("/restraints").text
    address = f"/incidents/{scene.incident.id}/restraint"
    values = {
        "student_id": str(scene.harmed.id), "kind": "time_out", "started_at": "2026-11-24T10:00",
        "ended_at": "2026-11-24T09:00", "danger": "A chair.", "tried": "Talking.", "staff_present": "Two.",
        "harm": "none",
    }  # fmt: skip
    refused = client.submit(address, values)
    assert refused.status_code == 400 and "A chair." in refused.get_data(as_text=True)
    saved = client.submit(address, values | {"ended_at": "2026-11-24T10:12"})
    page = saved.headers["Location"]
    assert "12 minutes" in client.page(page).text and "Not told yet" in client.page(page).text
    told = {"guardian_told_at": "2026-11-24T10:30", "guardian_manner": "phone"}
    assert client.submit(f"{page}/guardian", told | {"guardian_manner": ""}).status_code == 400
    assert client.submit(f"{page}/guardian", told).status_code == 303
    assert client.submit(f"{page}/review", {"review": "The door."}).status_code == 303
    text = client.page(page).text
    assert "Phone call" in text and "The door." in text and "not told on the same day" not in text
    assert "1 record, 1 student" in client.page("/restraints").text
    assert "Time-out" in client.page(f"/incidents/{scene.incident.id}").text
    record = session.scalars(select(RestraintRecord)).one()
    assert fresh(record).version == 3
    other = SchoolFactory()
    StudentFactory(school=other)
    assert client_as(make_user(Role.DEAN, other)).page(page, status=404)
