"""Whether there is anything of what most people have none of: asked once, so that nothing is asked for in vain."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.scope import in_schools
from wss_cases.followups.core.models import FollowUp, FollowUpAct, FollowUpState
from wss_cases.followups.undo.rules import UNDO_FOR
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.circles.plans.models import CirclePlan
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.mentoring.periods.models import PeriodTeacher
from wss_cases.pathways.mentoring.plan.models import Mentor
from wss_cases.pathways.reengagement.plan.models import ReengagementPlan


def beside_counted(actor: Actor, now: datetime) -> dict[str, Select[Any] | None]:
    """Return, by a name, what counts 1 where the actor may have some of it, and 0 where they have none: students whom
    they mentor, periods, students who come back, planned circles, what they gave away or have just done."""
    mine, today = actor.user_id, today_at(None, now)
    back = (
        select(ReengagementPlan.id)
        .join(Pathway, Pathway.id == ReengagementPlan.pathway_id)
        .where(in_schools(ReengagementPlan.school_id, actor, *CASE_TEAM), Pathway.state.in_(LIVE))
    )
    around_today = CirclePlan.planned_on.between(today - timedelta(days=1), today + timedelta(days=1))
    return {
        "mentored": _any(select(Mentor.id).where(Mentor.user_id == mine, Mentor.is_active)),
        "periods": _any(select(PeriodTeacher.id).where(PeriodTeacher.user_id == mine)),
        "returns": _any(back) if actor.has(*CASE_TEAM) else None,
        "planned": _any(select(CirclePlan.id).where(CirclePlan.keeper_id == mine, around_today)),
        "given": _any(select(FollowUp.id).where(FollowUp.given_by_id == mine, FollowUp.state == FollowUpState.OPEN)),
        "done": _any(select(FollowUpAct.id).where(FollowUpAct.user_id == mine, FollowUpAct.at >= now - UNDO_FOR)),
    }


def _any(found: Select[Any]) -> Select[Any]:
    return select(func.count()).select_from(found.limit(1).subquery())
