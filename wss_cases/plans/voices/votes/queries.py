"""Reading votes, as far as the actor reads the school's plan."""

from collections.abc import Sequence
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


def votes_on(actor: Actor, plan_id: int) -> Sequence[tuple[PlanVote, SchoolMeeting]]:
    """Return the votes on a plan that stand, the latest first, with their meetings."""
    both: Any = select(PlanVote, SchoolMeeting)
    statement = visible_to(both, actor).where(PlanVote.plan_id == plan_id, PlanVote.corrected_at.is_(None))
    joined = statement.join(SchoolMeeting, SchoolMeeting.id == PlanVote.meeting_id)
    latest = joined.order_by(SchoolMeeting.held_on.desc(), PlanVote.id.desc())
    return [(row[0], row[1]) for row in db.session.execute(latest)]


def plans_to_vote_on(school_id: int) -> Sequence[SchoolPlan]:
    """Return the plans of a school that are not closed, the latest years first; the caller has checked the school."""
    going_on = (SchoolPlan.school_id == school_id, SchoolPlan.state != PlanState.CLOSED)
    return db.session.scalars(select(SchoolPlan).where(*going_on).order_by(SchoolPlan.id.desc())).all()
