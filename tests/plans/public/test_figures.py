"""The figures of a public page: a school year is counted once, and no figure tells of fewer than ten students."""

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
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.outcomes.equity.suppression import ENROLLED, ROOT, Minimums
from wss_cases.plans.public.publications.models import Published
from wss_cases.plans.public.publications.pages import withdraw
from wss_cases.plans.public.publications.presenters import (
    CLOSED,
    PARENTS,
    POLICE,
    REMOVALS,
    REMOVED,
    REPAIRED,
    Numbers,
    count_numbers,
    least_of,
    publishable,
    scope_for,
    sums_of,
    year_due,
)
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.police.review.models import NotificationGround, NotifiedStudent

CENTRAL = ZoneInfo("America/Chicago")


def whole(
    reported: int, removed: int = 0, police: int = 0, closed: int = 0, repaired: int = 0, removals: int = 400
) -> Numbers:
    names = (ENROLLED, ROOT, REMOVED, POLICE, CLOSED, REPAIRED, REMOVALS)
    return dict(zip(names, (400, reported, removed, police, closed, repaired, removals), strict=True))


LEAST = {ROOT: 20, REMOVED: 20} | dict.fromkeys((POLICE, CLOSED, REPAIRED), 10)
"""The fewest students of each figure: twice ten where board reports say how many removals each month had."""


@pytest.mark.parametrize("name", PARENTS)
def test_no_figure_of_too_few_students_is_shown(name: str) -> None:
    many = {**whole(120, 40, 40, 120, 60)}
    assert set(publishable(many, USUAL)) == set(PARENTS)
    assert name not in publishable(many | {name: LEAST[name] - 1}, USUAL)
    assert name not in publishable(many | {name: 0}, USUAL)
    assert name in publishable({**whole(120, removals=400), CLOSED: 120} | {name: LEAST[name]}, USUAL)


def test_the_rest_of_the_figure_before_is_a_count_too() -> None:
    assert REMOVED not in publishable(whole(120, removed=111), USUAL)
    assert REMOVED in publishable(whole(120, removed=110), USUAL)
    assert publishable(whole(9, removed=9, police=9), USUAL) == {}


def test_removals_are_shown_only_where_enough_of_them_are_repeated() -> None:
    """Without repeated removals each month of a board report would say how many students it had."""
    assert REMOVED in publishable(whole(120, removed=40, removals=50), USUAL)
    assert REMOVED not in publishable(whole(120, removed=40, removals=49), USUAL)


def test_no_districts_minimum_lets_fewer_than_ten_through() -> None:
    assert least_of(Minimums(5, 8)) == Minimums(10, 10)
    assert least_of(Minimums(20, 30)) == Minimums(20, 30)
    assert CLOSED not in publishable(whole(9, closed=9), Minimums(5, 5))


def test_a_year_is_published_after_it_is_over_and_once() -> None:
    assert year_due(date(2027, 7, 31), {"2024-25"}) == "2025-26"
    assert year_due(date(2027, 8, 1), {"2025-26"}) == "2026-27"
    assert year_due(date(2028, 1, 12), {"2025-26", "2026-27"}) is None


def test_the_district_adds_up_the_latest_year_that_a_page_shows() -> None:
    before, after = date(2026, 7, 31), date(2027, 7, 31)
    pages = [[Published(ROOT, 40, after), Published(ROOT, 90, before)], [Published(ROOT, 25, after)]]
    assert sums_of([*pages, [Published(CLOSED, 30, before)]]) == ("2026-27", [(ROOT, 65, 2)])
    assert sums_of([[]]) == ("", [])


@pytest.fixture
def year(session: Any, at: Any) -> PublicScene:
    """A school of sixty after its first school year: 35 reported, 22 of them removed and ten of these twice, eleven
    told to the police."""
    at("2027-07-30 10:00")
    switch("on")
    at("2027-09-15 10:00")
    scene = PublicScene(students=60)
    one = make_incident(scene.school, scene.students[:35], PersonRole.CAUSED_HARM, local_date=date(2026, 9, 8))
    make_incident(scene.school, scene.students[:30], PersonRole.CAUSED_HARM, local_date=date(2026, 10, 6))
    make_incident(scene.school, scene.students[30:55], PersonRole.HARMED, local_date=date(2026, 10, 6))
    make_incident(scene.school, scene.students[55:], PersonRole.CAUSED_HARM, local_date=date(2027, 8, 3))
    for student in (*scene.students[:22], *scene.students[:10]):
        DisciplineActionFactory(school_id=scene.school.id, student_id=student.id, starts_on=date(2026, 10, 7))
    at_four = datetime(2026, 10, 5, 16, tzinfo=CENTRAL)
    notice = make_notification(one, NotificationGround.OTHER, at_four.date(), at_four)
    for student in scene.students[:11]:
        row(NotifiedStudent, notification_id=notice.id, student_id=student.id)
    for number, student in enumerate(scene.students[20:48]):
        harm = {"result": CaseResult.REPAIRED if number < 15 else CaseResult.DECLINED, "state": CaseState.CLOSED}
        case = CaseFactory(school_id=scene.school.id, closed_at=datetime(2027, 7, 31, 23, 30, tzinfo=CENTRAL), **harm)
        CaseParticipantFactory(case_id=case.id, student_id=student.id, role=PersonRole.HARMED)
        CaseParticipantFactory(case_id=case.id, student_id=scene.students[0].id)
    return scene


