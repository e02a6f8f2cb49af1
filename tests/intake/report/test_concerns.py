"""A worry about a student that nobody opens, and one in which somebody hurts the student."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory, StudentFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import CareRecord, Incident
from wss_cases.incidents.incident.queries import load_care_record
from wss_cases.incidents.incident.rules import Capture, CapturedPerson
from wss_cases.incidents.incident.states import PersonKind, PersonRole, Tile, WhenPrecision
from wss_cases.intake.report.actions import open_care_record
from wss_cases.journal.message_kinds import kind_of
from wss_cases.journal.models import OutboxMessage
from wss_cases.safeguards.duties.duty.models import LegalDuty

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)


@pytest.fixture
def school(session: Any, at: Callable[..., Any]) -> Any:
    at("2026-11-24 10:00")
    return SchoolFactory()


def worried(school: Any, who: Any) -> CareRecord:
    """Record a worry about a student of a school."""
    student = StudentFactory(school=school)
    capture = Capture(
        school_id=school.id, danger_now=False, tile=Tile.WORRIED, location_code="hallway", occurred_at=NOW,
        precision=WhenPrecision.EXACT, people=(CapturedPerson(PersonKind.STUDENT, student.id),), narrative="Secret.",
    )  # fmt: skip
    record = load_care_record(open_care_record(Invocation(acting(who), NOW), capture))
    assert record is not None
    return record


def alarms() -> list[OutboxMessage]:
    return list(db.session.scalars(db.select(OutboxMessage).where(OutboxMessage.kind == "care.unopened")))


def test_a_worry_that_nobody_opens_for_half_an_hour_calls_the_administrator(school: Any, client_as: Any) -> None:
    coordinator, head = make_user(Role.COORDINATOR, school), make_user(Role.ADMINISTRATOR, school)
    record = worried(school, make_user(Role.REPORTER, school))
    (alarm,) = alarms()
    assert (alarm.recipient_id, alarm.at_any_hour) == (head.id, True)
    assert alarm.next_attempt_at == NOW + timedelta(minutes=30)
    kind = kind_of("care.unopened")
    assert kind is not None and kind.still_due(alarm, acting(head))
    mail = kind.says(alarm, acting(head))
    assert mail is not None
    (words,) = mail.paragraphs
    assert "988" in str(words) and "do not leave the student alone" in str(words)
    client_as(coordinator).page(f"/care/{record.id}")
    assert not kind.still_due(alarm, acting(head))


def test_with_no_clinician_the_administrator_is_called_at_once(school: Any) -> None:
    make_user(Role.ADMINISTRATOR, school)
    worried(school, make_user(Role.REPORTER, school))
    assert [alarm.next_attempt_at for alarm in alarms()] == [NOW]


def test_somebody_who_hurts_the_student_opens_a_report_too(school: Any, client_as: Any) -> None:
    coordinator = make_user(Role.COORDINATOR, school)
    record = worried(school, make_user(Role.REPORTER, school))
    client = client_as(coordinator)
    address = f"/care/{record.id}"
    assert client.submit(address, {"hurt": "not_known"}, holding="hurt").status_code == 303
    assert not list(db.session.scalars(db.select(Incident)))
    assert client.submit(address, {"hurt": "yes"}, holding="hurt").status_code == 303
    (report,) = db.session.scalars(db.select(Incident))
    assert "Secret" not in report.narrative
    assert [(person.student_id, person.role) for person in report.people] == [(record.student_id, PersonRole.HARMED)]
    assert "child_abuse_or_neglect" in set(db.session.scalars(db.select(LegalDuty.code)))
    page = client.page(address)
    assert "tel:+18002522873" in {link.get("href") for link in page.find_all("a")}
