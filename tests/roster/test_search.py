"""The search field's answers: whose, whom, in which order, how fast; and a student's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.accounts import acting, make_user
from tests.factories.roster import (
    EnrolmentFactory,
    SchoolFactory,
    StaffMemberFactory,
    StudentFactory,
    StudentGuardianFactory,
)
from wss_cases.access.actor import Role
from wss_cases.roster.queries import staff_matching, students_matching
from wss_cases.roster.rules import school_code, search_key


def names(found: list[Any]) -> list[str]:
    return [who.name for who in found]


def student(school: Any, given: str, family: str, **more: Any) -> Any:
    return StudentFactory(school=school, given_name=given, family_name=family, **more)


def test_only_the_own_school_answers(session: Any) -> None:
    school, other = SchoolFactory(), SchoolFactory()
    student(school, "Imani", "Goldleaf")
    student(other, "Imani", "Fernhill")
    actor = acting(make_user(Role.REPORTER, school))
    assert names(students_matching(actor, school.id, "imani")) == ["Imani Goldleaf"]
    assert students_matching(actor, other.id, "imani") == []
    assert students_matching(actor, None, "imani") == []
    outsider = acting(make_user(Role.PARTNER, school))
    assert students_matching(outsider, school.id, "imani") == []


@pytest.mark.parametrize(
    "typed", ["", " ", "i", "'i'", "%", "__", "i%", "' OR 1=1--", "{{7*7}}", "\x00", "x" * 5_000]
)
def test_what_is_no_name_finds_nobody(session: Any, typed: str) -> None:
    school = SchoolFactory()
    student(school, "Imani", "Goldleaf")
    assert students_matching(acting(make_user(Role.REPORTER, school)), school.id, typed) == []


def test_every_word_must_begin_a_name(session: Any) -> None:
    school = SchoolFactory()
    student(school, "Juan Carlos", "de los Santos")
    student(school, "Carla", "Santos")
    actor = acting(make_user(Role.REPORTER, school))
    assert len(students_matching(actor, school.id, "santos")) == 2
    assert names(students_matching(actor, school.id, "santos juan")) == ["Juan Carlos de los Santos"]
    assert names(students_matching(actor, school.id, "delossantos")) == ["Juan Carlos de los Santos"]
    assert students_matching(actor, school.id, "antos") == []


def test_recent_students_come_first_then_the_alphabet(session: Any) -> None:
    school = SchoolFactory()
    found = [student(school, "Greta", family) for family in ("Zeller", "Abbott", "Moss")]
    gone = student(school, "Greta", "Aaron", is_active=False)
    actor = acting(make_user(Role.REPORTER, school))
    assert names(students_matching(actor, school.id, "greta")) == [
        "Greta Abbott",
        "Greta Moss",
        "Greta Zeller",
    ]
    recent = students_matching(actor, school.id, "greta", recent=[found[0].id, gone.id])
    assert names(recent) == ["Greta Zeller", "Greta Abbott", "Greta Moss"]
    assert len(students_matching(actor, school.id, "greta", limit=2)) == 2


def test_staff_are_found_the_same_way(session: Any) -> None:
    school = SchoolFactory()
    StaffMemberFactory(school=school, name="Séamus O’Dowd", search_key=search_key("Séamus O’Dowd"))
    actor = acting(make_user(Role.REPORTER, school))
    assert names(staff_matching(actor, school.id, "odowd")) == ["Séamus O’Dowd"]
    assert names(staff_matching(actor, school.id, "seamus o dowd")) == ["Séamus O’Dowd"]


def test_the_search_field_is_answered_with_grade_and_last_digits(
    session: Any, client_as: Callable[[Any], Any]
) -> None:
    school = SchoolFactory()
    one = student(school, "Hugo", "Eastlake", student_number="00012345", grade=0)
    StaffMemberFactory(school=school, name="Hugo Birchwood", search_key="hugo birchwood")
    client = client_as(make_user(Role.REPORTER, school))
    assert client.get("/students/search?q=HUG").json == {
        "items": [{"value": str(one.id), "label": "Hugo Eastlake", "meta": "Kindergarten · 2345"}]
    }
    assert client.get("/students/search").json == {"items": []}
    assert client.get("/students/search?q=hu&school_id=999999999").json == {"items": []}
    assert client.get("/students/search?q=hu&school_id=1;2").json["items"]
    staff = client.get("/students/search-staff?q=hu").json["items"]
    assert [(item["label"], item["meta"]) for item in staff] == [("Hugo Birchwood", "Teacher")]


def test_the_page_without_javascript_finds_and_links(session: Any, client_as: Callable[[Any], Any]) -> None:
    school = SchoolFactory()
    one = student(school, "Hugo", "Eastlake")
    dean, reporter = (client_as(make_user(role, school)) for role in (Role.DEAN, Role.REPORTER))
    assert f"/students/{one.id}" in dean.get("/students?q=eastl").get_data(as_text=True)
    seen = reporter.get("/students?q=eastl").get_data(as_text=True)
    assert "Hugo Eastlake" in seen
    assert f"/students/{one.id}" not in seen
    assert "Nobody at this school" in dean.get("/students?q=zz").get_data(as_text=True)


def test_a_students_page_is_for_the_case_team_of_the_school(
    session: Any, client_as: Callable[[Any], Any]
) -> None:
    school, other = SchoolFactory(), SchoolFactory()
    one = student(school, "Alexis", "Dunmore", preferred_given_name="Lex", has_iep=True, language="es")
    EnrolmentFactory(student=one)
    link = StudentGuardianFactory(student=one)
    page = client_as(make_user(Role.COORDINATOR, school)).page(f"/students/{one.id}")
    words = page.text
    for wanted in (
        "Lex Dunmore",
        "Alexis Dunmore",
        "Grade 9",
        school.name,
        link.guardian.name,
        "Spanish",
        "Yes",
    ):
        assert wanted in words, wanted
    for user in (make_user(Role.DEAN, other), make_user(Role.REPORTER, school), make_user(Role.DISTRICT)):
        assert client_as(user).get(f"/students/{one.id}").status_code == 404
    assert client_as(make_user(Role.DEAN, school)).get("/students/999999").status_code == 404


def test_codes_are_short_stable_and_apart() -> None:
    assert school_code("Joseph Brennemann Elementary School", ()) == "JBES"
    assert school_code("Joseph Brennemann Elementary School", {"JBES"}) == "JBES2"
    assert school_code("Excel", ()) == "EXC"
    assert school_code("小学", ()) == "SCH"
    assert len(school_code("A B C D E F G H I J K L M N", {"ABCDEF"})) <= 12
