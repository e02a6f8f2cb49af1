"""What the details ask about each kind of report: a few questions stand open, every other one is a tap away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.incidents import IncidentPersonFactory, make_incident
from tests.factories.roster import SchoolFactory, StaffMemberFactory, StudentFactory
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonKind, PersonRole
from wss_cases.intake.questions import FLAGS, DetailQuestions
from wss_cases.journal.models import AuditEntry

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
FOLDED_ALWAYS = ("sexual", "substance", "clear_and_present_danger", "intimate_partner", "family_text")


@pytest.fixture
def school(session: Any, at: Callable[..., Any]) -> Any:
    at("2026-11-24 11:00")
    return SchoolFactory()


def questions(client: Any, report_id: int) -> tuple[set[str], set[str]]:
    """Return which fields of the form stand open, and which are folded."""
    page = client.page(f"/incidents/{report_id}/details")
    form = next(one for one in page.find_all("form") if one.get("id") == "details")
    fields = {
        box.get("name") for tag in ("input", "select", "textarea") for box in form.find_all(tag) if box.get("name")
    }
    folded = {
        box.get("name")
        for details in form.find_all("details")
        for tag in ("input", "select", "textarea")
        for box in details.find_all(tag)
    }
    hidden = {"csrf_token", "request_key", "version"}
    return fields - folded - hidden, folded - hidden


def without_person(names: set[str]) -> set[str]:
    return {name.partition("_")[2] if name[1:2].isdigit() else name for name in names}


def test_a_first_grade_fight_is_asked_five_things(client_as: Any, school: Any) -> None:
    dean = make_user(Role.DEAN, school)
    children = [StudentFactory(school=school, grade=1) for _number in range(2)]
    report = make_incident(school, children, reporter_id=dean.id)
    opened, folded = questions(client_as(dean), report.id)
    assert without_person(opened) == {"role", "injury", "heard_from", "weapon", "immediate_action"}
    assert len(opened) == 2 * 2 + 3, "two of them for each child"
    assert set(FOLDED_ALWAYS) <= without_person(folded)
    assert set(FLAGS) <= folded, "nothing is lost: what a rule may need can still be said"


def test_what_is_not_known_yet_is_asked_all_the_same(client_as: Any, school: Any) -> None:
    dean = make_user(Role.DEAN, school)
    report = make_incident(school, [StudentFactory(school=school)], reporter_id=dean.id, place=None, tile="fight")
    report.people[0].behavior_code_id = None
    report.heard_from = "saw"
    db.session.commit()
    opened, _folded = questions(client_as(dean), report.id)
    assert {"location", "behavior"} <= without_person(opened) and "heard_from" not in opened


def test_an_adult_reported_by_an_adult_is_asked_nothing_about_students(client_as: Any, school: Any) -> None:
    dean = make_user(Role.DEAN, school)
    report = make_incident(school, reporter_id=dean.id, facts={"abuse_suspected": True, "weapon": "none"})
    for role in (PersonRole.CAUSED_HARM, PersonRole.HARMED):
        staff = StaffMemberFactory(school=school)
        IncidentPersonFactory(incident_id=report.id, kind=PersonKind.STAFF, staff_id=staff.id, role=role, grade=None)
    client = client_as(dean)
    opened, folded = questions(client, report.id)
    asked = without_person(opened | folded)
    assert not asked & {"behavior", "motivation", "family_text", "bullying", "abuse_suspected", "self_harm"}
    assert {"role", "injury", "staff_written_complaint", "sexual"} <= without_person(opened)
    assert client.submit(f"/incidents/{report.id}/details", {"weapon": "other"}, holding="location").status_code == 303
    assert client.submit(f"/incidents/{report.id}/details/check").status_code == 303
    assert fresh(report).facts == {"abuse_suspected": True, "weapon": "other"}, "what is not asked stays as it was"


@pytest.mark.parametrize(
    ("injuries", "expected"),
    [(("minor", "needed_care"), "needed_care"), (("none", "none"), "none"), (("none", ""), None)],
)
def test_the_injury_of_the_report_is_the_worst_of_its_people(
    client_as: Any, school: Any, injuries: tuple[str, str], expected: str | None
) -> None:
    dean = make_user(Role.DEAN, school)
    report = make_incident(school, [StudentFactory(school=school) for _number in range(2)], reporter_id=dean.id)
    said = {f"p{person.id}_injury": injury for person, injury in zip(report.people, injuries, strict=True)}
    client = client_as(dean)
    client.submit(f"/incidents/{report.id}/details", said | {"heard_from": "camera"}, holding="location")
    page = client.page(f"/incidents/{report.id}/details/check").text
    assert "Anything sexual?" not in page, "what was neither asked nor answered is not read out"
    client.submit(f"/incidents/{report.id}/details/check")
    saved = fresh(report)
    assert (saved.injury, saved.facts.get("injury"), saved.heard_from) == (expected, expected, "camera")
    assert "seen on a camera" in client.page(f"/review/{report.id}").text


def test_the_district_chooses_the_questions_from_a_day_on(client_as: Any, school: Any, at: Callable[..., Any]) -> None:
    district = make_user(Role.DISTRICT)
    dean = make_user(Role.DEAN, school)
    report_id = make_incident(school, [StudentFactory(school=school)], reporter_id=dean.id).id
    dean_id, reader = dean.id, client_as(dean)
    client, address = client_as(district), "/settings/questions/fight"
    wanted = {"questions": ["sexual", "verified"], "starts_on": "2026-11-26"}
    for wrong in (
        {"questions": ["sexual"]},
        {"questions": [*FLAGS]},
        {"questions": ["reporter_name"]},
        {"starts_on": "2026-11-23"},
    ):
        assert client.submit(address, wanted | wrong, holding="questions").status_code == 400, wrong
    assert client.submit(address, wanted, holding="questions").status_code == 303
    stale = client.form(address, holding="questions").values() | {"seen_id": ["1"], "starts_on": ["2026-11-30"]}
    assert client.post(address, data=stale).status_code == 400
    rows = db.session.scalars(
        select(DetailQuestions).where(DetailQuestions.code == "fight").order_by(DetailQuestions.starts_on)
    ).all()
    assert rows[0].ends_on == date(2026, 11, 25)
    assert rows[1].questions == ["sexual", "verified"]
    actions = db.session.scalars(select(AuditEntry.action).where(AuditEntry.object_type == "detail_questions"))
    assert set(actions) == {"detail_questions.ended", "detail_questions.changed"}
    assert "sexual" not in questions(reader, report_id)[0]
    text = client.page("/settings/questions").text
    assert "Anything sexual?" in text and "In force" in text and "Upcoming" in text
    at("2026-11-26 11:00")
    reader = client_as(db.session.get_one(UserAccount, dean_id))
    assert {"sexual", "verified"} <= questions(reader, report_id)[0]
