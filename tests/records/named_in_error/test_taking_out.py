"""A student who was named in error is found nowhere any more but in the audit log and the record of disclosures."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests.access.world import plant_copy
from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.cases import PathwayFactory
from tests.factories.roster import GuardianFactory, StudentFactory, StudentGuardianFactory
from tests.factories.safeguards import DisciplineActionFactory, make_notification
from tests.intake.making import WALL, Place
from wss_cases.access.actor import Invocation, Role
from wss_cases.cases.case.models import CaseNote
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, db
from wss_cases.incidents.incident.models import Addendum, GuardianContact
from wss_cases.incidents.incident.queries import priors
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole
from wss_cases.incidents.telling import may_tell, yes_to
from wss_cases.intake.decision import Choice, decide
from wss_cases.journal.models import AuditEntry, Disclosure, TimelineEntry
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.outcomes.counting.daily_figures.queries import changes_after, days_of, figures_of_school
from wss_cases.pathways.circles.keepers import name_keeper
from wss_cases.pathways.circles.notes.pages import read_notes, write_note
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.pathways.legal_holds import HoldKind, LegalHold
from wss_cases.records.named_in_error.actions import TakingOut
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.police.review.models import NotificationGround, NotifiedStudent

CAUSED, HARMED = PersonRole.CAUSED_HARM, PersonRole.HARMED
CANARIES = ("zebulon", "zebulom", "quackenbush", "77665544", "ottoline")
ROSTER = {"student", "guardian", "student_guardian", "enrolment", "imported_row", "staff_member"}
KNOW = {"audit_entry", "disclosure"}
"""Where the child still stands: the log and the register know; the roster is the school's own list."""


@pytest.fixture
def place(session: Any, at: Callable[..., Any]) -> Place:
    at(WALL)
    return Place()


def child_of(place: Place) -> Any:
    student = StudentFactory(
        school=place.school, given_name="Zebulon", family_name="Quackenbush", student_number="77665544"
    )
    StudentGuardianFactory(student=student, guardian=GuardianFactory(name="Ottoline Quackenbush"))
    return student


def scene(place: Place, **more: Any) -> tuple[Any, Any]:
    """A decided report that names the child in every kind of text, and all that hangs on it."""
    child = child_of(place)
    report = place.report(
        (child, CAUSED), (place.students[1], HARMED), narrative="ZEBULON hit another student; Quackenbush ran.",
        immediate_action="Zebulon sat down.", weapon="firearm", facts={"weapon": "firearm"}, **more,
    )  # fmt: skip
    decide(Invocation(place.actor(), clock.now(), "decided", version=report.version), report.id, Choice())
    case = cases_of_incident(report.id)[0]
    person, now = fresh(report).people[0], clock.now()
    guardian = db.session.scalar(select(StudentGuardianFactory._meta.model.guardian_id).filter_by(student_id=child.id))
    made = make_notification(report, NotificationGround.EMERGENCY, now.date(), now)
    db.session.add_all(
        [
            Addendum(incident_id=report.id, author_id=place.dean.id, at=now, text="Zebulon (77665544) said no."),
            CaseNote(case_id=case.id, author_id=place.dean.id, at=now, text="Spoke with Ottoline Quackenbush."),
            GuardianContact(
                incident_id=report.id, incident_person_id=person.id, guardian_id=guardian, at=now, manner="phone",
                result="reached", note="Ottoline was told.", author_id=place.dean.id,
            ),
            NotifiedStudent(notification_id=made.id, student_id=child.id),
            Disclosure(
                student_id=child.id, school_id=place.school.id, at=now, told_whom="Police District 10",
                interest="Safety", purpose="Emergency", fields=["name"], object_type="police_notification",
                object_id=made.id,
            ),
            TimelineEntry(
                at=now, actor_id=None, subject_type="incident", subject_id=report.id, school_id=place.school.id,
                kind="incident.addendum", data={"who": "Zebulon"},
            ),
        ]
    )  # fmt: skip
    DisciplineActionFactory(
        school_id=place.school.id, incident_id=report.id, student_id=child.id, reason="Zebulon hit somebody."
    )
    row = db.session.scalar(select(FollowUp).where(FollowUp.case_id == case.id))
    row.title = "Call Ottoline about Zebulon"
    db.session.commit()
    return fresh(report), child


def ask(client: Any, report: Any, reason: str = "Zebulon was at home that day.") -> Any:
    address = f"/incidents/{report.id}/people/{fresh(report).people[0].id}/named-in-error"
    return client.submit(address, {"reason": reason}, holding="reason")


def answer(client: Any, report: Any, agrees: str) -> Any:
    row = db.session.scalars(select(TakingOut).order_by(TakingOut.id.desc())).first()
    data = {"csrf_token": client.csrf_token(f"/incidents/{report.id}"), "agrees": agrees}
    return client.post(f"/incidents/{report.id}/named-in-error/{row.id}", data=data)


