"""Queries: the plan of a return, its reviews, the open returns of a school, enrollments after a gap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import aliased, joinedload

from wss_cases.access.actor import Actor
from wss_cases.access.prepared import PreparedFor
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.database.prepared import Narrow, Prepared
from wss_cases.foundation.db import db
from wss_cases.pathways.common.queries import visible_to
from wss_cases.pathways.common.rules import LIVE, Pathway
from wss_cases.pathways.reengagement.plan.rules import ReengagementPlan, ReengagementReview
from wss_cases.roster.directory.models import Enrolment, Student
from wss_cases.routing.engine.pages import Pathway as Family

REVIEW = "reengagement_review"
MOST_RETURNS = 200


@dataclass(frozen=True)
class Return:
    """An open return: the pathway with its person, and the plan."""

    pathway: Pathway
    plan: ReengagementPlan


def plan_of(pathway_id: int) -> ReengagementPlan | None:
    """A pathway's plan of return; None when nothing is set yet."""
    return db.session.scalar(select(ReengagementPlan).where(ReengagementPlan.pathway_id == pathway_id))


def days_of(pathway_ids: Iterable[int]) -> dict[int, Any]:
    """The days of plans on which the next step of a pathway depends, by pathway, in one query."""
    return {plan.pathway_id: plan for plan in _days.rows(pathway_ids)}


@Prepared
def _days(among_ids: Narrow) -> Any:
    plan = ReengagementPlan
    columns = select(
        plan.pathway_id, plan.return_on, plan.returned_on, plan.next_review_on, plan.meeting_at, plan.meeting_held_on,
        plan.meeting_missed,
    )  # fmt: skip
    return columns.where(among_ids(plan.pathway_id))


def opened_by(cause_key: str) -> bool:
    return db.session.scalar(select(ReengagementPlan.id).where(ReengagementPlan.cause_key == cause_key)) is not None


def living_return(student_id: int, school_id: int) -> Pathway | None:
    """The live re-engagement of a student at a school, with its case; None when there is none."""
    wanted = _living(Pathway).where(ReengagementPlan.student_id == student_id, Pathway.school_id == school_id)
    pathway: Pathway | None = db.session.scalars(wanted.order_by(Pathway.id)).first()
    return pathway


def _living(*entities: Any) -> Select[Any]:
    return (
        select(*entities)
        .join(ReengagementPlan, ReengagementPlan.pathway_id == Pathway.id)
        .options(joinedload(Pathway.case), joinedload(Pathway.participant).joinedload(CaseParticipant.student))
        .where(Pathway.pathway == Family.REENGAGEMENT, Pathway.state.in_(LIVE))
    )


def returns_of(actor: Actor, school_id: int | None, limit: int = MOST_RETURNS) -> list[Return]:
    """The open returns of a school (None: of all the actor's schools), by day of return, unknown days last."""
    prepared = _returns if school_id is None else _returns_at
    return [Return(pathway, plan) for pathway, plan in prepared.rows(actor, school=school_id, limit=limit)]


@PreparedFor
def _returns(actor: Actor) -> Any:
    wanted = visible_to(_living(Pathway, ReengagementPlan), actor, live=True)
    ordered = wanted.order_by(
        ReengagementPlan.returned_on.is_not(None),
        ReengagementPlan.return_on.is_(None),
        ReengagementPlan.return_on,
        Pathway.id,
    )
    return ordered.limit(bindparam("limit"))


@PreparedFor
def _returns_at(actor: Actor) -> Any:
    return _returns.build(actor).where(Pathway.school_id == bindparam("school"))


def reviews_of(pathway_id: int) -> list[ReengagementReview]:
    """The reviews of a return, newest first."""
    wanted = select(ReengagementReview).where(ReengagementReview.pathway_id == pathway_id)
    return list(db.session.scalars(wanted.order_by(ReengagementReview.id.desc())))


def open_of(pathway_id: int, kind: str) -> list[FollowUp]:
    """The open follow-ups of a kind of a pathway, by due date."""
    wanted = select(FollowUp).where(
        FollowUp.pathway_id == pathway_id, FollowUp.kind == kind, FollowUp.state == FollowUpState.OPEN
    )
    return list(db.session.scalars(wanted.order_by(FollowUp.due_on, FollowUp.id)))


@dataclass(frozen=True)
class Stay:
    """An enrollment that began lately, with the last days of the student's earlier ones (None: it still runs)."""

    enrolment_id: int
    student: Student
    school_id: int
    starts_on: date
    earlier_ends: tuple[date | None, ...]


def stays_begun(school_ids: Sequence[int], since: date, until: date) -> list[Stay]:
    """Enrollments at these schools that began between two dates and still run, of students enrolled before."""
    earlier = aliased(Enrolment)
    wanted = (
        select(Enrolment.id, Student, Enrolment.school_id, Enrolment.starts_on, earlier.ends_on)
        .join(Student, Student.id == Enrolment.student_id)
        .join(earlier, (earlier.student_id == Enrolment.student_id) & (earlier.starts_on < Enrolment.starts_on))
        .where(
            Enrolment.school_id.in_(school_ids),
            Enrolment.starts_on >= since,
            Enrolment.starts_on <= until,
            or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= until),
            Student.is_active,
        )
        .order_by(Enrolment.id)
    )
    stays: dict[int, Stay] = {}
    for number, student, school_id, starts_on, ends_on in db.session.execute(wanted):
        before = stays[number].earlier_ends if number in stays else ()
        stays[number] = Stay(number, student, school_id, starts_on, (*before, ends_on))
    return list(stays.values())
