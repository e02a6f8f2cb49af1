"""The figures of a public page: different students up to a month's end, none of fewer than ten, and by difference."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from tests.factories.cases import CaseFactory, CaseParticipantFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StudentFactory
from tests.factories.safeguards import DisciplineActionFactory, make_notification
from tests.plans.public.districts import USUAL
from tests.plans.public.making import PublicScene, row, switch
from wss_cases.cases.case.models import CaseResult, CaseState
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.outcomes.equity.suppression import ENROLLED, ROOT, Minimums
from wss_cases.plans.public.figures import (
    CLOSED,
    PARENTS,
    POLICE,
    REMOVED,
    REPAIRED,
    count_numbers,
    least_of,
    publishable,
    reports_of,
    scope_for,
)
from wss_cases.plans.public.publications.pages import withdraw
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.police.review.models import NotificationGround, NotifiedStudent

CENTRAL = ZoneInfo("America/Chicago")


def whole(reported: int, removed: int = 0, police: int = 0, closed: int = 0, repaired: int = 0) -> dict[str, int]:
    names = (ENROLLED, ROOT, REMOVED, POLICE, CLOSED, REPAIRED)
    return dict(zip(names, (400, reported, removed, police, closed, repaired), strict=True))


@pytest.mark.parametrize("name", PARENTS)
def test_no_figure_of_fewer_than_ten_students_is_shown(name: str) -> None:
    many = whole(120, 40, 40, 120, 60)
    assert set(publishable(many, (), USUAL)) == set(PARENTS)
    assert name not in publishable(many | {name: 9}, (), USUAL)
    assert name not in publishable(many | {name: 0}, (), USUAL)
    assert name in publishable(many | {name: 10}, (), USUAL)


def test_the_rest_of_the_figure_before_is_a_count_too() -> None:
    assert REMOVED not in publishable(whole(120, removed=111), (), USUAL)
    assert REMOVED in publishable(whole(120, removed=110), (), USUAL)
    assert publishable(whole(9, removed=9, police=9), (), USUAL) == {}


def test_no_districts_minimum_lets_fewer_than_ten_through() -> None:
    assert least_of(Minimums(5, 8)) == Minimums(10, 10)
    assert least_of(Minimums(20, 30)) == Minimums(20, 30)
    assert publishable(whole(9), (), Minimums(5, 5)) == {}


def test_a_difference_to_any_page_before_is_a_count_too() -> None:
    first, second = whole(50), whole(70)
    assert publishable(whole(59), [first], USUAL) == {}
    assert publishable(whole(50), [first], USUAL) == {}, "that nobody came is a count, too"
    assert ROOT in publishable(whole(60), [first], USUAL)
    assert publishable(whole(45), [first, second], USUAL) == {}, "corrected back to near an earlier page"
    before, after = whole(60, removed=20), whole(80, removed=35)
    assert REMOVED not in publishable(after, [before], USUAL), "five more of those reported were not removed"


@pytest.fixture
def october(session: Any, at: Any) -> PublicScene:
    """A school of sixty: the first thirty reported, twelve of them removed, eleven told to the police."""
    at("2026-11-24 10:00")
    switch("on")
    scene = PublicScene(students=60)
    one = make_incident(scene.school, scene.students[:30], PersonRole.CAUSED_HARM, local_date=date(2026, 10, 5))
    make_incident(scene.school, scene.students[:30], PersonRole.CAUSED_HARM, local_date=date(2026, 10, 6))
    make_incident(scene.school, scene.students[30:55], PersonRole.HARMED, local_date=date(2026, 10, 6))
    make_incident(scene.school, scene.students[55:], PersonRole.CAUSED_HARM, local_date=date(2026, 11, 3))
    for student in scene.students[:12]:
        DisciplineActionFactory(school_id=scene.school.id, student_id=student.id, starts_on=date(2026, 10, 7))
    at_four = datetime(2026, 10, 5, 16, tzinfo=CENTRAL)
    told = make_notification(one, NotificationGround.OTHER, at_four.date(), at_four)
    for student in scene.students[:11]:
        row(NotifiedStudent, notification_id=told.id, student_id=student.id)
    for number, student in enumerate(scene.students[20:48]):
        harm = {"result": CaseResult.REPAIRED if number < 15 else CaseResult.DECLINED, "state": CaseState.CLOSED}
        case = CaseFactory(school_id=scene.school.id, closed_at=datetime(2026, 10, 31, 23, 30, tzinfo=CENTRAL), **harm)
        CaseParticipantFactory(case_id=case.id, student_id=student.id, role=PersonRole.HARMED)
        CaseParticipantFactory(case_id=case.id, student_id=scene.students[0].id)
    return scene


def test_different_students_are_counted_up_to_the_end_of_the_last_month(october: PublicScene) -> None:
    elsewhere = StudentFactory(school=SchoolFactory())
    EnrolmentFactory(student=elsewhere)
    scope = scope_for(october.school.id, date(2026, 11, 24))
    assert scope is not None and scope.last == date(2026, 10, 31)
    assert count_numbers(scope) == {ENROLLED: 60, ROOT: 30, REMOVED: 12, POLICE: 11, CLOSED: 28, REPAIRED: 15}


def shown(scene: PublicScene) -> dict[str, tuple[int, str]]:
    return {name: (number, day) for name, number, day in scene.publish().figures}


def test_a_page_repeats_the_figure_before_where_the_new_one_would_tell_of_few(october: PublicScene, at: Any) -> None:
    assert shown(october) == {
        ROOT: (30, "2026-10-31"), REMOVED: (12, "2026-10-31"), POLICE: (11, "2026-10-31"),
        CLOSED: (28, "2026-10-31"), REPAIRED: (15, "2026-10-31"),
    }  # fmt: skip
    at("2026-12-02 10:00")
    assert shown(october)[ROOT] == (30, "2026-10-31"), "five more in November: the page goes on saying what it said"
    make_incident(october.school, october.students[30:36], PersonRole.CAUSED_HARM, local_date=date(2026, 12, 3))
    at("2027-01-12 10:00")
    assert shown(october)[ROOT] == (41, "2026-12-31"), "eleven more by December"


def test_a_page_does_not_complete_what_board_reports_say(october: PublicScene, at: Any) -> None:
    """The reports say eight removals by October and twelve by November: twelve students in November would be eight in
    October, exactly."""
    later = db.session.scalars(select(DisciplineAction.id).order_by(DisciplineAction.id).limit(4)).all()
    db.session.execute(
        update(DisciplineAction).where(DisciplineAction.id.in_(later)).values(starts_on=date(2026, 11, 5))
    )
    db.session.commit()
    at("2026-12-02 10:00")
    scope = scope_for(october.school.id, date(2026, 12, 2))
    assert scope is not None and list(reports_of(scope, 60).removals) == [0, 0, 8, 12]
    assert REMOVED in publishable(count_numbers(scope), (), USUAL), "the page alone gives nothing away"
    assert set(shown(october)) == {ROOT, POLICE, CLOSED, REPAIRED}


def test_a_withdrawn_page_is_not_repeated_but_was_read(october: PublicScene, at: Any) -> None:
    withdraw(october.call(), october.publish().id, "Wrong figures")
    at("2026-12-02 10:00")
    assert ROOT not in shown(october), "whoever saved the withdrawn page would see the five"


def test_a_new_school_year_begins_without_the_pages_of_the_last(october: PublicScene, at: Any) -> None:
    october.publish()
    at("2027-09-15 10:00")
    assert shown(october) == {}


def test_the_page_shows_the_number_or_that_it_is_not_shown(october: PublicScene, client: Any) -> None:
    removed = october.students[0]
    db.session.commit()
    october.publish()
    page = client.page(f"/public/en/{october.school.id}").text
    assert "Students reported in an incident" in page and "30" in page and "Not shown" not in page
    assert removed.family_name not in page
    district = client.page("/public/en").text
    assert "Only what the pages of these schools show is added up" in district
