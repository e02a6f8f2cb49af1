"""The record of disclosures of a student: by referral and by hand, for who keeps it and for auditors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory, StudentFactory
from wss_cases.access.actor import Role
from wss_cases.accounts.visibility import PastOpening
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry, Disclosure
from wss_cases.records.disclosures import PAGE

TYPED = {
    "asked_by": "State's Attorney", "told_whom": "Juvenile court, room 12", "told_on": "2026-11-20",
    "what": "Attendance of this year", "interest": "Court order of 12 November", "purpose": "A hearing",
}  # fmt: skip


@pytest.fixture
def school(session: Any, at: Callable[..., Any]) -> Any:
    at("2026-11-24 10:00")
    return SchoolFactory()


def made(school: Any, student: Any, **more: Any) -> Disclosure:
    values = {
        "student_id": student.id, "school_id": school.id, "at": clock.now(), "told_whom": "Harbor Counseling",
        "interest": "Mentoring", "purpose": "Support after school", "fields": ["name", "grade"],
        "object_type": "referral", "object_id": 1,
    }  # fmt: skip
    row = Disclosure(**(values | more))
    db.session.add(row)
    db.session.commit()
    return row


def test_a_coordinator_records_one_by_hand_and_prints_the_list(school: Any, client_as: Callable[[Any], Any]) -> None:
    student = StudentFactory(school=school)
    made(school, student)
    client = client_as(make_user(Role.COORDINATOR, school))
    address = f"/students/{student.id}/disclosures"
    assert f'href="{address}"' in client.get(f"/students/{student.id}").text
    form = TYPED | {"csrf_token": client.csrf_token(f"{address}/new")}
    wrong = client.post(f"{address}/new", data=form | {"told_on": "2026-11-25"})
    assert wrong.status_code == 400
    assert "today or an earlier day" in wrong.text
    assert "Juvenile court, room 12" in wrong.text
    assert client.post(f"{address}/new", data=form).location.endswith(address)
    for page in (client.page(address).text, client.page(f"{address}?paper=1").text):
        for words in ("Juvenile court, room 12", "Fri, Nov 20, 2026", "Harbor Counseling", "with written consent"):
            assert words in page, words
    row = db.session.scalars(select(Disclosure).where(Disclosure.object_type == "student")).one()
    audited = select(AuditEntry.changes).where(AuditEntry.action == "disclosure.made", AuditEntry.object_id == row.id)
    said = db.session.scalars(audited).one()
    assert said["student_id"] == [None, student.id]
    assert said["asked_by"] == said["told_whom"] == ["…", "…"], "of what somebody typed only that it is there"


def test_a_call_to_the_police_is_never_said_to_be_with_consent(school: Any, client_as: Callable[[Any], Any]) -> None:
    student = StudentFactory(school=school)
    made(
        school,
        student,
        told_whom="911",
        object_type="police_notification",
        interest="Emergency",
        purpose="Police notification",
    )
    client = client_as(make_user(Role.COORDINATOR, school))
    usual, other = "So that Harbor Counseling can offer this help: Family support.", StudentFactory(school=school)
    for purpose in (usual, "As the family wrote it"):
        made(school, other, interest="family_support", purpose=purpose)
    spanish = {"locale": "es", "next": "/", "csrf_token": client.csrf_token("/account")}
    client.post("/language", data=spanish)
    read = "".join(client.page(f"/students/{one.id}/disclosures").text for one in (student, other))
    assert all(words in read for words in ("Aviso a la policía", "Para que Harbor", "As the family wrote it"))
    assert usual not in read
    client.post("/language", data=spanish | {"locale": "en"})
    page = client.page(f"/students/{student.id}/disclosures").text
    assert "911" in page
    assert "without consent (police notification)" in page
    assert "with written consent" not in page


def test_who_keeps_no_record_sees_none(school: Any, client_as: Callable[[Any], Any]) -> None:
    student = StudentFactory(school=school)
    made(school, student)
    address = f"/students/{student.id}/disclosures"
    elsewhere = make_user(Role.ADMINISTRATOR, SchoolFactory())
    for person in (make_user(Role.DEAN, school), make_user(Role.DISTRICT), make_user(Role.SYSADMIN), elsewhere):
        assert client_as(person).get(address).status_code == 404
    assert "Harbor Counseling" not in client_as(elsewhere).page("/disclosures").text
    auditor = client_as(make_user(Role.AUDITOR))
    assert "Harbor Counseling" in auditor.page("/disclosures").text
    assert "Harbor Counseling" in auditor.page(address).text
    for closed in (f"/students/{student.id}", f"{address}/new"):
        assert auditor.get(closed).status_code == 404
    student.school_id = elsewhere.grants[0].school_id
    db.session.commit()
    assert "Harbor Counseling" in client_as(elsewhere).page(address).text  # the record goes with the student


def test_the_list_goes_back_page_by_page(school: Any, client_as: Callable[[Any], Any]) -> None:
    student = StudentFactory(school=school)
    for number in range(PAGE + 3):
        made(school, student, told_whom=f"Office {number:03}", at=clock.now() - timedelta(days=number // 2))
    client = client_as(make_user(Role.AUDITOR))
    first = client.page("/disclosures")
    [older] = [a.attributes["href"] for a in first.find_all("a") if a.attributes.get("rel") == "next"]
    folds = [fold.text for fold in first.find_all("details") if "Who asked" in fold.text]
    assert len(folds) == PAGE and all("with written consent" in fold for fold in folds)
    seen = first.text + client.page(older).text
    assert [number for number in range(PAGE + 3) if seen.count(f"Office {number:03}") != 1] == []
    assert client.get("/disclosures?before=soon~x").status_code == 200


def test_what_was_told_in_years_that_faded_is_not_told_by_the_record(
    school: Any, client_as: Callable[[Any], Any]
) -> None:
    student = StudentFactory(school=school, student_number="S-440022")
    made(school, student, at=clock.now() - timedelta(days=900), told_whom="Old Harbor Clinic")
    made(school, student, told_whom="New Harbor Clinic")
    coordinator = make_user(Role.COORDINATOR, school)
    address = f"/students/{student.id}/disclosures"
    client = client_as(coordinator)
    for page in (address, f"{address}?paper=1", "/disclosures"):
        text = client.page(page).text
        assert "New Harbor Clinic" in text and "Old Harbor Clinic" not in text, page
    assert "are no longer shown" in client.page(address).text
    db.session.add(
        PastOpening(
            user_id=coordinator.id, student_id=student.id, school_id=school.id, reason="A guardian asks.",
            opened_at=clock.now(), expires_at=clock.now() + timedelta(hours=8),
        )
    )  # fmt: skip
    db.session.commit()
    assert "Old Harbor Clinic" in client_as(coordinator).page(address).text
    auditor = client_as(make_user(Role.AUDITOR))
    for page in (address, "/disclosures"):
        text = auditor.page(page).text
        assert "Old Harbor Clinic" in text and "S-440022" in text
        assert student.family_name not in text, "what went where stands beside a number"


def test_a_need_for_housing_is_told_by_the_record_to_the_coordinator_alone(
    school: Any, client_as: Callable[[Any], Any]
) -> None:
    student = StudentFactory(school=school)
    partner = "Warm Coat Help"
    coordinator = make_user(Role.COORDINATOR, school)
    told = {"told_whom": partner, "purpose": "A warm coat"}
    for number, kept in enumerate(("housing_basic_needs", "Vivienda y necesidades básicas")):
        made(school, student, interest=kept, object_id=number + 1, of_housing=True, **told)
    made(school, student, interest="family_support")
    address = f"/students/{student.id}/disclosures"
    typed = TYPED | told | {"asked_by": f"{partner} office", "what": "The housing form", "interest": "Housing law"}
    assert client_as(coordinator).submit(f"{address}/new", typed | {"of_housing": "y"}).status_code == 303
    log = db.session.scalars(select(AuditEntry.changes).where(AuditEntry.action == "disclosure.made")).one()
    assert log["fields"] == log["of_housing"] == ["…", "…"], "auditors read the log"
    pages = (address, f"{address}?paper=1", "/disclosures")
    for person in (make_user(Role.ADMINISTRATOR, school), make_user(Role.AUDITOR)):
        for page in pages:
            text = client_as(person).page(page).text
            assert not [words for words in (partner, "ousing", "ivienda", "coat") if words in text], page
            assert "Support by a partner" in text and "Family support" in text and "Harbor Counseling" in text
            assert "A need" in text and text.count("A partner of the school") == 4
    client = client_as(coordinator)
    for page in pages:
        text = client.page(page).text
        assert partner in text and "A warm coat" in text and "The housing form" in text
        assert text.count("Housing and basic needs") == 1, "a code is said in the reader's language"