def where_it_stands(child: Any) -> set[str]:
    """Every table that holds the child's name, number, guardian, or the child's own id."""
    found = set()
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(select(table)).mappings():
            text = json.dumps(dict(row), default=str, ensure_ascii=False).casefold()
            if any(canary in text for canary in CANARIES) or row.get("student_id") == child.id:
                found.add(table.name)
    return found


def test_who_was_named_in_error_stands_nowhere_but_in_the_log_and_the_register(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report, child = scene(place)
    case_id = cases_of_incident(report.id)[0].id
    for person in (people := fresh(report).people):
        person.may_tell = yes_to(["gay"], [people[0].id])
    db.session.commit()
    before = where_it_stands(child)
    assert {"incident", "incident_addendum", "case_note", "timeline_entry", "discipline_action", "follow_up"} <= before
    duties = set(db.session.scalars(select(LegalDuty.code).where(LegalDuty.incident_id == report.id)))
    dean, administrator = client_as(place.dean), client_as(place.administrator)
    # a duty, a notification, a removal, a disclosure and a person harmed hang on it: nothing happens by one person
    assert ask(dean, report).status_code == 303
    assert fresh(report).people[0].student_id == child.id
    assert "asks to remove this student" in administrator.page(f"/incidents/{report.id}").text
    refused = answer(client_as(place.dean), report, "yes")
    assert refused.status_code in (400, 409) or "second person" in refused.text
    assert fresh(report).people[0].student_id == child.id
    assert answer(client_as(place.administrator), report, "yes").status_code == 303
    # the record
    assert where_it_stands(child) <= ROSTER | KNOW
    now = fresh(report)
    assert (now.people[0].kind, now.people[0].student_id) == (PersonKind.NOT_IDENTIFIED, None)
    assert not any(may_tell(person) for person in now.people), "whoever is named there later said no yes"
    assert now.people[0].role is CAUSED and now.people[1].student_id == place.students[1].id
    assert "hit another student" in now.narrative and "[…]" in now.narrative
    originals = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "named_in_error.masked"))
    assert any("ZEBULON hit another student" in json.dumps(one.changes) for one in originals)
    assert priors(child.id, now.local_date.replace(year=2027)) == (0, 0)
    # duties go on, what was opened for the child ended, whoever was told is told of the correction today
    going = db.session.scalars(select(LegalDuty).where(LegalDuty.incident_id == report.id))
    assert {duty.code for duty in going if duty.state.value in ("due", "verify_first")} >= duties
    rows = db.session.scalars(select(Pathway).where(Pathway.case_id == case_id, Pathway.for_whom == "caused_harm"))
    assert all(row.state not in LIVE for row in rows)
    told = list(db.session.scalars(select(FollowUp).where(FollowUp.kind == "correction")))
    assert {row.title for row in told} >= {"Tell Police District 10: the report named a student in error"}
    assert len(told) == 2 and all(row.same_day and row.state is FollowUpState.OPEN for row in told)
    register = select(Disclosure.told_whom).where(Disclosure.student_id == child.id)
    assert set(db.session.scalars(register)) == {"Police District 10", "Ottoline Quackenbush"}
    pages = ["/", "/incidents", f"/incidents/{report.id}", "/cases", f"/cases/{case_id}", "/review"]
    pages += [f"/review/{report.id}", "/follow-ups", *(f"/follow-ups/{row.id}" for row in told)]
    for who in (place.dean, place.administrator, place.coordinator, place.reporter):
        client = client_as(who)
        for address in pages:
            text = client.get(address, follow_redirects=True).text.casefold()
            assert not [one for one in CANARIES if one in text], (who.name, address)
    page = client_as(place.dean).page(f"/students/{child.id}").text
    assert now.reference not in page and cases_of_incident(report.id)[0].reference not in page


def test_a_second_person_lets_it_stand(place: Place, client_as: Callable[[Any], Any]) -> None:
    report, child = scene(place)
    ask(client_as(place.dean), report)
    assert answer(client_as(place.administrator), report, "no").status_code == 303
    assert fresh(report).people[0].student_id == child.id
    assert db.session.scalar(select(TakingOut.state)).value == "refused"


def test_where_nothing_hangs_on_it_one_person_takes_somebody_out(place: Place, client_as: Callable[[Any], Any]) -> None:
    child = child_of(place)
    report = place.report((child, CAUSED), code="disruption", tile="disruption", narrative="Then Zebulom called out.")

    def grades() -> set[str]:
        return {grade for one in figures_of_school(place.school.id).values() for grade in one.parts["grade"]}

    assert grades() == {str(child.grade)}
    assert ask(client_as(place.dean), report).status_code == 303
    assert where_it_stands(child) <= ROSTER | KNOW
    assert str(child.grade) not in grades()
    moved = days_of(changes_after(0, 1000))
    assert (place.school.id, report.local_date) in moved, "kept figures are counted anew"
    assert db.session.scalar(select(TakingOut.reason)) == "[…] was at home that day."


