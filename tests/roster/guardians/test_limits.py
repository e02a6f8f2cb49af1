"""A guardian kept away by an order: neither name nor number anywhere, no call, letter, link or copy."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.factories.accounts import acting, make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import GuardianFactory, SchoolFactory, StudentFactory, StudentGuardianFactory, keep_off
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.incident.queries import people_of
from wss_cases.incidents.pages import record_guardian_contact
from wss_cases.journal.models import AuditEntry
from wss_cases.pathways.common.queries import family_language
from wss_cases.records.family_copies.request import whose_right
from wss_cases.roster.directory.models import StudentGuardian
from wss_cases.roster.directory.queries import contacts_of, guardians_of
from wss_cases.roster.directory.rules import Reach, reach
from wss_cases.roster.guardians import limit_guardian

ORDER = {
    "restriction": "order_of_protection", "restricted_on": "2026-11-03", "may_contact": "yes",
    "may_receive_records": "yes",
}  # fmt: skip
NO_ORDER = {"restriction": "none", "may_contact": "yes", "may_receive_records": "unknown"}


@pytest.fixture
def family(session: Any, at: Callable[..., Any]) -> Any:
    """A school, a student with two parents; the first in the roster is the one whom an order keeps away."""
    at("2026-11-24 10:00")
    school = SchoolFactory()
    student = StudentFactory(school=school)
    father = GuardianFactory(name="Aldous Quillfeather", language="pl", phone="(312) 555-0111", email="a@f.example")
    mother = GuardianFactory(name="Berenice Goldleaf", language="es", phone="312-555-0122")
    StudentGuardianFactory(student=student, guardian=father, relation="father")
    StudentGuardianFactory(student=student, guardian=mother, relation="mother", is_primary=False)
    return school, student, father, mother


def address(student: Any, guardian: Any) -> str:
    mine = {"student_id": student.id, "guardian_id": guardian.id}
    return f"/students/guardians/{db.session.scalars(db.select(StudentGuardian).filter_by(**mine)).one().id}"


def test_whom_an_order_keeps_away_is_shown_nowhere(family: Any, client_as: Callable[[Any], Any]) -> None:
    school, student, father, _mother = family
    client = client_as(make_user(Role.DEAN, school))
    assert client.submit(address(student, father), ORDER).status_code == 303
    page = client.page(f"/students/{student.id}").text
    assert "Do not contact" in page
    assert "Order of protection of Tue, Nov 3" in page
    assert "Ask the office first" in page
    for secret in ("Quillfeather", "555-0111", "a@f.example", "Polish", "555-0122"):
        assert secret not in page
    report = make_incident(school, [student])
    form = client.page(f"/incidents/{report.id}/contacts/new")
    offered = {" ".join(one.text.split()) for one in form.find_all("option")}
    assert not [words for words in offered if "Quillfeather" in words or "0111" in words or "Do not contact" in words]
    assert [words for words in offered if words.startswith("Berenice") and "Ask the office first" in words]
    assert db.session.scalars(db.select(AuditEntry.action)).all().count("student.guardian_limit") == 1


def test_no_call_letter_or_copy_goes_to_whom_an_order_keeps_away(family: Any) -> None:
    school, student, father, mother = family
    assert family_language(student) == "pl"
    keep_off(student, father)
    call = Invocation(acting(make_user(Role.DEAN, school)), clock.now())
    report = make_incident(school, [student])
    attempt = {"person": str(people_of(report.id)[0].id), "guardian": str(father.id), "at": clock.now()}
    attempt |= {"manner": "phone", "result": "reached", "language": "pl"}
    with pytest.raises(Refused, match="No one may contact"):
        record_guardian_contact(call, report.id, **attempt)
    with pytest.raises(Refused, match="may not receive records"):
        whose_right(student, str(father.id), date(2026, 11, 24))
    assert family_language(student) != "pl"
    assert contacts_of(student.id) == []
    link_id = guardians_of(student.id)[1].link_id
    limit_guardian(call, link_id, restriction="none", may_contact="yes", may_receive_records="yes")
    assert [(who.id, who.phone) for who in contacts_of(student.id)] == [(mother.id, mother.phone)]
    assert family_language(student) == "es"


def test_a_number_that_both_answer_is_not_printed(family: Any) -> None:
    _school, student, father, mother = family
    keep_off(student, father)
    keep_off(student, mother, may_contact=True, restriction=None, restricted_on=None)
    mother.phone = "+1 312 555 0111"
    db.session.commit()
    assert [(who.name, who.phone) for who in guardians_of(student.id)] == [
        ("Do not contact", ""), ("Berenice Goldleaf", "")
    ]  # fmt: skip


def test_an_order_needs_its_date_and_only_an_administrator_ends_it(
    family: Any, client_as: Callable[[Any], Any]
) -> None:
    school, student, father, _mother = family
    dean, head = (client_as(make_user(role, school)) for role in (Role.DEAN, Role.ADMINISTRATOR))
    page = address(student, father)
    assert dean.submit(page, ORDER | {"restricted_on": ""}).status_code == 400
    assert dean.submit(page, ORDER | {"restricted_on": "2026-11-25"}).status_code == 400
    assert dean.submit(page, ORDER).status_code == 303
    refused = dean.submit(page, NO_ORDER)
    assert (refused.status_code, "Only an administrator" in refused.text) == (400, True)
    assert guardians_of(student.id)[0].reach is Reach.NEVER
    assert head.submit(page, NO_ORDER).status_code == 303
    assert contacts_of(student.id)[0].phone == father.phone


@pytest.mark.parametrize(
    ("restricted", "may", "said", "another", "found"),
    [
        (False, None, False, False, Reach.OPEN),
        (False, None, False, True, Reach.ASK),
        (False, None, True, False, Reach.ASK),
        (False, True, True, True, Reach.OPEN),
        (False, False, True, False, Reach.NEVER),
        (True, True, True, False, Reach.NEVER),
    ],
)
def test_where_nothing_is_known_the_office_is_asked(
    restricted: bool, may: bool | None, said: bool, another: bool, found: Reach
) -> None:
    assert reach(restricted=restricted, may_contact=may, said=said, another_restricted=another) is found
