"""The questioning of a student: recorded before it starts, refused until it may, flagged where it was recorded late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.safeguards.duties.duty.models import DutyState, LegalDuty
from wss_cases.safeguards.duties.duty.queries import steps_of
from wss_cases.safeguards.questioning import pages as acts
from wss_cases.safeguards.questioning.models import (
    AdultPresent,
    ClaimedException,
    QuestionedBy,
    Questioning,
    has_contact,
)

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
POLICE = QuestionedBy.POLICE


@dataclass
class Place:
    school: Any
    coordinator: Any
    incident: Any
    student: Any

    def asked(self, **more: Any) -> dict[str, Any]:
        values: dict[str, Any] = {"student_id": self.student.id, "asked_by": POLICE, "who": "Officer, unit 7"}
        return values | {"why": "A theft nearby.", "begun": "yes" if "started_at" in more else "no"} | more

    def record(self, **more: Any) -> Questioning:
        number = acts.record_questioning(
            Invocation(acting(self.coordinator), NOW), self.incident.id, **self.asked(**more)
        )
        return db.session.get_one(Questioning, number)

    def notice(self, record: Questioning, result: str, whom: str = "") -> None:
        given = {"at": NOW, "manner": "phone", "result": result, "told_whom": whom}
        acts.record_notice(Invocation(acting(self.coordinator), NOW), record.id, **given)

    def adult(self, record: Questioning) -> None:
        kind = AdultPresent.SUPPORT_PROFESSIONAL
        acts.name_adult(
            Invocation(acting(self.coordinator), NOW), record.id, adult_present=kind, adult_name="The counselor"
        )

    def start(self, record: Questioning, at: datetime = NOW, version: int | None = None) -> None:
        acts.start(Invocation(acting(self.coordinator), NOW, version=version), record.id, started_at=at)


@pytest.fixture
def place(session: Any, at: Callable[..., datetime]) -> Place:
    at("2026-11-24 11:00")
    school = SchoolFactory()
    student = StudentFactory(school=school)
    return Place(school, make_user(Role.COORDINATOR, school), make_incident(school, [student]), student)


def duty_of(record: Questioning) -> LegalDuty:
    return fresh(db.session.get_one(LegalDuty, record.duty_id))


def test_it_may_not_start_before_the_guardian_and_an_adult(place: Place) -> None:
    record = place.record()
    assert duty_of(record).state is DutyState.DUE
    with pytest.raises(Refused, match="told the guardian"):
        place.start(record)
    place.adult(record)
    with pytest.raises(Refused, match="told the guardian"):
        place.start(record)
    place.notice(record, "voicemail")
    place.start(record)
    assert fresh(record).started_at == NOW and not fresh(record).recorded_late
    duty = duty_of(record)
    assert duty.state is DutyState.DISCHARGED and "The counselor" in duty.what_was_done
    guardian, adult = [row.record for row in steps_of(duty)]
    assert guardian is not None and "no contact" in guardian.told_whom, "an attempt is not written as contact"
    assert adult is not None and adult.channel == "in_person"


def test_an_attempt_alone_or_an_adult_alone_is_not_enough(place: Place) -> None:
    record = place.record()
    place.notice(record, "reached", "The mother")
    with pytest.raises(Refused, match="no guardian or support professional"):
        place.start(record)
    assert not has_contact(["voicemail", "no_answer", "wrong_number", "interpreter_needed"])
    assert has_contact(["no_answer", "reached"])


def test_an_exception_has_its_reason_and_leaves_the_duty_open(place: Place) -> None:
    record, who, claimed = place.record(), acting(place.coordinator), ClaimedException.EMERGENCY
    with pytest.raises(Refused) as refused:
        acts.claim_exception(Invocation(who, NOW), record.id, exception=claimed, exception_reason=" ")
    assert refused.value.field == "exception_reason"
    acts.claim_exception(Invocation(who, NOW), record.id, exception=claimed, exception_reason="Smoke in the hall.")
    place.start(record)
    assert fresh(record).started_at == NOW
    assert duty_of(record).state is DutyState.DUE


def test_recorded_after_the_start_is_said_and_flagged(place: Place) -> None:
    with pytest.raises(Refused) as refused:
        place.record(started_at=NOW - timedelta(minutes=20))
    assert refused.value.field == "late_reason"
    with pytest.raises(Refused) as refused:
        place.record(started_at=NOW + timedelta(minutes=1), late_reason="Nobody called the office.")
    assert refused.value.field == "started_at"
    late = place.record(started_at=NOW - timedelta(minutes=20), late_reason="Nobody called the office.")
    assert late.recorded_late and duty_of(late).state is DutyState.DUE
    with pytest.raises(Refused, match="already started"):
        place.start(late)


def test_no_start_is_dated_back_before_its_record(place: Place) -> None:
    record = place.record()
    place.adult(record)
    place.notice(record, "no_answer")
    for moment in (NOW - timedelta(minutes=1), NOW + timedelta(minutes=1)):
        with pytest.raises(Refused) as refused:
            place.start(record, moment)
        assert refused.value.field == "started_at"
    with pytest.raises(Stale):
        place.start(record, NOW, version=99)


def test_its_end_and_one_at_a_time(place: Place) -> None:
    record, who = place.record(), acting(place.coordinator)
    with pytest.raises(Refused, match="has not ended"):
        place.record()
    acts.end(Invocation(who, NOW), record.id, ended_at=NOW, what_followed="The officer left.")
    assert fresh(record).called_off_at == NOW and fresh(record).ended_at is None
    with pytest.raises(Refused, match="closed"):
        place.notice(record, "no_answer")
    second = place.record()
    assert second.duty_id == record.duty_id, "the duty of the first stands open and is not raised twice"
    place.adult(second)
    place.notice(second, "reached", "The mother")
    place.start(second)
    with pytest.raises(Refused) as refused:
        acts.end(Invocation(who, NOW), second.id, ended_at=NOW, what_followed=" ")
    assert refused.value.field == "what_followed"
    acts.end(Invocation(who, NOW), second.id, ended_at=NOW, what_followed="Sent back to class.")
    assert fresh(second).ended_at == NOW


def test_who_may_not(place: Place) -> None:
    record = place.record()
    with pytest.raises(Refused, match="student of this report"):
        place.record(student_id=StudentFactory(school=place.school).id)
    others = [make_user(Role.DEAN, SchoolFactory()), make_user(Role.REPORTER, place.school)]
    for person in (*others, make_user(Role.DISTRICT)):
        with pytest.raises(NotFound):
            acts.start(Invocation(acting(person), NOW), record.id, started_at=NOW)
        with pytest.raises(NotFound):
            acts.record_questioning(Invocation(acting(person), NOW), place.incident.id, **place.asked())


def test_the_page_says_whether_it_may_start(place: Place, client_as: Callable[[Any], Any]) -> None:
    client = client_as(place.coordinator)
    address = f"/incidents/{place.incident.id}/questioning"
    values = {"student_id": str(place.student.id), "asked_by": "police", "who": "Unit 7", "begun": "no"}
    refused = client.submit(address, values)
    assert refused.status_code == 400 and "Unit 7" in refused.get_data(as_text=True)
    assert client.submit(address, values | {"why": "A theft nearby."}).status_code == 303
    [record] = db.session.scalars(select(Questioning)).all()
    page = f"/questionings/{record.id}"
    assert "The questioning may not start." in client.page(page).text
    early = client.submit(f"{page}/start", {})
    assert early.status_code == 400 and "It may not start" in early.get_data(as_text=True)
    assert client.submit(f"{page}/notice", {"manner": "phone", "result": "voicemail"}).status_code == 303
    assert "An attempt is not contact." in client.page(page).text
    who = {"adult_present": "support_professional", "adult_name": "The counselor"}
    assert client.submit(f"{page}/adult", who).status_code == 303
    assert "The questioning may start." in client.page(page).text
    assert client.submit(f"{page}/start", {}).status_code == 303
    assert client.submit(f"{page}/end", {"what_followed": "Back to class."}).status_code == 303
    shown = client.page(page).text
    assert "Back to class." in shown and "may not start" not in shown
    assert "Ended" in client.page(f"/incidents/{place.incident.id}").text
