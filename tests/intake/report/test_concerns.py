"""A worry about a student that nobody opens, and one in which somebody hurts the student."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import current_app

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.support.databases import ROOT
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.sign_in.saved_forms import PURPOSE, KeptForm
from wss_cases.foundation.db import db
from wss_cases.foundation.keys import seal
from wss_cases.incidents.changes import save_draft
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


def keep(user_id: int, at: datetime, school_id: int, text: str) -> int:
    """Keep the capture form of a person whose session ran out."""
    fields = [("school_id", str(school_id)), ("danger", "no"), ("narrative", text)]
    sealed = seal(current_app.config["WSS_KEYS"], PURPOSE, json.dumps(fields))
    row = KeptForm(
        user_id=user_id, kept_at=at, path="/incidents/new", page="/incidents/new",
        sealed_text=sealed.text, sealed_key=sealed.key, key_name=sealed.key_name,
    )  # fmt: skip
    db.session.add(row)
    db.session.commit()
    return int(row.id)


@pytest.mark.parametrize(("minutes", "wanted"), [(-5, "Kept at the end."), (5, "The draft.")])
def test_the_newest_text_fills_the_page(
    session: Any, client_as: Callable[[Any], Any], at: Callable[..., Any], minutes: int, wanted: str
) -> None:
    at("2026-11-24 10:30")
    school = SchoolFactory()
    who = make_user(Role.DEAN, school)
    drafted = NOW + timedelta(minutes=minutes)
    save_draft(acting(who), "capture", {"narrative": ["The draft."]}, drafted, school_id=school.id)
    kept_id = keep(who.id, NOW, school.id, "Kept at the end.")
    page = client_as(who).page(f"/incidents/new?kept={kept_id}").text
    assert [text for text in ("Kept at the end.", "The draft.") if text in page] == [wanted]


def test_a_form_with_a_draft_is_kept_too_when_the_session_ends() -> None:
    script = (ROOT / "static" / "js" / "session.js").read_text(encoding="utf-8")
    assert "draftUrl" not in script
