"""Restorative, police, or neither: what counts as which, what stands apart, and who is told of wishes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.cases import CaseFactory, CaseIncidentFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.incidents import IncidentPersonFactory, make_incident
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StaffMemberFactory, StudentFactory
from tests.factories.safeguards import DisciplineActionFactory, LegalDutyFactory, make_notification
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.cases.case.models import CaseResult, CaseState, HarmedSays
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import IncidentState, KeptFrom, PersonKind, PersonRole
from wss_cases.outcomes.counting.repair.mission import Way, mission
from wss_cases.outcomes.counting.scope.rules import Scope, Share
from wss_cases.outcomes.reports.mission import mission_year_before, without_rest
from wss_cases.pathways.circles.circle.models import CircleConsent
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.plans.measures import PLAN_MEASURES, RESTORATIVE, Direction, figures
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.routing.rule_sets import RoutingAnswer, RuleSet
from wss_cases.safeguards.duties.duty.models import DutyState
from wss_cases.safeguards.police.review.models import NotificationGround, PoliceReview

pytestmark = pytest.mark.both_databases
ClientAs = Callable[[Any], PageClient]
DAY, TODAY = date(2026, 9, 15), date(2026, 11, 24)
SCOPE = Scope(None, "2026-27", date(2026, 8, 1), TODAY, TODAY)
LATER = datetime(2026, 10, 1, 15, tzinfo=UTC)


def incident(school: Any, **more: Any) -> Any:
    """An incident of group 5 that is old enough."""
    return make_incident(school, **{"local_date": DAY, "behavior_group": 5, "state": IncidentState.ROUTED, **more})


def with_case(report: Any, **more: Any) -> Any:
    case = CaseFactory(school_id=report.school_id, **more)
    CaseIncidentFactory(case_id=case.id, incident_id=report.id)
    return case


def pathway(report: Any, kind: Kind = Kind.PEACE_CIRCLE, **more: Any) -> Pathway:
    """A pathway that was offered, accepted and, unless told otherwise, held."""
    row: Pathway = PathwayFactory(
        case_id=with_case(report).id, school_id=report.school_id, kind=kind.value,
        **{"offered_on": DAY, "accepted_on": DAY, "started_on": DAY, "held_on": DAY + timedelta(days=6), **more},
    )  # fmt: skip
    return row


def support(report: Any, kind: Kind = Kind.ONE_TO_ONE, **more: Any) -> Pathway:
    ended = {"state": PathwayState.COMPLETED, "ended_at": LATER, "held_on": None, "for_whom": "caused_harm"}
    return pathway(report, kind, **{**ended, **more})


def notified(report: Any, door: NotificationGround = NotificationGround.OTHER) -> Any:
    return make_notification(report, door, report.local_date, LATER)


def refused(report: Any) -> None:
    """A person harmed who does not take part in the circle that was prepared."""
    circle = pathway(report, held_on=None)
    person = CaseParticipantFactory(case_id=circle.case_id, role=PersonRole.HARMED)
    row = CircleConsent.of(circle, participant_id=person.id, consented=False, given_on=DAY, recorded_at=LATER)
    db.session.add(row)
    db.session.commit()


def ways(school: Any = None) -> dict[str, int]:
    """The number of incidents by way, of one school or the whole district, as the system counts them."""
    scope = SCOPE if school is None else Scope(school.id, SCOPE.year, SCOPE.first, TODAY, TODAY)
    reader = acting(make_user(Role.DISTRICT))
    counted = mission(reader, scope)
    return {way: answered.incidents for way, answered in counted.ways.items()}


def became(main: Any, label: str) -> Any:
    """The row of a way in the table of what became of the incidents."""
    found = [row for row in main.find_all("tr") if row.text.startswith(label) and len(row.find_all("td")) == 5]
    return found[0]


@pytest.fixture
def school(at: Any, session: Any) -> Any:
    at("2026-11-24 10:00")
    return SchoolFactory()


def test_incidents_are_chosen_by_what_happened(school: Any) -> None:
    incident(school, behavior_group=3)
    incident(school, behavior_group=None, weapon="not_known", substance="none", injury="minor")
    assert ways() == {}
    for chosen in ({"weapon": "lookalike"}, {"substance": "tobacco_vape"}, {"injury": "needed_care"}):
        incident(school, behavior_group=1, **chosen)
    incident(school, behavior_group=4)
    by_duty = incident(school, behavior_group=None)
    LegalDutyFactory(
        incident_id=by_duty.id, school_id=school.id, code="drug_incident", state=DutyState.VERIFY_FIRST, was_due=False
    )
    incident(school, state=IncidentState.DUPLICATE, duplicate_of_id=by_duty.id)
    assert ways() == {"neither": 5}


def test_what_was_held_or_completed_is_restorative_and_what_was_planned_is_not(school: Any) -> None:
    pathway(incident(school))
    support(incident(school))
    incident(school, state=IncidentState.CLOSED, outcome_reason="understood", reviewed_at=LATER)
    assert ways() == {"restorative": 3}
    pathway(incident(school), held_on=None)
    pathway(incident(school), for_whom="harmed")
    pathway(incident(school), held_on=DAY - timedelta(days=1))
    support(incident(school), state=PathwayState.ACTIVE, ended_at=None)
    support(incident(school), Kind.HOUSING_BASIC_NEEDS)
    support(incident(school), Kind.FAMILY_SUPPORT, outcome="service_not_available")
    support(incident(school), Kind.REENTRY_CIRCLE)
    assert ways() == {"restorative": 3, "neither": 7}


def test_police_beside_and_without_repair(school: Any) -> None:
    both = incident(school)
    pathway(both)
    notified(both)
    notified(incident(school), NotificationGround.EMERGENCY)
    assert ways() == {"both": 1, "police": 1}


def test_what_stands_apart_is_in_none_of_the_four(school: Any) -> None:
    LegalDutyFactory(incident_id=incident(school).id, school_id=school.id, code="drug_incident")
    notified(incident(school), NotificationGround.REQUIRED_BY_LAW)
    assert ways() == {"by_law": 2}
    for facts in ({"sexual": "contact"}, {"intimate_partner": True}, {"adult_conduct": True}, {"sent_on": ["sexual"]}):
        held = incident(school, facts=facts)
        pathway(held)
    adult = incident(school)
    staff = StaffMemberFactory(school=school)
    IncidentPersonFactory(incident_id=adult.id, kind=PersonKind.STAFF, staff_id=staff.id, role=PersonRole.CAUSED_HARM)
    assert ways() == {"by_law": 2, "may_not_meet": 5}
    incident(school, facts={"sexual": "unknown", "intimate_partner": False, "sent_on": ["abuse_suspected"]})
    assert ways() == {"by_law": 2, "may_not_meet": 5, "neither": 1}
    incident(school, state=IncidentState.NO_FURTHER_ACTION, outcome_reason="unfounded")
    refused(incident(school))
    assert ways() == {"by_law": 2, "may_not_meet": 5, "neither": 1, "unfounded": 1, "not_wished": 1}


def test_a_duty_that_did_not_apply_leaves_the_police_inside(school: Any) -> None:
    report = incident(school)
    who = [make_user(Role.ADMINISTRATOR, school).id for _ in range(2)]
    duty = LegalDutyFactory(
        incident_id=report.id, school_id=school.id, code="drug_incident", state=DutyState.NOT_APPLICABLE,
        closed_at=LATER, what_was_done="Tested: it was tea.", closed_by_id=who[0], proposed_by_id=who[1],
        proposed_at=LATER,
    )  # fmt: skip
    made = notified(report, NotificationGround.REQUIRED_BY_LAW)
    db.session.get_one(PoliceReview, made.review_id).duty_id = duty.id
    db.session.commit()
    assert ways() == {"police": 1}


def test_the_newest_are_too_recent_to_tell_and_a_year_ago_had_the_same_time(school: Any) -> None:
    pathway(incident(school, local_date=date(2026, 11, 20)), held_on=date(2026, 11, 23))
    assert ways() == {"recent": 1}
    for held_on in (date(2025, 10, 1), date(2025, 12, 9)):
        pathway(incident(school, local_date=date(2025, 9, 15)), held_on=held_on, started_on=date(2025, 9, 15))
    incident(school, local_date=date(2025, 11, 20))
    before = mission_year_before(acting(make_user(Role.DISTRICT)), SCOPE, school_days(None), True)
    assert before is not None
    assert {way: each.incidents for way, each in before.mission.ways.items()} == {
        "restorative": 1, "neither": 1, "recent": 1,
    }  # fmt: skip


def test_facts_that_were_lowered_are_listed(school: Any, client_as: ClientAs) -> None:
    report = incident(school, behavior_group=2)
    rules = db.session.scalars(select(RuleSet.id).limit(1)).one()
    answer = RoutingAnswer(incident_id=report.id, rule_set_id=rules, created_at=LATER, facts={"group": 5}, answer={})
    db.session.add(answer)
    db.session.commit()
    assert ways() == {"lowered": 1}
    page = client_as(make_user(Role.DEAN, school)).page("/outcomes/behind/mission?choice=lowered")
    assert report.reference in page.find_all("main")[0].text


def test_removals_and_what_the_person_harmed_said_stand_beside(school: Any, client_as: ClientAs) -> None:
    report = incident(school)
    circle = pathway(report)
    case = circle.case
    case.state, case.result, case.closed_at, case.next_review_on = CaseState.CLOSED, CaseResult.REPAIRED, LATER, None
    case.harmed_says = HarmedSays.REPAIRED
    CaseParticipantFactory(case_id=case.id, role=PersonRole.HARMED)
    db.session.commit()
    student = StudentFactory(school=school)
    DisciplineActionFactory(school_id=school.id, incident_id=report.id, student_id=student.id, starts_on=DAY)
    client = client_as(make_user(Role.DEAN, school))
    main = client.page("/outcomes").find_all("main")[0]
    row = became(main, "Restorative only")
    assert [cell.text for cell in row.find_all("td")] == ["1", "not recorded", "1", "–", "1 of 1"]
    for link in row.find_all("a"):
        listed = client.page(link.get("href")).find_all("main")[0].text
        assert report.reference in listed and "(1)" in listed, link.get("href")
    assert "the person harmed said: The harm is repaired" in listed


def test_another_incident_is_counted_in_periods_that_are_over_and_by_what_followed(
    school: Any, client_as: ClientAs
) -> None:
    began, again = date(2025, 9, 15), date(2025, 10, 20)
    for number in range(11):
        student = StudentFactory(school=school)
        EnrolmentFactory(student=student, starts_on=date(2025, 8, 25))
        report = incident(school, students=[student], role=PersonRole.CAUSED_HARM, local_date=began)
        if number < 10:
            pathway(report, held_on=began, started_on=began, offered_on=began, accepted_on=began)
        if number < 4:
            make_incident(school, [student], PersonRole.CAUSED_HARM, local_date=again, behavior_group=1)
    rows = became(client_as(make_user(Role.DEAN, school)).page("/outcomes"), "Restorative only")
    assert rows.find_all("td")[3].text == "– · a year ago: –", "1 period, and 4 of the later incidents, remain"
    for _more in range(5):
        student = StudentFactory(school=school)
        EnrolmentFactory(student=student, starts_on=date(2025, 8, 25))
        make_incident(school, [student], PersonRole.CAUSED_HARM, local_date=began, behavior_group=1)
    rows = became(client_as(make_user(Role.DEAN, school)).page("/outcomes"), "Restorative only")
    assert rows.find_all("td")[3].text == "– · a year ago: 4 of 10"


def test_it_is_the_first_answer_and_the_word_is_never_printed(school: Any, client_as: ClientAs) -> None:
    pathway(incident(school))
    notified(incident(school))
    page = client_as(make_user(Role.ADMINISTRATOR, school)).page("/outcomes").find_all("main")[0]
    first = page.find_all("h2")[0].text
    assert first == "Restorative only: 1 of 2 incidents; a year ago: not recorded"
    assert "Restorative and police: 0 · Police only: 1 · Neither yet, or" in page.text
    assert "Counted are incidents of group 4 or higher" in page.text
    assert "serious" not in page.text.casefold()


@pytest.mark.parametrize(("role", "told"), [(Role.DEAN, False), (Role.ADMINISTRATOR, False), (Role.COORDINATOR, True)])
def test_who_did_not_wish_to_meet_is_told_to_no_one_who_decides_discipline(
    school: Any, client_as: ClientAs, role: Role, told: bool
) -> None:
    waits, no = incident(school), incident(school)
    refused(no)
    client = client_as(make_user(role, school))
    main = client.page("/outcomes").find_all("main")[0]
    assert ("The person harmed said no to meeting 1" in main.text) is told
    row = became(main, "Neither yet")
    listed = client.page(row.find_all("a")[0].get("href")).find_all("main")[0].text
    assert waits.reference in listed and (no.reference in listed) is not told
    for choice in ("not_wished", "neither"):
        assert client.get(f"/outcomes/behind/mission?choice={choice}").status_code == (200 if told else 404)


def test_a_no_is_never_inside_the_share_that_a_plan_counts(school: Any) -> None:
    pathway(incident(school))
    incident(school)
    refused(incident(school))
    reader = acting(make_user(Role.ADMINISTRATOR, school))
    found = figures(reader, school.id, [RESTORATIVE], SCOPE.first, TODAY, TODAY)[RESTORATIVE]
    assert (found.numerator, found.denominator) == (1, 2)
    assert PLAN_MEASURES[RESTORATIVE].better is Direction.UP, "a goal may be set on it, and more is better"


def test_at_one_school_no_number_tells_of_a_report_that_is_kept_from_its_staff(school: Any) -> None:
    incident(school, facts={"adult_conduct": True}, kept_from=KeptFrom.SCHOOL)
    assert ways(school) == {} and ways() == {"may_not_meet": 1}


def test_a_share_is_hidden_where_the_rest_would_be_few() -> None:
    shares = {Way.RESTORATIVE.value: Share(3, 12), Way.POLICE.value: Share(4, 11)}
    assert without_rest(shares, 23) == without_rest(shares, 40) == shares
    assert without_rest(shares, 30) == {Way.RESTORATIVE.value: Share(3, 12)}
    assert without_rest({Way.RESTORATIVE.value: Share(3, 12)}, 20) == {}