def test_sealed_words_lose_the_name_and_families_with_a_copy_are_told_of_the_correction(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    report, child = scene(place)
    case = cases_of_incident(report.id)[0]
    circle = PathwayFactory(case_id=case.id, school_id=place.school.id, owner_id=place.coordinator.id)
    keeper = place.actor("coordinator")
    with unit_of_work(keeper, clock.now()) as uow:
        name_keeper(uow, uow.session.get_one(Pathway, circle.id), keeper.user_id or 0)
    write_note(Invocation(keeper, clock.now()), circle.id, "Zebulon wept; the other child listened.")
    plant_copy(place.school.id, child.id, report.id, place.dean)
    db.session.commit()
    ask(client_as(place.dean), report)
    answer(client_as(place.administrator), report, "yes")
    assert [one.text for one in read_notes(keeper, circle.id, clock.now())] == ["[…] wept; the other child listened."]
    assert "wept" not in json.dumps(list(db.session.scalars(select(AuditEntry.changes))))
    register = db.session.scalars(select(Disclosure.told_whom).where(Disclosure.student_id == child.id))
    assert "Walked Family" in set(register)
    assert len(list(db.session.scalars(select(FollowUp).where(FollowUp.kind == "correction")))) == 3


@pytest.mark.parametrize("asked_in", ["the one that stays", "the merged one"])
def test_whoever_was_named_in_error_stands_in_no_merged_report_either(
    place: Place, client_as: Callable[[Any], Any], asked_in: str
) -> None:
    child = child_of(place)
    stays = place.report((child, CAUSED), code="disruption", tile="disruption", narrative="Zebulon called out.")
    second = place.report((child, CAUSED), code="disruption", tile="disruption", narrative="Quackenbush was loud.")
    third = place.report((child, CAUSED), code="disruption", tile="disruption", narrative="ZEBULON")
    for one in (fresh(second), fresh(third)):
        one.state, one.duplicate_of_id = IncidentState.DUPLICATE, stays.id
    db.session.commit()
    said = ask(client_as(place.dean), stays if asked_in == "the one that stays" else second)
    assert said.status_code == 303
    assert where_it_stands(child) <= ROSTER | KNOW


def test_nobody_is_taken_out_under_a_hold(place: Place, client_as: Callable[[Any], Any]) -> None:
    report, child = scene(place)
    hold = LegalHold(
        student_id=child.id, school_id=place.school.id, kind=HoldKind.LEGAL_HOLD, reason="A letter of counsel",
        opened_at=clock.now(), opened_by_id=acting(place.dean).user_id,
    )  # fmt: skip
    db.session.add(hold)
    db.session.commit()
    said = ask(client_as(place.dean), report)
    assert said.status_code == 400 and "keeps this record as it is" in said.text
    assert fresh(report).people[0].student_id == child.id


def test_who_reported_takes_out_whom_they_named_in_error_until_review_begins(
    place: Place, client_as: Callable[[Any], Any]
) -> None:
    child, reporter = child_of(place), client_as(place.reporter)
    light = place.report((child, CAUSED), code="disruption", tile="disruption", narrative="Zebulon called out.")
    heavy = place.report((child, CAUSED), weapon="firearm", facts={"weapon": "firearm"})
    address = f"/incidents/{light.id}/people/{fresh(light).people[0].id}/named-in-error"
    assert "was named in error" in reporter.page(f"/incidents/{light.id}").text
    assert client_as(make_user(Role.REPORTER, place.school)).get(address).status_code == 404
    assert client_as(place.coordinator).get(address).status_code == 404
    assert ask(reporter, light).status_code == 303
    assert fresh(light).people[0].student_id is None and "Zebulon" not in fresh(light).narrative
    # a duty hangs on it: a dean or an administrator agrees first, and sees who asks
    assert ask(reporter, heavy).status_code == 303
    assert fresh(heavy).people[0].student_id == child.id
    assert answer(reporter, heavy, "yes").status_code == 404
    assert answer(client_as(place.dean), heavy, "yes").status_code == 303
    assert where_it_stands(child) <= ROSTER | KNOW


def test_who_only_reports_takes_nobody_out_of_a_decided_report(place: Place, client_as: Callable[[Any], Any]) -> None:
    report, _child = scene(place)
    for who in (place.reporter, place.coordinator):
        client = client_as(who)
        person = fresh(report).people[0].id
        assert client.get(f"/incidents/{report.id}/people/{person}/named-in-error").status_code == 404
        assert "was named in error" not in client.page(f"/incidents/{report.id}").text