SHOWN = {name: (number, "2027-07-31") for name, number in zip(PARENTS, (35, 22, 11, 28, 15), strict=True)}


def shown(scene: PublicScene) -> dict[str, tuple[int, str]]:
    rows = scene.publish().figures
    figures = {name: (number, day) for name, number, day in rows}
    assert len(figures) == len(rows), "no figure is counted twice"
    return figures


def _begin(which: Any, day: date) -> None:
    """Let removals begin on another day."""
    db.session.execute(update(DisciplineAction).where(which).values(starts_on=day))
    db.session.commit()


def test_different_students_of_a_school_year_are_counted(year: PublicScene) -> None:
    elsewhere = StudentFactory(school=SchoolFactory())
    EnrolmentFactory(student=elsewhere)
    scope = scope_for(year.school.id, "2026-27", date(2027, 9, 15))
    assert scope is not None and scope.last == date(2027, 7, 31)
    assert count_numbers(scope) == whole(35, 22, 11, 28, 15, removals=32) | {ENROLLED: 60}


def test_a_year_that_runs_is_not_shown_and_one_that_is_over_is_never_counted_again(year: PublicScene, at: Any) -> None:
    at("2027-07-30 10:00")
    assert shown(year) == {}, "the school year still runs"
    at("2027-09-15 10:00")
    assert shown(year) == SHOWN
    make_incident(year.school, year.students[35:47], PersonRole.CAUSED_HARM, local_date=date(2027, 6, 3))
    at("2028-01-12 10:00")
    assert shown(year) == SHOWN, "twelve more were found later; the page goes on saying what it said"


def test_a_figure_that_is_hidden_once_stays_hidden(year: PublicScene, at: Any) -> None:
    later = db.session.scalars(select(DisciplineAction.id).order_by(DisciplineAction.id.desc()).limit(7)).all()
    _begin(DisciplineAction.id.in_(later), date(2027, 8, 5))
    hidden = {name: SHOWN[name] for name in PARENTS if name != REMOVED}
    assert shown(year) == hidden, "three repeated removals are too few beside the board reports"
    _begin(DisciplineAction.id.in_(later), date(2026, 10, 7))
    assert shown(year) == hidden


def test_the_next_year_is_added_to_what_is_stored(year: PublicScene, client: Any, at: Any) -> None:
    year.publish()
    make_incident(year.school, year.students[:25], PersonRole.CAUSED_HARM, local_date=date(2027, 9, 20))
    at("2028-09-12 10:00")
    both = year.publish()
    assert [tuple(figure) for figure in both.figures if figure[0] == ROOT] == [
        (ROOT, 30, "2028-07-31"), (ROOT, 35, "2027-07-31")
    ]  # fmt: skip
    rows = both.content["en"]["figures"]
    assert [row[1:] for row in rows[:2]] == [["30", "Mon, Jul 31, 2028"], ["", "Mon, Jul 31, 2028"]]
    assert rows[5][1:] == ["35", "Sat, Jul 31, 2027"]
    district = client.page("/public/en").text
    assert "Their figures together, 2027-28" in district
    assert "Only what the pages of these schools show is added up" in district


def test_figures_of_a_withdrawn_page_do_not_come_back(year: PublicScene) -> None:
    withdraw(year.call(), year.publish().id, because="Wrong figures")
    assert shown(year) == {}


def test_a_year_whose_records_began_late_is_not_counted(year: PublicScene) -> None:
    db.session.execute(update(Incident).values(local_date=date(2026, 10, 6)))
    db.session.commit()
    assert scope_for(year.school.id, "2026-27", date(2027, 9, 15)) is None
    assert shown(year) == {}


def test_the_page_shows_the_number_or_that_it_is_not_shown(year: PublicScene, client: Any) -> None:
    removed = year.students[0]
    _begin(DisciplineAction.student_id.is_not(None), date(2027, 8, 5))
    year.publish()
    address = f"/public/en/{year.school.id}"
    page, html = client.page(address).text, client.get(address).text
    assert "Students reported in an incident" in page and "35" in page and page.count("Not shown") == 1
    assert 'scope="row"' in html and "<caption" in html
    assert removed.family_name not in page


def test_a_page_without_any_figure_says_so(year: PublicScene, client: Any, at: Any) -> None:
    at("2027-07-30 10:00")
    year.publish()
    assert "No figure is shown yet." in client.page(f"/public/en/{year.school.id}").text
