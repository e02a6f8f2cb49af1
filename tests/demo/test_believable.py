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
from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.grants import actor_of
from wss_cases.cases.case.models import Case, CaseParticipant, CaseState
from wss_cases.demo.load import Size, make_district
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import force_locale
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.requirements.queries import circles_for
from wss_cases.pathways.circles.terms import AgreementTerm
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.pathways.mentoring.plan.models import DailyCardDay, MentoringSession
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.plans.plan.goals.models import PlanGoal
from wss_cases.roster.directory.models import Student
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.police.review.models import PoliceNotification, PoliceReview

NOW = datetime(2026, 11, 24, 19, 30, tzinfo=UTC)
FIRST, TODAY = date(2025, 8, 18), date(2026, 11, 24)
THIS_YEAR = Scope(None, "2026-27", date(2026, 8, 1), TODAY, TODAY)
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
    row.due_on = date(2026, 10, 28)
    db.session.flush()


def _reach_no_family_of_the_harmed() -> None:
    of_harmed = select(IncidentPerson.id).where(IncidentPerson.role == PersonRole.HARMED)
    calls = FollowUp.__table__.c.incident_person_id.in_(of_harmed)
    db.session.execute(update(FollowUp.__table__).where(calls).values(outcome="not_reached"))


def _mark_a_card() -> None:
    day = db.session.scalars(select(DailyCardDay).order_by(DailyCardDay.on_day.desc())).first()
    assert day is not None
    day.on_day = TODAY
    db.session.flush()


def _aim_backward() -> None:
    goal = db.session.scalars(select(PlanGoal).where(PlanGoal.measure == "repaired")).one()
    goal.target = 1.0
    db.session.flush()


def _confirm_every_emergency() -> None:
    db.session.execute(update(PoliceReview.__table__).values(second_approves=True))


def _give_the_dean_everything() -> None:
    dean = _accounts()["dean"].user_id
    item = FollowUp.__table__
    here = (item.c.school_id == 1) & (item.c.state == FollowUpState.OPEN)
    db.session.execute(update(item).where(here).values(owner_id=dean, due_on=date(2026, 11, 20)))


def _name_a_student_in_letters_without_a_font() -> None:
    student = db.session.scalars(select(Student)).first()
    assert student is not None
    student.given_name = "\u7f8e\u73b2"
    db.session.flush()


def _accounts() -> dict[str, Actor]:
    """The people of the first school who have a day, by their role."""
    people = select(UserAccount.email, UserAccount.id).where(UserAccount.is_demo)
    actors = {email.split("@")[0]: actor_of(number, NOW) for email, number in db.session.execute(people)}
    return {name: existing(actors[name]) for name in ("dean", "coordinator", "administrator")}


def _let_a_year_quadruple() -> None:
    this_year = (Incident.local_date > date(2026, 8, 1)) & (Incident.id % 4 != 0)
    values = {"local_date": date(2025, 10, 1)}
    db.session.execute(update(Incident.__table__).where(this_year).values(values))


CHECKS: dict[str, Callable[[], list[str]]] = {
    "no keeper, room or party is double-booked": checks.double_booked,
    "a bullied child owes nothing": checks.owing_although_harmed,
    "nothing happens on a day without school": lambda: checks.on_days_without_school(FIRST),
    "a case's age fits its state": lambda: checks.too_old_for_their_state(TODAY),
    "nothing is overdue for more than 15 school days": lambda: checks.long_overdue(TODAY),
    "families of harmed students are called like others": checks.families_called_otherwise,
    "the coordinator has daily cards to mark today": lambda: checks.without_cards(_accounts()["coordinator"], TODAY),
    "the goals of a plan point the right way": checks.pointing_the_wrong_way,
    "police reviews had both outcomes, of either kind": lambda: checks.police_told_one_way(SYSTEM, THIS_YEAR),
    "each first screen shows a day's work": lambda: checks.no_days_work(_accounts(), NOW),
    "names are in letters that a plain machine has": checks.not_readable,
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
    ("nothing is overdue for more than 15 school days", _forget_a_follow_up),
    ("families of harmed students are called like others", _reach_no_family_of_the_harmed),
    ("the coordinator has daily cards to mark today", _mark_a_card),
    ("the goals of a plan point the right way", _aim_backward),
    ("police reviews had both outcomes, of either kind", _confirm_every_emergency),
    ("each first screen shows a day's work", _give_the_dean_everything),
    ("names are in letters that a plain machine has", _name_a_student_in_letters_without_a_font),
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
