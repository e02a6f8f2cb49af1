"""Lists of reports and cases say whom they are about, to whoever works with them, by name or by initials."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from tests.factories.accounts import make_user
from tests.factories.cases import CaseFactory, CaseParticipantFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import IncidentPersonFactory, make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.factories.safeguards import LegalDutyFactory
from wss_cases.access.actor import Role
from wss_cases.incidents.incident.states import PersonKind

PAST = date(2026, 11, 20)
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
    twins = [StudentFactory(school=school, given_name="Maria", family_name="Lopez") for _number in range(2)]
    seen = make_incident(school, twins)
    IncidentPersonFactory(incident_id=seen.id, kind=PersonKind.OTHER_ADULT, description="tall, red coat")
    for person in seen.people:
        FollowUpFactory(
            school_id=school.id, incident_id=seen.id, incident_person_id=person.id, kind="safety_plan", due_on=PAST
        )
    rows = client.page("/outcomes/behind/follow_ups?year=2026-27").find_all("main")[0].find_all("li")
    titles = [one.text for row in rows for one in row.find_all("span") if one.get("class") == "work-title"]
    assert titles == ["Safety plan", "M. L.", "M. L."], "a student's initials, and nothing of anybody else"
