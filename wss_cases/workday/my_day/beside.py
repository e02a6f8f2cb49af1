"""Whether there is anything of what most people have none of: asked once, so that nothing is asked for in vain."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.access.scope import in_schools
from wss_cases.followups.core.models import FollowUp, FollowUpAct, FollowUpState
from wss_cases.followups.undo import UNDO_FOR
from wss_cases.foundation.school_time import today_at
from wss_cases.mail.common.pages import MailTrouble
from wss_cases.pathways.circles.plans.models import CirclePlan
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.mentoring.periods.models import PeriodTeacher
from wss_cases.pathways.mentoring.plan.models import Mentor
from wss_cases.pathways.reengagement.plan.models import ReengagementPlan
from wss_cases.workday.my_day.meetings.queries import may_meet, may_reenter, meet_between

BESIDE = ("mentored", "periods", "returns", "reentries", "circles", "planned", "trouble", "given", "done")
"""The names of what `beside_counted` counts."""


def beside_counted(actor: Actor) -> dict[str, Select[Any] | None]:
    """Return, by a name, what counts 1 where the actor may have some of it, and 0 where they have none: students whom
    they mentor, periods, students who come back, meetings about that, circles of today and planned ones, mail that does
    not arrive, what they gave away or have just done. Its parameters are those of `around_now`."""
    mine = actor.user_id
    back = (
        select(ReengagementPlan.id)
        .join(Pathway, Pathway.id == ReengagementPlan.pathway_id)
        .where(in_schools(ReengagementPlan.school_id, actor, *CASE_TEAM), Pathway.state.in_(LIVE))
    )
    trouble = select(MailTrouble.id)
    lately = FollowUpAct.at >= bindparam("undone_until")
    around_today = CirclePlan.planned_on.between(bindparam("yesterday"), bindparam("tomorrow"))
    return {
        "mentored": any_of(select(Mentor.id).where(Mentor.user_id == mine, Mentor.is_active)),
        "periods": any_of(select(PeriodTeacher.id).where(PeriodTeacher.user_id == mine)),
        "returns": any_of(back) if actor.has(*CASE_TEAM) else None,
        "reentries": any_of(may_reenter(actor)) if actor.has(*CASE_TEAM) else None,
        "circles": any_of(may_meet(actor)),
        "planned": any_of(select(CirclePlan.id).where(CirclePlan.keeper_id == mine, around_today)),
        "trouble": any_of(trouble if actor.has(Role.ADMINISTRATOR) else trouble.where(MailTrouble.user_id == mine)),
        "given": any_of(select(FollowUp.id).where(FollowUp.given_by_id == mine, FollowUp.state == FollowUpState.OPEN)),
        "done": any_of(select(FollowUpAct.id).where(FollowUpAct.user_id == mine, lately)),
    }


def around_now(now: datetime, zones: Mapping[int, str]) -> dict[str, Any]:
    """Return the parameters of what is counted beside a day; `zones` names each own school's."""
    today, day = today_at(None, now), timedelta(days=1)
    days = {"yesterday": today - day, "tomorrow": today + day}
    return {**days, "undone_until": now - UNDO_FOR, **meet_between(now, zones)}


def any_of(found: Select[Any]) -> Select[Any]:
    """Return what counts 1 where a select finds a row, and 0 where it finds none."""
    return select(func.count()).select_from(found.limit(1).subquery())
