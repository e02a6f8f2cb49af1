"""The search field's answers: whose, whom, in which order, how fast; and a student's page."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.roster import (
    EnrolmentFactory,
    SchoolFactory,
    StaffMemberFactory,
    StudentFactory,
    StudentGuardianFactory,
)
from tests.support.databases import ROOT
from wss_cases.access.actor import Role
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import staff_matching, students_matching
from wss_cases.roster.directory.rules import school_code, search_key

HU = {"X-Search": "hu"}


def looked_for(client: Any, name: str) -> str:
    """The page of what a name finds."""
    client.submit("/students", {"name": name})
    return str(client.get("/students?found=1").get_data(as_text=True))


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


@pytest.mark.parametrize("typed", ["", " ", "i", "'i'", "%", "__", "i%", "' OR 1=1--", "{{7*7}}", "\x00", "x" * 5_000])
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
    assert names(students_matching(actor, school.id, "greta")) == ["Greta Abbott", "Greta Moss", "Greta Zeller"]
    recent = students_matching(
        actor, school.id, "greta", recent=select(Student.id).where(Student.id.in_([found[0].id, gone.id]))
    )
    assert names(recent) == ["Greta Zeller", "Greta Abbott", "Greta Moss"]
    assert len(students_matching(actor, school.id, "greta", limit=2)) == 2


def test_staff_are_found_the_same_way(session: Any) -> None:
    school = SchoolFactory()
    StaffMemberFactory(school=school, name="Séamus O’Dowd", search_key=search_key("Séamus O’Dowd"))
    actor = acting(make_user(Role.REPORTER, school))
    assert names(staff_matching(actor, school.id, "odowd")) == ["Séamus O’Dowd"]
    assert names(staff_matching(actor, school.id, "seamus o dowd")) == ["Séamus O’Dowd"]


def test_the_search_field_is_answered_with_grade_and_last_digits(session: Any, client_as: Callable[[Any], Any]) -> None:
    school = SchoolFactory()
    one = student(school, "Hugo", "Eastlake", student_number="00012345", grade=0)
    StaffMemberFactory(school=school, name="Hugo Birchwood", search_key="hugo birchwood")
    client = client_as(make_user(Role.REPORTER, school))
    assert client.get("/students/search", headers={"X-Search": "HUG"}).json == {
        "items": [{"value": str(one.id), "label": "Hugo Eastlake", "meta": "Kindergarten · 2345"}]
    }
    assert client.get("/students/search").json == {"items": []}
    assert client.get("/students/search?school_id=999999999", headers=HU).json == {"items": []}
    assert client.get("/students/search?school_id=1;2", headers=HU).json["items"]
    staff = client.get("/students/search-staff", headers=HU).json["items"]
    assert [(item["label"], item["meta"]) for item in staff] == [("Hugo Birchwood", "Teacher")]


def test_the_page_without_javascript_finds_and_links(session: Any, client_as: Callable[[Any], Any]) -> None:
    school = SchoolFactory()
    one = student(school, "Hugo", "Eastlake")
    dean, reporter = (client_as(make_user(role, school)) for role in (Role.DEAN, Role.REPORTER))
    assert f"/students/{one.id}" in looked_for(dean, "eastl")
    seen = looked_for(reporter, "eastl")
    assert "Hugo Eastlake" in seen
    assert f"/students/{one.id}" not in seen
    assert "No one at this school" in looked_for(dean, "zz")


def test_a_name_that_is_looked_for_stands_in_no_address(
    session: Any, client_as: Callable[[Any], Any], caplog: pytest.LogCaptureFixture
) -> None:
    school = SchoolFactory()
    student(school, "Ñandú", "Eastlake")
    dean = client_as(make_user(Role.DEAN, school))
    sent = dean.submit("/students", {"name": "ñandú east"})
    assert (sent.status_code, sent.headers["Location"]) == (303, "/students?found=1")
    with dean.session_transaction() as cookie:
        assert "east" not in str(dict(cookie)).lower(), "nor does the browser keep it to be read"
    assert "Ñandú Eastlake" in dean.get("/students?found=1").get_data(as_text=True), "Back and reload show it"
    fresh = dean.get("/students").get_data(as_text=True)
    assert "Eastlake" not in fresh and "ñandú" not in fresh, "a new search begins empty"
    for address in ("/students?q=eastlake", "/students/search?q=eastlake", "/incidents/new/people?q=eastlake"):
        assert "Eastlake" not in dean.get(address).get_data(as_text=True), address
    named = dean.get("/students/search", headers={"X-Search": quote("ñandú")}).json
    assert [item["label"] for item in named["items"]] == ["Ñandú Eastlake"]
    assert dean.get("/students/search", headers={"X-Search": "%ff%00"}).json == {"items": []}
    assert caplog.text == ""
    script = (ROOT / "static" / "js" / "typeahead.js").read_text(encoding="utf-8")
    assert "searchParams" not in script


def test_a_students_page_says_what_the_roster_does(session: Any, client_as: Callable[[Any], Any]) -> None:
    school = SchoolFactory()
    one = student(school, "Alexis", "Dunmore", preferred_given_name="Lex", has_iep=True, language="es")
    EnrolmentFactory(student=one)
    link = StudentGuardianFactory(student=one)
    page = client_as(make_user(Role.COORDINATOR, school)).page(f"/students/{one.id}")
    words = page.text
    for wanted in ("Lex Dunmore", "Alexis Dunmore", "Grade 9", school.name, link.guardian.name, "Spanish", "Yes"):
        assert wanted in words, wanted


def test_codes_are_short_stable_and_apart() -> None:
    assert school_code("Joseph Brennemann Elementary School", ()) == "JBES"
    assert school_code("Joseph Brennemann Elementary School", {"JBES"}) == "JBES2"
    assert school_code("Excel", ()) == "EXC"
    assert school_code("小学", ()) == "SCH"
    assert len(school_code("A B C D E F G H I J K L M N", {"ABCDEF"})) <= 12
