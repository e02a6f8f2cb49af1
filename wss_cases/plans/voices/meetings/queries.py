"""Reading meetings and what was heard, as far as the actor reads the school's plan."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, tuple_

from wss_cases.access.actor import Actor, in_schools
from wss_cases.foundation.db import among, by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.tables.ordering import in_order
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.core.queries import PLAN_READERS
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStep
from wss_cases.plans.voices.meetings.models import MeetingHeard, SchoolMeeting

PAGE = 50

load_meeting = by_id(SchoolMeeting)
load_heard = by_id(MeetingHeard)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of meetings to those of the schools whose plans the actor reads."""
    return statement.where(in_schools(SchoolMeeting.school_id, actor, *PLAN_READERS))


def heard_visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of what was heard to the schools whose plans the actor reads."""
    return statement.where(in_schools(MeetingHeard.school_id, actor, *PLAN_READERS))


def get_meeting(actor: Actor, school_meeting_id: int) -> SchoolMeeting:
    """Return one meeting. Raises NotFound."""
    statement = visible_to(select(SchoolMeeting), actor).where(SchoolMeeting.id == school_meeting_id)
    found: SchoolMeeting | None = db.session.scalar(statement)
    return existing(found)


def get_heard(actor: Actor, heard_id: int) -> MeetingHeard:
    """Return one thing that was heard. Raises NotFound."""
    statement = heard_visible_to(select(MeetingHeard), actor).where(MeetingHeard.id == heard_id)
    found: MeetingHeard | None = db.session.scalar(statement)
    return existing(found)


def meetings_of(
    actor: Actor, school_id: int, after: int | None = None, limit: int = PAGE + 1
) -> Sequence[SchoolMeeting]:
    """Return a school's meetings, those to come among them, the latest first, behind the one whose id is `after`."""
    statement = visible_to(select(SchoolMeeting), actor).where(SchoolMeeting.school_id == school_id)
    mark = db.session.scalar(statement.where(SchoolMeeting.id == after)) if after is not None else None
    last = (mark.held_on, mark.id) if mark is not None else None
    by: Any = SchoolMeeting.held_on
    found: Sequence[SchoolMeeting] = db.session.scalars(
        in_order(statement, SchoolMeeting.id, by, down=True, limit=limit, last=last)
    ).all()
    return found


def next_meeting(actor: Actor, school_id: int, today: date) -> SchoolMeeting | None:
    """Return the next meeting of a school, today's included; None where none is planned."""
    statement = visible_to(select(SchoolMeeting), actor).where(
        SchoolMeeting.school_id == school_id, SchoolMeeting.held_on >= today
    )
    found: SchoolMeeting | None = db.session.scalar(
        statement.order_by(SchoolMeeting.held_on, SchoolMeeting.id).limit(1)
    )
    return found


def heard_at(actor: Actor, meeting_id: int) -> Sequence[MeetingHeard]:
    statement = heard_visible_to(select(MeetingHeard), actor).where(MeetingHeard.meeting_id == meeting_id)
    found: Sequence[MeetingHeard] = db.session.scalars(statement.order_by(MeetingHeard.id)).all()
    return found


def voices_of(
    actor: Actor, school_id: int, after: int | None = None, limit: int = PAGE + 1
) -> Sequence[tuple[MeetingHeard, SchoolMeeting]]:
    """Return what was heard at a school with its meeting, behind the thing whose id is `after`: what waits for an
    answer first, the longest due first, then what was answered, the latest first."""
    both: Any = select(MeetingHeard, SchoolMeeting)
    statement = heard_visible_to(both, actor).where(MeetingHeard.school_id == school_id)
    statement = statement.join(SchoolMeeting, SchoolMeeting.id == MeetingHeard.meeting_id)
    mark = db.session.execute(statement.where(MeetingHeard.id == after)).first() if after is not None else None
    if mark is not None:
        statement = statement.where(_behind(mark[0]))
    waiting = case((MeetingHeard.answered_on.is_(None), 0), else_=1)
    ordered = statement.order_by(waiting, MeetingHeard.answered_on.desc(), MeetingHeard.answer_due_on, MeetingHeard.id)
    return [(row[0], row[1]) for row in db.session.execute(ordered.limit(limit))]


def _behind(last: MeetingHeard) -> ColumnElement[bool]:
    """What stands behind a thing in the order of `voices_of`."""
    later = tuple_(MeetingHeard.answer_due_on, MeetingHeard.id) > tuple_(literal(last.answer_due_on), literal(last.id))
    if last.answered_on is None:
        return or_(MeetingHeard.answered_on.is_not(None), later)
    same_day = and_(MeetingHeard.answered_on == last.answered_on, later)
    return or_(MeetingHeard.answered_on < last.answered_on, same_day)


def unanswered_by_school(actor: Actor, today: date) -> dict[int, tuple[int, int]]:
    """Return how many voices of each school wait for an answer, and for how many of them it is overdue; schools where
    none waits are left out."""
    overdue = func.sum(case((MeetingHeard.answer_due_on < today, 1), else_=0))
    counted: Any = select(MeetingHeard.school_id, func.count(), overdue)
    waiting = heard_visible_to(counted, actor).where(MeetingHeard.answered_on.is_(None))
    rows = db.session.execute(waiting.group_by(MeetingHeard.school_id))
    return {row[0]: (row[1], int(row[2] or 0)) for row in rows}


def unanswered_counts(plan_ids: Sequence[int], today: date) -> dict[int, int]:
    """Return how many voices wait for an answer at the school of each of these plans; the caller may read the plans."""
    waits = and_(MeetingHeard.school_id == SchoolPlan.school_id, MeetingHeard.answered_on.is_(None))
    counted = select(SchoolPlan.id, func.count()).join(MeetingHeard, waits)
    rows = db.session.execute(counted.where(among(SchoolPlan.id, list(plan_ids))).group_by(SchoolPlan.id))
    return {row[0]: row[1] for row in rows}


def unanswered_at(meeting_ids: Iterable[int]) -> dict[int, int]:
    """Return how many voices of each of these meetings wait for an answer; the caller may read the meetings."""
    which = (among(MeetingHeard.meeting_id, list(meeting_ids)), MeetingHeard.answered_on.is_(None))
    counted = select(MeetingHeard.meeting_id, func.count()).where(*which).group_by(MeetingHeard.meeting_id)
    return {row[0]: row[1] for row in db.session.execute(counted)}


def goals_and_steps(school_id: int) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return the goals and the steps of a school's plans that are not closed, by id with their words."""
    going_on = (SchoolPlan.school_id == school_id, SchoolPlan.state != PlanState.CLOSED)
    goals = select(PlanGoal.id, PlanGoal.statement).join(SchoolPlan, SchoolPlan.id == PlanGoal.plan_id)
    goals = goals.where(*going_on, PlanGoal.removed_on.is_(None))
    steps = select(PlanStep.id, PlanStep.text).join(SchoolPlan, SchoolPlan.id == PlanStep.plan_id)
    steps = steps.where(*going_on, PlanStep.removed_on.is_(None))
    return (
        [(row[0], row[1]) for row in db.session.execute(goals.order_by(PlanGoal.position))],
        [(row[0], row[1]) for row in db.session.execute(steps.order_by(PlanStep.due_on))],
    )
