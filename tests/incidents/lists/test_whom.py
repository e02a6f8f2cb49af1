"""Lists of reports and cases say whom they are about, to whoever works with them, by name or by initials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.factories.accounts import make_user
from tests.factories.cases import CaseFactory, CaseParticipantFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.factories.safeguards import LegalDutyFactory
from wss_cases.access.actor import Role

NAME = "Zuleika de Quillfeather"


def shown(client: Any, address: str) -> str:
    [main] = client.page(address).find_all("main")
    return str(main.text)


def test_the_case_team_sees_whom_lists_are_about_and_a_reporter_does_not(
    session: Any, client_as: Callable[[Any], Any], at: Callable[..., Any]
) -> None:
    at("2026-11-24 11:00")
    school = SchoolFactory()
    student = StudentFactory(
        school=school, given_name="Susan", preferred_given_name="Zuleika", family_name="de Quillfeather"
    )
    others = [StudentFactory(school=school) for _number in range(4)]
    reporter = make_user(Role.REPORTER, school)
    make_incident(school, [student, *others], reporter_id=reporter.id)
    case, report = CaseFactory(school_id=school.id), make_incident(school, [student, *others], tile="threat")
    LegalDutyFactory(school_id=school.id, incident_id=report.id)
    CaseParticipantFactory(case_id=case.id, student_id=student.id)
    assert NAME not in shown(client_as(reporter), "/incidents")
    client = client_as(make_user(Role.COORDINATOR, school))
    reports, cases, duties = (shown(client, address) for address in ("/incidents", "/cases", "/duties"))
    assert NAME in reports and NAME in cases and "Susan" not in reports + cases + duties
    assert NAME in duties and "and 2 more" in duties
    assert "and 2 more" in reports, "the first three, and how many more"
    client.submit("/account", {"shown": "initials"}, holding="shown")
    lists = [shown(client, address) for address in ("/incidents", "/cases", "/duties")]
    assert all("Z. Q." in words and "Zuleika" not in words for words in lists)
    assert client.submit("/account", {"shown": None}, holding="shown").status_code == 400
