"""A report that is kept from a whole school: the district's office answers and decides it, and finds no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, UserFactory, acting, make_user
from tests.factories.base import fresh
from tests.factories.incidents import IncidentPersonFactory, make_incident
from tests.factories.roster import SchoolFactory, StaffMemberFactory
from tests.intake.making import NOW, WALL, Place, route
from wss_cases.access.actor import Invocation, Role
from wss_cases.access.permissions import Permission as P
from wss_cases.access.policy import can
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import left_to_office
from wss_cases.incidents.incident.states import IncidentState, KeptFrom, PersonKind, PersonRole
from wss_cases.intake.decision import Choice, decide
from wss_cases.intake.open_questions.models import must_answer
from wss_cases.intake.open_questions.pages import answer_fact
from wss_cases.intake.recommendation import situation

STATED = {"adult_conduct": True, "injury": "unknown"}


class Office:
    """A school whose principal is reported, and the people of the district's office of two networks."""

    def __init__(self) -> None:
        self.place = Place(school=SchoolFactory(network="North"))
        self.district = make_user(Role.DISTRICT)
        self.north, self.south = UserFactory(), UserFactory()
        for person, network in ((self.north, "North"), (self.south, "South")):
            RoleGrantFactory(user_id=person.id, role=Role.DISTRICT, network=network)

    def report(self, who: str = "", **facts: Any) -> Incident:
        """Return a routed report of what an adult did to a student, naming one of the team."""
        place = self.place
        report = make_incident(
            place.school, [place.students[0]], PersonRole.HARMED, facts=STATED | facts, reporter_id=place.reporter.id,
            narrative="He grabbed her by the arm.", submitted_at=NOW, occurred_at=NOW,
        )  # fmt: skip
        if who:
            staff = StaffMemberFactory(school=place.school, user_id=getattr(place, who).id)
            part = {"kind": PersonKind.STAFF, "role": PersonRole.CAUSED_HARM}
            IncidentPersonFactory(incident_id=report.id, staff_id=staff.id, **part)
        db.session.expire(report, ["people"])
        route(report)
        return fresh(report)

    def reviewers(self, report: Incident) -> set[str]:
        """Return who may decide a report; for the office, what is listed and the record must agree."""
        team = {name: getattr(self.place, name) for name in ("reporter", "dean", "administrator", "coordinator")}
        office = {"district": self.district, "north": self.north, "south": self.south}
        able = {name for name, user in (team | office).items() if can(acting(user), P.INCIDENT_REVIEW, report)}
        for name, user in office.items():
            assert (report.id in left_to_office(acting(user), NOW)) == (name in able), name
        return able


@pytest.fixture
def office(session: Any, at: Callable[..., Any]) -> Office:
    at(WALL)
    return Office()


def test_it_is_left_to_the_office_that_was_told(office: Office) -> None:
    report = office.report("administrator")
    assert report.kept_from is KeptFrom.SCHOOL
    assert office.reviewers(report) == {"district", "north"}


def test_whoever_is_left_at_the_school_decides_it(office: Office) -> None:
    report, other = office.report("administrator"), SchoolFactory()
    second = make_user(Role.ADMINISTRATOR, office.place.school)
    RoleGrantFactory(user_id=second.id, role=Role.COORDINATOR, school_id=other.id)
    assert office.reviewers(report) == set()
    assert can(acting(second), P.INCIDENT_REVIEW, report)


def test_where_no_adult_is_named_the_office_decides_without_an_administrator_alone(office: Office) -> None:
    report = office.report()
    assert report.kept_from is KeptFrom.TEAM
    assert office.reviewers(report) == {"administrator"}
    db.session.delete(fresh(office.place.administrator).grants[0])
    db.session.commit()
    assert office.reviewers(report) == {"district", "north"}


def test_what_is_kept_from_one_person_stays_with_the_school(office: Office) -> None:
    report = office.report("dean")
    assert report.kept_from is KeptFrom.NAMED
    assert office.reviewers(report) == {"administrator"}


def test_the_queue_and_the_page_show_it_and_nothing_else(office: Office, client_as: Callable[[Any], Any]) -> None:
    report = office.report("administrator")
    plain = make_incident(
        office.place.school, [office.place.students[0]], submitted_at=NOW, occurred_at=NOW, tile=report.tile,
        location_code=report.location_code,
    )  # fmt: skip
    route(plain)
    client = client_as(office.north)
    for page in ("/review", f"/review/{report.id}"):
        shown = client.get(page)
        assert shown.status_code == 200
        assert report.reference in shown.text or f"/review/{report.id}" in shown.text
        assert plain.reference not in shown.text and f"/review/{plain.id}" not in shown.text
    assert client.get(f"/review/{plain.id}").status_code == 404
    assert f"/review/{report.id}" not in client_as(office.south).get("/review").text
    assert client_as(office.south).get(f"/review/{report.id}").status_code == 404
    assert client_as(office.place.administrator).get(f"/review/{report.id}").status_code == 404


def test_it_lists_beside_the_queue_of_an_own_school(office: Office, client_as: Callable[[Any], Any]) -> None:
    report = office.report("administrator")
    RoleGrantFactory(user_id=office.north.id, role=Role.DEAN, school_id=SchoolFactory().id)
    db.session.expire_all()
    assert f"/review/{report.id}" in client_as(office.north).get("/review").text


def test_the_office_answers_and_decides_it(office: Office) -> None:
    report, actor = office.report("administrator"), acting(office.north)
    for _turn in range(8):
        now = situation(report.id)
        left = must_answer(now.plan, report, now.people)
        if not left:
            break
        answer_fact(Invocation(actor, NOW), report.id, left[0], "asked", whom="Her mother")
        report = fresh(report)
    decide(Invocation(actor, NOW, version=report.version), report.id, Choice())
    report = fresh(report)
    assert report.state is IncidentState.ROUTED and report.reviewer_id == office.north.id
    (case,) = cases_of_incident(report.id)
    owners = set(db.session.scalars(select(FollowUp.owner_id).where(FollowUp.case_id == case.id)))
    assert case.lead_id == office.north.id, "the coordinator may not know of it"
    assert owners <= {office.north.id}, "nor may anyone else at the school"


def test_another_network_decides_nothing(office: Office) -> None:
    report = office.report("administrator")
    with pytest.raises(NotFound):
        decide(Invocation(acting(office.south), NOW, version=report.version), report.id, Choice())
