"""The demo district's story is believable, sentence by sentence; each check is seen to catch a planted offence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, func, select, update

from tests.demo import checks
from tests.support.applications import make_app
from tests.support.databases import Databases
from tests.support.depth import examples
from wss_cases.cases.case.models import Case, CaseParticipant, CaseState
from wss_cases.demo.load import Size, make_district
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import force_locale
from wss_cases.incidents.incident.models import Incident
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.requirements.queries import circles_for
from wss_cases.pathways.circles.terms import AgreementTerm
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.pathways.mentoring.plan.models import MentoringSession
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.police.review.models import PoliceNotification

NOW = datetime(2026, 11, 24, 19, 30, tzinfo=UTC)
FIRST, TODAY = date(2025, 8, 18), date(2026, 11, 24)
SIZE = Size(schools=2, students=500, incidents=examples(110, 240), years=2, seed=7)


@pytest.fixture(scope="module")
def story(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application on a district of two school years, made once: its people do some three thousand acts.

    That takes half a minute of processor, and everything here looks at it.
    """
    copy = databases.copy(databases.template("sqlite"))
    application = make_app(copy.url, tmp_path_factory.mktemp("story"))
    with application.app_context(), force_locale("en"):
        make_district(SIZE, "no hash", NOW, lambda _over: None)
        yield application
        db.session.remove()
        db.engine.dispose()
    databases.drop(copy)


@pytest.fixture(autouse=True)
def _nothing_stays(story: Flask) -> Iterator[None]:
    """What a test plants is gone after it."""
    yield
    db.session.rollback()


def _first(statement: Select[Any]) -> Any:
    return db.session.execute(statement.limit(1)).one()[0]


def _book_the_keeper_twice() -> None:
    one, other = db.session.scalars(
        select(CircleMeeting).where(CircleMeeting.school_id == 1).order_by(CircleMeeting.id).limit(2)
    )
    other.starts_at = one.starts_at + timedelta(minutes=30)
    other.room = "Somewhere else"
    db.session.flush()


def _book_the_room_twice() -> None:
    meeting = db.session.scalars(select(CircleMeeting).order_by(CircleMeeting.id)).first()
    assert meeting is not None
    plan = ReengagementPlan.school_id == meeting.school_id
    values = {"meeting_at": meeting.starts_at, "meeting_place": meeting.room}
    which = _first(select(ReengagementPlan.id).where(plan))
    db.session.execute(update(ReengagementPlan.__table__).where(ReengagementPlan.id == which).values(values))


def _book_a_party_twice() -> None:
    meeting = db.session.scalars(select(CircleMeeting).order_by(CircleMeeting.id)).first()
    assert meeting is not None
    [circle] = circles_for([db.session.get_one(Pathway, meeting.pathway_id)]).values()
    student = next(one.student_id for one in circle.invited if one.student_id)
    values = {"meeting_at": meeting.starts_at, "meeting_place": "Elsewhere", "student_id": student}
    which = _first(select(func.max(ReengagementPlan.id)))
    db.session.execute(update(ReengagementPlan.__table__).where(ReengagementPlan.id == which).values(values))


def _let_the_harmed_owe() -> None:
    term = db.session.scalars(select(AgreementTerm).order_by(AgreementTerm.id)).first()
    assert term is not None
    term.owner_participant_id = _first(select(CaseParticipant.id).where(CaseParticipant.role == "harmed"))
    db.session.flush()


def _meet_on_a_sunday() -> None:
    session = db.session.scalars(select(MentoringSession).order_by(MentoringSession.id)).first()
    assert session is not None
    session.on_day = date(2026, 9, 6)
    db.session.flush()


def _report_in_the_break() -> None:
    incident = _first(select(Incident.id).order_by(Incident.id))
    values = {"local_date": date(2025, 12, 26)}
    db.session.execute(update(Incident.__table__).where(Incident.id == incident).values(values))


def _forget_a_case_in_intake() -> None:
    case = db.session.scalars(select(Case).where(Case.state == CaseState.CLOSED)).first()
    assert case is not None
    case.state, case.closed_at, case.result, case.next_review_on = CaseState.INTAKE, None, None, TODAY
    db.session.flush()


