"""The schedule, the list of records to look at, two people's yes, and holds: on the pages that people use."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.cases import CaseFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StudentFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import SignInAttempt, UserSession
from wss_cases.casework.transfer.pages import continue_elsewhere
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.incident.models import IncidentDraft
from wss_cases.journal.models import AuditEntry, OutboxMessage, OutboxState
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.legal_holds import LegalHold, circle_held, is_student_held
from wss_cases.records.retention.core.pages import DeletionState, Part, RecordDeletion, RecordReview, RetentionRule
from wss_cases.records.retention.core.queries import PAGE, rules_on, years_after, years_before
from wss_cases.records.retention.schedule import clean

TODAY = date(2026, 11, 24)


@pytest.fixture
def school(session: Any, at: Callable[..., Any]) -> Any:
    at("2026-11-24 10:00")
    return SchoolFactory()


def seen(school: Any, began: date = date(2025, 8, 20), left: date | None = None, **more: Any) -> Any:
    """A student with one closed report, at school from `began`, and gone since `left`."""
    student = StudentFactory(school=school, is_active=left is None, **more)
    EnrolmentFactory(student=student, starts_on=began, ends_on=left)
    make_incident(school, [student], state="closed")
    return student


@pytest.mark.parametrize(
    ("left", "years", "due"),
    [
        (date(2021, 6, 10), 5, date(2026, 6, 10)),
        (date(2020, 2, 29), 5, date(2025, 3, 1)),
        (date(2020, 2, 29), 4, date(2024, 2, 29)),
        (date(1966, 6, 10), 60, date(2026, 6, 10)),
    ],
)
def test_a_record_may_go_on_the_day_and_not_before(left: date, years: int, due: date) -> None:
    assert years_after(left, years) == due
    assert left <= years_before(due, years)
    assert not left <= years_before(due - timedelta(days=1), years)


def test_the_schedule_is_changed_from_a_day_on_never_below_its_floor_and_deletes_nothing(
    school: Any, client_as: Callable[[Any], Any]
) -> None:
    student = seen(school, date(2015, 8, 20), date(2020, 6, 10))
    client = client_as(make_user(Role.DISTRICT))
    page = client.page("/records/schedule").text
    assert "5 years after the student left" in page and "Needs legal review" in page
    newest = rules_on(TODAY)["discipline"]
    form = {"starts_on": "2026-11-25", "keep": "4", "source": "Board policy 7", "confirmed": "yes"}
    low = client.submit("/records/schedule/discipline", form)
    assert low.status_code == 400 and "at least 5 years" in low.text and "Board policy 7" in low.text
    identity = client.submit("/records/schedule/identity", form | {"keep": "59"})
    assert identity.status_code == 400 and "at least 60 years" in identity.text
    assert client.submit("/records/schedule/discipline", form | {"keep": "7"}).status_code == 303
    rows = db.session.scalars(select(RetentionRule).where(RetentionRule.code == "discipline")).all()
    assert [(row.keep, row.ends_on) for row in sorted(rows, key=lambda row: row.id)] == [(5, TODAY), (7, None)]
    assert newest.id in {row.id for row in rows}
    changed = select(AuditEntry).where(AuditEntry.action == "retention.rule_changed")
    assert db.session.scalars(changed).one().changes["keep"] == [None, 7]
    assert client_as(make_user(Role.ADMINISTRATOR, school)).get("/records/schedule/discipline").status_code == 404
    assert db.session.get(type(student), student.id) is not None


def test_the_list_holds_who_is_due_and_why_and_nobody_else(school: Any, client_as: Callable[[Any], Any]) -> None:
    seen(school, given_name="Newly", family_name="Come")
    seen(school, date(2022, 11, 24), given_name="Four", family_name="Years")
    seen(school, date(2022, 11, 25), given_name="Almost", family_name="There")
    moved = seen(school, given_name="Moved", family_name="Here")
    elsewhere = SchoolFactory()
    EnrolmentFactory(student=moved, school_id=elsewhere.id, starts_on=date(2023, 8, 20), ends_on=date(2025, 6, 1))
    seen(school, date(2015, 8, 20), date(2021, 11, 24), given_name="Left", family_name="Long")
    seen(elsewhere, date(2015, 8, 20), given_name="Other", family_name="School")
    for name, last in (("Gone", school), ("Strayed", elsewhere)):
        gone = seen(school, date(2015, 8, 20), date(2019, 6, 1), given_name=name, family_name="Away")
        EnrolmentFactory(student=gone, school_id=last.id, starts_on=date(2019, 8, 20), ends_on=date(2021, 11, 24))
        gone.school_id = None
    db.session.commit()
    plain = StudentFactory(school=school, given_name="No", family_name="Record")
    EnrolmentFactory(student=plain, starts_on=date(2015, 8, 20))
    administrator = make_user(Role.ADMINISTRATOR, school)
    text = client_as(administrator).page("/records/reviews").text
    for name, why in (
        ("Four Years", "Four years since"), ("Moved Here", "Came from another"), ("Left Long", "the time has passed"),
        ("Gone Away", "the time has passed"),
    ):  # fmt: skip
        assert name in text and why in text
    for name in ("Newly Come", "Almost There", "Other School", "No Record", "Strayed Away"):
        assert name not in text


def test_the_list_goes_on_page_by_page(school: Any, client_as: Callable[[Any], Any]) -> None:
    for number in range(PAGE + 3):
        seen(school, date(2015, 8, 20), given_name=f"Pupil{number:03}", family_name="X")
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    first = client.page("/records/reviews")
    [more] = [a.attributes["href"] for a in first.find_all("a") if a.attributes.get("rel") == "next"]
    both = first.text + client.page(more).text
    assert [number for number in range(PAGE + 3) if both.count(f"Pupil{number:03}") != 1] == []


def test_keeping_needs_a_reason_and_a_day_and_brings_the_record_back_on_it(
    school: Any, client_as: Callable[[Any], Any], at: Callable[..., Any]
) -> None:
    student = seen(school, date(2015, 8, 20), given_name="Kept", family_name="Pupil")
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    address = f"/records/reviews/{student.id}"
    assert "may not be deleted yet" in client.submit(address, {"decision": "delete"}).text
    keep = {"decision": "keep", "keep_until": "2027-06-15", "reason": "A sibling’s case goes on."}
    for wrong in ({"reason": " "}, {"keep_until": ""}, {"keep_until": "2026-11-24"}, {"keep_until": "2030-11-25"}):
        answer = client.submit(address, keep | wrong)
        assert answer.status_code == 400 and "error" in answer.text
    assert client.submit(address, keep).status_code == 303
    assert "Kept Pupil" not in client.page("/records/reviews").text
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "record.reviewed")).one()
    assert "sibling" not in str(audited.changes) and audited.object_id == student.id
    at("2027-06-15 08:00")
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    assert "Was kept until now" in client.page("/records/reviews").text


def test_two_people_and_the_count_are_needed_and_the_district_sees_no_name(
    school: Any, client_as: Callable[[Any], Any]
) -> None:
    student = seen(school, date(2015, 8, 20), date(2021, 6, 10), given_name="Zenobia", family_name="Gone")
    proposer, client = make_user(Role.ADMINISTRATOR, school), None
    client = client_as(proposer)
    assert client.submit(f"/records/reviews/{student.id}", {"decision": "delete"}).status_code == 303
    deletion = db.session.scalars(select(RecordDeletion)).one()
    address = f"/records/deletions/{deletion.id}"
    assert "Zenobia Gone" in client.page(address).text
    assert "Zenobia" not in client.page("/records/reviews").text
    own = client.submit(f"{address}/confirm", {"typed": "1"})
    assert own.status_code == 400 and "Someone else must confirm" in own.text
    second = client_as(make_user(Role.DISTRICT))
    assert "Zenobia" not in second.page(address).text + second.page("/records/deletions").text
    wrong = second.submit(f"{address}/confirm", {"typed": "2"})
    assert wrong.status_code == 400 and "Enter how many records" in wrong.text
    assert second.submit(f"{address}/confirm", {"typed": "1"}).status_code == 303
    assert db.session.get_one(RecordDeletion, deletion.id).state is DeletionState.CONFIRMED
    assert client.get(f"{address}/withdraw").status_code == 200
    assert client.submit(f"{address}/withdraw").status_code == 400
    for person in (make_user(Role.ADMINISTRATOR, SchoolFactory()), make_user(Role.DEAN, school)):
        assert client_as(person).get(address).status_code == 404


def test_a_withdrawn_proposal_deletes_nothing_and_comes_back(school: Any, client_as: Callable[[Any], Any]) -> None:
    student = seen(school, date(2015, 8, 20), date(2021, 6, 10), given_name="Back", family_name="Again")
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    client.submit(f"/records/reviews/{student.id}", {"decision": "delete"})
    deletion = db.session.scalars(select(RecordDeletion)).one()
    assert client.submit(f"/records/deletions/{deletion.id}/withdraw").status_code == 303
    assert "Back Again" in client.page("/records/reviews").text
    assert db.session.scalars(select(RecordReview.decision)).one().value == "delete"


def test_a_hold_on_a_student_or_case_stops_every_way_and_only_theirs(
    school: Any, client_as: Callable[[Any], Any]
) -> None:
    held = seen(school, date(2015, 8, 20), date(2021, 6, 10), student_number="777001")
    free = seen(school, date(2015, 8, 20), date(2021, 6, 10), student_number="777002")
    cases = [CaseFactory(school_id=school.id) for _one in range(2)]
    people = [
        CaseParticipantFactory(case_id=case.id, student_id=one.id)
        for case, one in zip(cases, (held, free), strict=True)
    ]
    circles = [PathwayFactory(case_id=case.id, school_id=school.id) for case in cases]
    held, free, person_id = held.id, free.id, people[0].id
    circle_id = circles[0].id
    district, administrator = client_as(make_user(Role.DISTRICT)), make_user(Role.ADMINISTRATOR, school)
    form = {"number": "777001", "kind": "court_order", "asked_by": "Juvenile court", "reason": "Order 12"}
    missing = district.submit("/records/holds/new", form | {"number": "999999"})
    assert missing.status_code == 400 and "no case and no student with this number" in missing.text
    assert district.submit("/records/holds/new", form).status_code == 303
    assert "Juvenile court" in district.page("/records/holds").text
    kept = db.session.scalars(select(Pathway.id).where(circle_held())).all()
    assert kept == [circle_id]  # the shredder passes over this circle, and over no other
    assert is_student_held(held) and not is_student_held(free)
    client = client_as(administrator)
    refused = client.submit(f"/records/reviews/{held}", {"decision": "delete"})
    assert refused.status_code == 400 and "A hold is open" in refused.text
    assert "A hold is open" in client.page(f"/students/{held}").text
    assert "A hold is open" not in client.page(f"/students/{free}").text
    with pytest.raises(Refused, match="A hold is open"):
        continue_elsewhere(Invocation(acting(administrator), clock.now()), person_id, note="x", here="goes_on")
    hold = db.session.scalars(select(LegalHold)).one()
    address = f"/records/holds/{hold.id}/release"
    assert district.submit(address, {"reason": " "}).status_code == 400
    assert district.submit(address, {"reason": "Counsel said so"}).status_code == 303
    assert not is_student_held(held)
    for action in ("hold.opened", "hold.released"):
        row = db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)).one()
        assert "Juvenile" not in str(row.changes) and "Counsel" not in str(row.changes)


def test_what_is_past_its_days_goes_by_itself_and_nothing_else(school: Any, app: Any) -> None:
    now, user = clock.now(), make_user(Role.DEAN, school)
    old, new = now - timedelta(days=500), now - timedelta(days=1)
    case = CaseFactory(school_id=school.id)
    for at in (old, new):
        db.session.add(SignInAttempt(account_key="k", address="a", at=at))
        db.session.add(IncidentDraft(user_id=user.id, payload={}, updated_at=at))
        db.session.add(
            UserSession(token_digest=str(at), user_id=user.id, created_at=at, last_seen_at=at, expires_at=at)
        )
        for kind in ("user_account", "case_record"):
            db.session.add(
                OutboxMessage(
                    dedupe_key=f"{kind}{at}", kind="digest", recipient_id=user.id, object_type=kind,
                    object_id=case.id, created_at=at, next_attempt_at=at, state=OutboxState.SENT, message_id="m",
                )
            )  # fmt: skip
    db.session.commit()
    folder = Path(app.config["MAIL_FOLDER"])
    folder.mkdir(parents=True, exist_ok=True)
    for name, when in (("old.eml", old), ("new.eml", new)):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (when.timestamp(), when.timestamp()))
    assert clean(now) == {
        "incident_draft": 1, "user_session": 1, "sign_in_attempt": 1, "outbox_message": 1, "mail_file": 1,
    }  # fmt: skip
    assert clean(now) == {}
    assert [(folder / name).exists() for name in ("old.eml", "new.eml")] == [False, True]
    left = db.session.scalars(select(OutboxMessage).where(OutboxMessage.created_at == old)).all()
    assert [row.object_type for row in left] == ["case_record"]  # it goes with its case
    cleaned = select(AuditEntry.object_type).where(AuditEntry.action == "retention.cleaned")
    assert set(db.session.scalars(cleaned)) == {
        "incident_draft", "user_session", "sign_in_attempt", "outbox_message", "mail_file",
    }  # fmt: skip
    assert all(row.part in set(Part) for row in rules_on(TODAY).values())
