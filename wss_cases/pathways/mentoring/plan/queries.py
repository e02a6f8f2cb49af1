"""Queries: mentoring plans, sessions, cards. The caller has checked the pathway unless a docstring says otherwise."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.pathways.mentoring.plan.models import (
    DailyCard,
    DailyCardDay,
    Mentor,
    MentoringGroup,
    MentoringPlan,
    MentoringReview,
    MentoringSession,
)
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.rules import last_digits

LOGGED = (PathwayState.PREPARING, PathwayState.ACTIVE)
"""States in which sessions are logged: the student has said yes, and mentoring has not ended."""


@dataclass(frozen=True)
class OwnStudent:
    """A student as their mentor may know them: the given name, the goal, and the plan; never the case."""

    plan: MentoringPlan
    pathway: Pathway
    name: str

    @property
    def student(self) -> Student | None:
        person = self.pathway.participant
        return person.student if person is not None else None


def plan_of(pathway_id: int) -> MentoringPlan | None:
    """The mentoring plan of a pathway; None when nothing is set yet."""
    return db.session.scalar(
        select(MentoringPlan)
        .options(joinedload(MentoringPlan.mentor), joinedload(MentoringPlan.group))
        .where(MentoringPlan.pathway_id == pathway_id)
    )


def courses_of(pathway_ids: Sequence[int]) -> dict[int, Any]:
    """The data for the next session of many pathways, by pathway, in one query: plan, whether there is a card, how many
    sessions were logged, and the newest day.
    """
    return {row.pathway_id: row for row in _courses.rows(pathway_ids)}


@Prepared
def _courses(among_ids: Narrow) -> Any:
    plan, log = MentoringPlan, select(MentoringSession).where(MentoringSession.pathway_id == MentoringPlan.pathway_id)
    card = select(DailyCard.id).where(DailyCard.pathway_id == plan.pathway_id).exists()
    statement = select(
        plan.pathway_id, plan.mentor_id, plan.rhythm, plan.starts_on, plan.weeks, plan.next_review_on,
        card.label("has_card"),
        log.with_only_columns(func.count()).scalar_subquery().label("logged"),
        log.with_only_columns(func.max(MentoringSession.on_day)).scalar_subquery().label("newest"),
    )  # fmt: skip
    return statement.where(among_ids(plan.pathway_id))


def sessions_of(pathway_id: int, since: date | None = None) -> list[MentoringSession]:
    """The sessions logged for a pathway, newest first."""
    statement = select(MentoringSession).where(MentoringSession.pathway_id == pathway_id)
    if since is not None:
        statement = statement.where(MentoringSession.on_day >= since)
    return list(db.session.scalars(statement.order_by(MentoringSession.on_day.desc())))


def session_on(pathway_id: int, day: date) -> MentoringSession | None:
    """The session logged for a day, or None."""
    return db.session.scalar(
        select(MentoringSession).where(MentoringSession.pathway_id == pathway_id, MentoringSession.on_day == day)
    )


def sessions_on(pathway_ids: Collection[int], day: date) -> dict[int, MentoringSession]:
    """The sessions logged for a day, by pathway, in one query."""
    statement = select(MentoringSession).where(
        MentoringSession.pathway_id.in_(list(pathway_ids)), MentoringSession.on_day == day
    )
    return {row.pathway_id: row for row in db.session.scalars(statement)}


def logged_of(pathway_ids: Collection[int]) -> dict[int, tuple[int, date | None]]:
    """How many sessions were logged and the newest day, by pathway, in one query."""
    statement = (
        select(MentoringSession.pathway_id, func.count(), func.max(MentoringSession.on_day))
        .where(MentoringSession.pathway_id.in_(list(pathway_ids)))
        .group_by(MentoringSession.pathway_id)
    )
    return {row[0]: (row[1], row[2]) for row in db.session.execute(statement)}


def reviews_of(pathway_id: int) -> list[MentoringReview]:
    """The reviews of a pathway, newest first."""
    statement = select(MentoringReview).where(MentoringReview.pathway_id == pathway_id)
    return list(db.session.scalars(statement.order_by(MentoringReview.on_day.desc(), MentoringReview.id.desc())))


def card_of(pathway_id: int) -> DailyCard | None:
    """The card of check-in/check-out; None when it is not set up."""
    return db.session.scalar(select(DailyCard).where(DailyCard.pathway_id == pathway_id))


def with_card(pathway_ids: Collection[int]) -> set[int]:
    """Those of these pathways that have a card, in one query; no query for an empty list."""
    if not pathway_ids:
        return set()
    return set(db.session.scalars(select(DailyCard.pathway_id).where(DailyCard.pathway_id.in_(list(pathway_ids)))))


def card_and_days(pathway_id: int, since: date) -> tuple[DailyCard | None, dict[date, DailyCardDay]]:
    """The card of a pathway with its days since a date, in one query; None when there is no card."""
    statement = (
        select(DailyCard, DailyCardDay)
        .outerjoin(DailyCardDay, (DailyCardDay.card_id == DailyCard.id) & (DailyCardDay.on_day >= since))
        .where(DailyCard.pathway_id == pathway_id)
    )
    rows = db.session.execute(statement).all()
    return (rows[0][0] if rows else None), {day.on_day: day for _card, day in rows if day is not None}


def card_days(card_id: int, since: date) -> dict[date, DailyCardDay]:
    """The days of a card since a date, by day."""
    statement = select(DailyCardDay).where(DailyCardDay.card_id == card_id, DailyCardDay.on_day >= since)
    return {row.on_day: row for row in db.session.scalars(statement)}


def given_name(participant: CaseParticipant | None) -> str:
    """The name by which a mentor knows a student: the preferred given name, else the given name."""
    if participant is None:
        return ""
    if participant.student is None:
        return person_words(participant)
    return participant.student.preferred_given_name or participant.student.given_name


def told_apart(rows: Iterable[Any]) -> list[OwnStudent]:
    """The students of (plan, pathway), sorted by given name.

    Equal given names get an initial, and equal initials digits.
    """
    students = [OwnStudent(plan, row, given_name(row.participant)) for plan, row in rows]
    for mark in (_initial, lambda student: last_digits(student.student_number)):
        ids_by_name: dict[str, set[int]] = defaultdict(set)
        for own in students:
            if own.student is not None:
                ids_by_name[own.name.casefold()].add(own.student.id)
        students = [
            replace(own, name=f"{own.name} {mark(own.student)}")
            if own.student is not None and len(ids_by_name[own.name.casefold()]) > 1
            else own
            for own in students
        ]
    return sorted(students, key=lambda own: (own.name.casefold(), own.plan.id))


def _initial(student: Student) -> str:
    return f"{(student.preferred_family_name or student.family_name)[:1]}."


def get_own(actor: Actor, pathway_id: int) -> OwnStudent:
    """A student whose sessions the actor logs, as their mentor or on the school's case team.

    Raises NotFound; for a mentor also before the student has said yes and once the pathway has ended.
    """
    statement = _own().where(MentoringPlan.pathway_id == pathway_id)
    plan, row = existing(db.session.execute(statement).first())
    require(actor, Permission.MENTORING_LOG, plan)
    if plan.mentor_user_id == actor.user_id and not is_team(actor, plan) and row.state not in LOGGED:
        raise NotFound
    return OwnStudent(plan, row, given_name(row.participant))


def is_team(actor: Actor, record: Any) -> bool:
    """Whether the actor may open the case of this plan."""
    return actor.covers(record.school_id, *CASE_TEAM)


def my_students(actor: Actor) -> list[OwnStudent]:
    """The students whom the actor mentors now, sorted by name, in one query."""
    statement = _own().where(
        Mentor.user_id == actor.user_id,
        Mentor.is_active,
        Pathway.state.in_(LOGGED),
        MentoringPlan.school_id.in_(sorted(actor.school_ids(*STAFF))),
    )
    return told_apart(db.session.execute(statement))


def _own() -> Any:
    return (
        select(MentoringPlan, Pathway)
        .join(Pathway, Pathway.id == MentoringPlan.pathway_id)
        .outerjoin(Mentor, Mentor.id == MentoringPlan.mentor_id)
        .options(
            joinedload(MentoringPlan.mentor),
            joinedload(MentoringPlan.group),
            joinedload(Pathway.participant).joinedload(CaseParticipant.student),
        )
    )


def group_students(group_id: int) -> list[OwnStudent]:
    """The current students of a group, sorted by name; the caller has checked the group."""
    statement = _own().where(MentoringPlan.group_id == group_id, Pathway.state.in_(LOGGED))
    return told_apart(db.session.execute(statement))


def get_group(actor: Actor, group_id: int) -> MentoringGroup:
    """A group whose sessions the actor logs. Raises NotFound."""
    group = db.session.get(MentoringGroup, group_id, options=[joinedload(MentoringGroup.mentor)])
    require(actor, Permission.MENTORING_LOG, group)
    assert group is not None
    return group
