"""Reading votes, as far as the actor reads the school's plan."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, select

from wss_cases.access.actor import Actor
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.rules import PLAN_READERS
from wss_cases.plans.plan.core.states import PlanState
from wss_cases.plans.voices.meetings.models import SchoolMeeting
from wss_cases.plans.voices.votes.models import PlanVote
from wss_cases.plans.voices.votes.states import DECIDES, VoteResult

load_vote = by_id(PlanVote)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of votes to those of the schools whose plans the actor reads."""
    return statement.where(in_schools(PlanVote.school_id, actor, *PLAN_READERS))


def get_vote(actor: Actor, vote_id: int) -> PlanVote:
    """Return one vote. Raises NotFound."""
    found: PlanVote | None = db.session.scalar(visible_to(select(PlanVote), actor).where(PlanVote.id == vote_id))
    return existing(found)


def votes_at(actor: Actor, meeting_id: int) -> Sequence[PlanVote]:
    """Return the votes of a meeting, corrected ones among them, in the order in which they were recorded."""
    statement = visible_to(select(PlanVote), actor).where(PlanVote.meeting_id == meeting_id)
    found: Sequence[PlanVote] = db.session.scalars(statement.order_by(PlanVote.id)).all()
    return found


def first_persons(vote: PlanVote) -> list[int | None]:
    """Return whose acts the count of a vote is confirmed beside: who recorded it, and who moved the plan to the vote;
    the caller has checked the vote."""
    moved_by = db.session.scalar(select(SchoolPlan.moved_by_id).where(SchoolPlan.id == vote.plan_id))
    return [vote.recorded_by_id, moved_by]


def latest_decision(plan: SchoolPlan) -> date | None:
    """Return the day on which the council approved a plan that is up for its vote: by the latest of the confirmed votes
    with a quorum since the plan came there, None where that one refused it. The caller has checked the plan."""
    standing = (PlanVote.plan_id == plan.id, PlanVote.body == DECIDES, PlanVote.corrected_at.is_(None))
    decides = (PlanVote.confirmed_at.is_not(None), PlanVote.result != VoteResult.RECOMMENDATION)
    found = select(PlanVote.result, SchoolMeeting.held_on).where(*standing, *decides)
    if plan.moved_at is not None:
        found = found.where(PlanVote.recorded_at >= plan.moved_at)
    joined = found.join(SchoolMeeting, SchoolMeeting.id == PlanVote.meeting_id)
    row = db.session.execute(joined.order_by(SchoolMeeting.held_on.desc(), PlanVote.id.desc()).limit(1)).first()
    return row[1] if row is not None and row[0] is VoteResult.APPROVED else None


def plans_voted_on(votes: Sequence[PlanVote]) -> Sequence[SchoolPlan]:
    """Return the plans of these votes, which the caller has checked."""
    wanted = select(SchoolPlan).where(SchoolPlan.id.in_({vote.plan_id for vote in votes}))
    return db.session.scalars(wanted.order_by(SchoolPlan.id)).all() if votes else ()


def plans_to_vote_on(school_id: int) -> Sequence[SchoolPlan]:
    """Return the plans of a school that are not closed, the latest years first; the caller has checked the school."""
    going_on = (SchoolPlan.school_id == school_id, SchoolPlan.state != PlanState.CLOSED)
    return db.session.scalars(select(SchoolPlan).where(*going_on).order_by(SchoolPlan.id.desc())).all()
