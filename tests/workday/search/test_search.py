"""One field finds what the person may open, and nothing else, by few statements."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests.access.test_answers_agree import actors
from tests.factories.accounts import RoleGrantFactory, acting, make_user
from tests.factories.base import fresh, put
from tests.factories.cases import CaseFactory, CaseNoteFactory, CaseParticipantFactory
from tests.factories.incidents import make_incident
from tests.factories.referrals import PartnerFactory
from tests.factories.roster import SchoolFactory, StaffMemberFactory, StudentFactory
from tests.support.pages.asked import asked
from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.models import Case
from wss_cases.casework import panels
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.incidents import report_list as incidents_report_list
from wss_cases.incidents.incident.models import Addendum, Incident
from wss_cases.incidents.report_list import reports_found
from wss_cases.journal import word_index as index
from wss_cases.journal.extension_points import word_sources
from wss_cases.journal.models import AuditEntry
from wss_cases.journal.word_index import SearchEntry
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.pages import students_found
from wss_cases.roster.directory.rules import search_key

pytestmark = pytest.mark.both_databases
WALL = "2026-11-24 11:00"
ODD = (
    "%", "__", "a%", "'", '"', "''", '"aquarium', "aquarium'", "aquarium*", "aquarium OR zz", "NOT aquarium",
    "NEAR(a b)", "aquarium:*", "words : aquarium", "^aquarium", "a & !b", "(", ")|(", "\\", "🐠🐠", "\x00\x00",
    "x" * 10_000, "l" * 199, "' OR 1=1--", "{{7*7}}", "٣٣", "水族館", "search_words", "00000000000000000000",
)  # fmt: skip
AS_LETTERS = ('"aquarium', "aquarium'", "aquarium*", "aquarium:*", "^aquarium", "a & !b")
"""Of these the letters alone are looked for: they begin words of the report."""


@pytest.fixture(autouse=True)
def _now(session: Any, at: Callable[..., Any]) -> None:
    at(WALL)


def two_schools() -> list[Any]:
    """Two schools with a student, a report and a case each; every one has the same words."""
    schools = [SchoolFactory(), SchoolFactory()]
    for school in schools:
        student = StudentFactory(school=school, given_name="Aquarius", family_name="Quillfeather")
        make_incident(school, [student], reporter_id=make_user(Role.REPORTER, school).id, narrative="By the aquarium.")
        case = CaseFactory(school_id=school.id)
        CaseParticipantFactory(case_id=case.id, student_id=student.id)
        CaseNoteFactory(case_id=case.id, author_id=None, text="The aquarium is repaired.")
    return schools


def differences(schools: list[Any]) -> list[str]:
    """Where what is found is not what the actor may open, by the permission map, of what has the words."""
    reports = list(db.session.scalars(select(Incident).where(Incident.narrative == "By the aquarium.")))
    cases = list(db.session.scalars(select(Case)))
    students = list(db.session.scalars(select(Student)))
    ways: list[tuple[Any, list[Any], Permission, str]] = [
        (lambda *asked: incidents_report_list.reports_found(*asked), reports, Permission.INCIDENT_READ, "Aquarium"),
        (lambda *asked: panels.cases_found(*asked), cases, Permission.CASE_READ, "aquár"),
        (students_found, students, Permission.STUDENT_READ, "quillfeather aqua"),
    ]
    wrong = []
    for actor in actors(schools, [reports[0].reporter_id or 0, 0], []):
        for find, records, permission, typed in ways:
            found = {row.id for row in find(actor, typed, 100, 0)}
            allowed = {record.id for record in records if can(actor, permission, record)}
            if found != allowed:
                wrong.append(f"{permission}: {actor} finds {found}, may open {allowed}")
    return wrong


def test_each_role_finds_what_it_may_open_and_nothing_else(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    schools = two_schools()
    assert differences(schools) == []
    monkeypatch.setattr(incidents_report_list, "visible_to", lambda statement, actor: statement)
    assert differences(schools), "the planted bug"


def ids(actor: Actor, typed: str) -> list[int]:
    return [row.id for row in reports_found(actor, typed, 100, 0)]


def test_words_follow_what_is_written_put_right_and_added(session: Any) -> None:
    school, other = SchoolFactory(), SchoolFactory()
    dean = acting(make_user(Role.DEAN, school))
    elsewhere = acting(make_user(Role.DEAN, other))
    report = make_incident(school, reporter_id=make_user(Role.REPORTER, school).id, narrative="Glass broke.Loud!")
    assert ids(dean, "glass") == ids(dean, "LOUD broke") == ids(dean, report.reference) == [report.id]
    assert ids(dean, "gla lou") == [report.id] and ids(dean, "glass quiet") == [], "every word begins one"
    put(Addendum(incident_id=report.id, author_id=report.reporter_id, at=clock.now(), text="Señora Ibáñez saw it."))
    assert ids(dean, "ibanez glass") == [report.id], "its own words and those added count as one text"
    found = fresh(report)
    found.narrative, found.school_id = "A window broke.", other.id
    db.session.flush()
    assert ids(dean, "window") == ids(dean, "ibanez") == ids(elsewhere, "glass") == []
    assert ids(elsewhere, "window ibanez") == [report.id]
    assert db.session.query(SearchEntry).filter_by(incident_id=report.id).count() == 1


def test_a_number_that_was_typed_comes_first_then_the_newest(session: Any) -> None:
    school = SchoolFactory()
    dean, reporter = acting(make_user(Role.DEAN, school)), make_user(Role.REPORTER, school)
    numbered = [make_incident(school, reporter_id=reporter.id, number=number) for number in (12, 120, 121)]
    assert ids(dean, "12") == [numbered[0].id, numbered[2].id, numbered[1].id]
    assert [row.id for row in reports_found(dean, "12", 2, 1)] == [numbered[2].id, numbered[1].id]


@pytest.mark.parametrize("many", [index.MANY, 1])
def test_who_works_at_several_schools_finds_the_newest_of_all_of_them(
    session: Any, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(index, "MANY", many)
    schools = [SchoolFactory() for _number in range(3)]
    user, reporter = make_user(Role.DEAN, schools[0]), make_user(Role.REPORTER, schools[0])
    RoleGrantFactory(user_id=user.id, role=Role.COORDINATOR, school_id=schools[1].id)
    made = [
        make_incident(school, reporter_id=reporter.id, number=number, narrative="By the aquarium.")
        for number in (17, 18)
        for school in schools
    ]
    entry = db.session.query(SearchEntry).filter_by(incident_id=made[0].id).one()
    entry.id += 1000  # its words were written again, after those of newer reports
    db.session.flush()
    both = [report.id for report in reversed(made) if report.school_id != schools[2].id]
    assert ids(acting(user), "aqua") == ids(acting(user), "the aquarium") == both
    assert [row.id for row in reports_found(acting(user), "aqua", 2, 1)] == both[1:3], "a page of them"
    assert ids(acting(user), "17") == both[2:], "of each school the one with that number"


def test_whatever_is_typed_is_no_error_and_no_operator(session: Any, client_as: Callable[[Any], Any]) -> None:
    school = SchoolFactory()
    make_incident(school, reporter_id=make_user(Role.REPORTER, school).id, narrative="Beside the aquarium.")
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    token, found = client.csrf_token("/search"), []
    for typed in ODD:
        answer = client.post("/search", data={"csrf_token": token, "typed": typed})
        assert (answer.status_code, answer.location) == (303, "/search?found=1")
        [main] = client.page("/search?found=1").find_all("main")
        if any(link.get("href").startswith("/incidents/") for link in main.find_all("a")):
            found.append(typed)
    assert found == [typed for typed in ODD if typed in AS_LETTERS], (
        "what is no letter is dropped, and every word asked"
    )


def test_the_names_of_another_school_find_nothing_of_it(session: Any, client_as: Callable[[Any], Any]) -> None:
    """Its name, its people, its numbers and its words; what is found of the own school is found all the same."""
    own, other = two_schools()
    own.name, other.name = "Lantern School", "Harborview School"
    StaffMemberFactory(school=other, name="Zuleika Ames", search_key=search_key("Zuleika Ames"))
    report = db.session.scalars(select(Incident).where(Incident.school_id == other.id)).one()
    case = db.session.scalars(select(Case).where(Case.school_id == other.id)).one()
    student = db.session.scalars(select(Student).where(Student.school_id == other.id)).one()
    db.session.commit()
    client = client_as(make_user(Role.DEAN, own))
    for typed in ("Harborview", "Harborview aquarium", report.reference, case.reference, student.student_number,
                  "Zuleika Ames", "Quillfeather", "aquarium"):  # fmt: skip
        client.submit("/search", {"typed": typed}, action="/search")
        [main] = client.page("/search?found=1").find_all("main")
        links = {link.get("href") for link in main.find_all("a")}
        theirs = {f"/incidents/{report.id}", f"/cases/{case.id}", f"/students/{student.id}"}
        assert not links & theirs and "Zuleika Ames" not in main.text, typed
        assert "Harborview School" not in main.text, typed
        found = any(link.startswith(("/incidents/", "/students/")) for link in links)
        assert found == (typed in ("Quillfeather", "aquarium")), typed


def test_the_page_names_who_what_where_and_keeps_what_was_typed_to_itself(
    session: Any, client_as: Callable[[Any], Any], caplog: pytest.LogCaptureFixture
) -> None:
    school = SchoolFactory()
    student = StudentFactory(school=school, given_name="Zuleika", family_name="Quillfeather")
    StaffMemberFactory(school=school, name="Zuleika Ames", search_key=search_key("Zuleika Ames"))
    PartnerFactory(name="Zuleika House")
    for _number in range(7):
        make_incident(school, [student], reporter_id=make_user(Role.REPORTER, school).id, narrative="Zuleika fell.")
    client = client_as(make_user(Role.COORDINATOR, school))
    with caplog.at_level(logging.DEBUG):
        client.submit("/search", {"typed": "ZULEIKA"}, action="/search")
        [page] = client.page("/search?found=1").find_all("main")
    titles = [heading.text.strip() for heading in page.find_all("h2")]
    assert titles == ["Students", "Reports", "Staff", "Partners"]
    links = [link.get("href") for link in page.find_all("a")]
    assert f"/students/{student.id}" in links
    assert len([link for link in links if link.startswith("/incidents/")]) == 5
    assert page.text.count("Zuleika Quillfeather") == 6, "each report says whom it is about"
    [more] = client.page("/search?found=1&kind=reports").find_all("main")
    assert len([link for link in more.find_all("a") if link.get("href").startswith("/incidents/")]) == 7
    assert "zuleika" not in "".join(links + [record.getMessage() for record in caplog.records]).lower()
    read = select(AuditEntry).where(AuditEntry.action == "page.read")
    noted = [entry.changes for entry in db.session.scalars(read) if entry.changes["page"] == "search.page"]
    assert noted and all(changes == {"page": "search.page"} for changes in noted)


def test_nothing_is_indexed_but_what_everybody_reads_who_may_open_the_record(session: Any) -> None:
    """A new table here must be one whose texts stand on the page of its record for everybody who may open that."""
    texts = {
        (model.__tablename__, name)
        for source in word_sources()
        for model, names in [(source.model, source.names), *((each, of[1]) for each, of in source.more.items())]
        for name in names
    }
    assert texts == {
        *(("incident", name) for name in ("reference", "number", "tile", "location_code", "narrative")),
        *(("case_record", name) for name in ("reference", "number", "harm_kind", "location_code", "what_is_left")),
        ("incident", "immediate_action"), ("incident_addendum", "text"), ("case_note", "text"),
    }  # fmt: skip


MOST = 24
"""Statements of the page of what was found: who asks, each kind of record, and whom and where each hit is about."""
KINDS = ("Students", "Cases", "Reports", "Staff", "Accounts", "Partners")


def plant(school: Any, who: Any) -> None:
    """One record of each kind that holds the word, of a student of its own; the report is the person's."""
    student = StudentFactory(school=school, given_name="Zuleika")
    teacher = make_user(Role.REPORTER, school, name="Zuleika Ames")
    make_incident(school, [student], reporter_id=who.id, narrative="Zuleika fell.")
    case = CaseFactory(school_id=school.id, lead_id=make_user(Role.COORDINATOR, school).id)
    CaseParticipantFactory(case_id=case.id, student_id=student.id)
    CaseNoteFactory(case_id=case.id, author_id=teacher.id, text="Zuleika is well.")
    StaffMemberFactory(school=school, name="Zuleika Ames", search_key=search_key("Zuleika Ames"))
    PartnerFactory()


def search(client: Any, kind: str = "") -> tuple[list[str], list[str]]:
    with asked() as statements:
        [main] = client.page(f"/search?found=1{kind}").find_all("main")
    return [heading.text.strip() for heading in main.find_all("h2")], statements


@pytest.mark.parametrize("role", [Role.REPORTER, Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR])
def test_more_hits_ask_no_more_and_no_page_asks_too_often(
    session: Any, at: Callable[..., Any], client_as: Callable[[Any], Any], role: Role
) -> None:
    at("2026-11-24 11:00")
    school = SchoolFactory()
    who = make_user(role, school)
    client = client_as(who)
    PartnerFactory(name="Zuleika House")
    plant(school, who)
    client.submit("/search", {"typed": "Zuleika"}, action="/search")
    search(client)  # what a process asks once and keeps
    headings, few = search(client)
    for _number in range(8):
        plant(school, who)
    more, many = search(client)
    assert headings == more and set(headings) <= set(KINDS)
    assert len(headings) == {Role.REPORTER: 2, Role.ADMINISTRATOR: 6}.get(role, 5), headings
    assert len(few) == len(many) <= MOST, "\n".join(many)
    _headings, alone = search(client, "&kind=staff")
    assert 0 < len(alone) < len(many)
