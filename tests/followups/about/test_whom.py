"""A follow-up says whom it is about and whom to call, wherever it stands on a page; never in a mail or a calendar."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.making import World, make_incident, make_user
from tests.factories.followups import FollowUpFactory
from tests.factories.roster import StudentFactory
from wss_cases.access.actor import Role
from wss_cases.cases.case.models import CaseIncident
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.roster.directory.models import Guardian, StudentGuardian

LINE = "Rosa Ruiz · Mother · 312-555-0101 · Spanish"


def twin(world: World, given: str, number: str = "4711") -> Any:
    return StudentFactory(school=world.school, given_name=given, family_name="Ruiz", student_number=number)


def guarded(student: Any) -> None:
    rosa = Guardian(sourced_id=f"g{student.id}", name="Rosa Ruiz", language="es", phone="312-555-0101")
    db.session.add(rosa)
    db.session.flush()
    db.session.add(StudentGuardian(student_id=student.id, guardian_id=rosa.id, relation="mother", is_primary=True))
    db.session.commit()


def asked_of(world: World, *students: Any, **more: Any) -> list[Any]:
    report = make_incident(world.school, *((one, PersonRole.HARMED) for one in students))
    db.session.add(CaseIncident(case_id=world.case.id, incident_id=report.id))
    values = {"school_id": world.school.id, "case_id": world.case.id, "owner_id": world.coordinator.id}
    values |= {"kind": "guardian_contact"} | more
    return [FollowUpFactory(incident_person_id=person.id, **values) for person in report.people]


PAGES = ("/my-day", "/follow-ups", "/cases/{case}?tab=follow-ups", "/cases/{case}/close")


@pytest.mark.parametrize("address", PAGES)
def test_two_twins_are_told_apart_wherever_their_follow_ups_stand(world: World, client_as: Any, address: str) -> None:
    asked_of(world, twin(world, "Ana"), twin(world, "Eva"))
    text = client_as(world.coordinator).page(address.format(case=world.case.id)).text
    assert "Ana Ruiz" in text
    assert "Eva Ruiz" in text


def test_two_students_of_one_name_are_told_apart_by_their_number(world: World, client_as: Any) -> None:
    asked_of(world, twin(world, "Ana", "90001111"), twin(world, "Ana", "90002222"))
    text = client_as(world.coordinator).page("/my-day").text
    assert "Ana Ruiz (number ends in 1111)" in text
    assert "Ana Ruiz (number ends in 2222)" in text


@pytest.mark.parametrize("address", ["/my-day", "/follow-ups", "/follow-ups/{row}"])
def test_the_guardian_is_named_with_number_and_language(world: World, client_as: Any, address: str) -> None:
    student = twin(world, "Ana")
    guarded(student)
    [row] = asked_of(world, student)
    assert LINE in client_as(world.coordinator).page(address.format(row=row.id)).text


def test_who_is_asked_for_another_kind_and_is_not_on_the_team_sees_no_number(world: World, client_as: Any) -> None:
    student, teacher = twin(world, "Ana"), make_user(world.school, Role.REPORTER)
    guarded(student)
    [row] = asked_of(world, student, kind="check_in_person_harmed", owner_id=teacher.id)
    text = client_as(teacher).page(f"/follow-ups/{row.id}").text
    assert "Ana Ruiz" in text
    assert "312-555-0101" not in text
    assert LINE in client_as(world.coordinator).page(f"/follow-ups/{row.id}").text


def test_what_names_nobody_names_the_parties_to_the_team_alone(world: World, client_as: Any) -> None:
    teacher = make_user(world.school, Role.REPORTER)
    values = {"school_id": world.school.id, "case_id": world.case.id, "kind": "agreement_check_in"}
    rows = {one: FollowUpFactory(owner_id=one.id, **values) for one in (teacher, world.coordinator)}
    texts = {one: client_as(one).page(f"/follow-ups/{row.id}").text for one, row in rows.items()}
    for student in world.students:
        assert student.shown_name in texts[world.coordinator]
        assert student.shown_name not in texts[teacher]