def _forget_a_follow_up() -> None:
    row = db.session.scalars(select(FollowUp).where(FollowUp.state == FollowUpState.OPEN).order_by(FollowUp.id)).first()
    assert row is not None
    row.due_on = FIRST
    db.session.flush()


def _let_a_year_quadruple() -> None:
    this_year = (Incident.local_date > date(2026, 8, 1)) & (Incident.id % 4 != 0)
    values = {"local_date": date(2025, 10, 1)}
    db.session.execute(update(Incident.__table__).where(this_year).values(values))


CHECKS: dict[str, Callable[[], list[str]]] = {
    "no keeper, room or party is double-booked": checks.double_booked,
    "a bullied child owes nothing": checks.owing_although_harmed,
    "nothing happens on a day without school": lambda: checks.on_days_without_school(FIRST),
    "a case's age fits its state": lambda: checks.too_old_for_their_state(TODAY),
    "nothing is overdue for half a year": lambda: checks.long_overdue(TODAY),
    "incidents neither quadruple nor vanish in a year": lambda: checks.uneven_rates(FIRST, TODAY),
}
PLANTED: tuple[tuple[str, Callable[[], None]], ...] = (
    ("no keeper, room or party is double-booked", _book_the_keeper_twice),
    ("no keeper, room or party is double-booked", _book_the_room_twice),
    ("no keeper, room or party is double-booked", _book_a_party_twice),
    ("a bullied child owes nothing", _let_the_harmed_owe),
    ("nothing happens on a day without school", _meet_on_a_sunday),
    ("nothing happens on a day without school", _report_in_the_break),
    ("a case's age fits its state", _forget_a_case_in_intake),
    ("nothing is overdue for half a year", _forget_a_follow_up),
    ("incidents neither quadruple nor vanish in a year", _let_a_year_quadruple),
)


@pytest.mark.parametrize("sentence", CHECKS)
def test_the_story_is_believable(sentence: str) -> None:
    assert CHECKS[sentence]() == []


@pytest.mark.parametrize(("sentence", "plant"), PLANTED, ids=[plant.__name__ for _name, plant in PLANTED])
def test_a_planted_offence_is_caught(sentence: str, plant: Callable[[], None]) -> None:
    plant()
    assert CHECKS[sentence]() != []


def test_the_checks_look_at_something() -> None:
    assert len(list(checks.bookings())) > examples(30, 60)
    assert checks.agreements() > 10
    open_ones = list(db.session.scalars(select(Case.state).where(Case.state != CaseState.CLOSED)))
    assert len(open_ones) > examples(5, 10) and len(set(open_ones)) > 2


def _count(model: Any, *conditions: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


@pytest.mark.full_cross_only("tests/demo/test_load.py")
def test_rates_are_about_the_published_ones() -> None:
    """Of a district that is large enough for rates; that one loads, and what it holds, is proven at either depth."""
    known = select(Incident.behavior_group, func.count()).where(Incident.behavior_group.is_not(None))
    groups = {row[0]: row[1] for row in db.session.execute(known.group_by(Incident.behavior_group))}
    coded = sum(groups.values())
    assert 0.5 < (groups[1] + groups[2]) / coded < 0.7
    assert 0.25 < (groups[3] + groups[4]) / coded < 0.42
    assert 0.02 < (groups[5] + groups[6]) / coded < 0.12
    suspended = _count(DisciplineAction, DisciplineAction.kind == "out_of_school_suspension")
    assert 0.06 < suspended / SIZE.incidents < 0.2
    assert _count(PoliceNotification) / SIZE.incidents < 0.04
    assert len(set(db.session.scalars(select(Case.state)))) >= 4
    assert len(set(db.session.scalars(select(Pathway.state)))) == len(PathwayState)
    assert set(db.session.scalars(select(FollowUp.state))) == set(FollowUpState)
    done = FollowUp.state == FollowUpState.DONE
    assert _count(FollowUp, done, FollowUp.closed_on <= FollowUp.due_on) / _count(FollowUp, done) > 0.8
