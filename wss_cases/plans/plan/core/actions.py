"""Starting a plan, and changing its years, tier and lead. Steps that the other folders of plans share."""

from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import func, select

from wss_cases.access.permissions import Permission
from wss_cases.foundation.clock import school_year, school_year_bounds, year_named
from wss_cases.foundation.db import Base
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import react
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.rules import LONGEST_TERM
from wss_cases.plans.plan.core.states import EDITABLE, PlanState
from wss_cases.plans.plan.core.tiers import PLAN_TIERS
from wss_cases.plans.plan.templates.queries import template_on
from wss_cases.roster.directory.models import School
from wss_cases.training.records.queries import staff_of

Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True)
class PlanHead:
    """For which years a plan is, in which tier the school is ('' for none), and who leads it."""

    first_year: str
    last_year: str
    tier: str
    lead_id: int | None


@use_case
def start_plan(uow: UnitOfWork, school_id: int, head: PlanHead) -> int:
    """Start a plan for a school, by the template in force today. Returns its id. Raises NotFound, Refused."""
    plan = new_plan(uow, school_id, head)
    uow.record(plan, "plan.started")
    return plan.id


def new_plan(uow: UnitOfWork, school_id: int, head: PlanHead, copied_from_id: int | None = None) -> SchoolPlan:
    """Add a draft inside a use case; the school is locked, so that of two at once each gets its own number."""
    uow.load(School, school_id, Permission.PLAN_START)
    today = today_at(school_id, uow.now)
    _check(uow, school_id, head, None)
    same = (SchoolPlan.school_id == school_id, SchoolPlan.first_year == head.first_year)
    latest = uow.session.scalar(select(func.max(SchoolPlan.number)).where(*same)) or 0
    return uow.add(
        SchoolPlan(
            school_id=school_id, number=latest + 1, state=PlanState.DRAFT, template_id=template_on(today).id,
            copied_from_id=copied_from_id, started_by_id=uow.actor.user_id, started_at=uow.now, **vars(head),
        )
    )  # fmt: skip


@use_case
def change_plan(uow: UnitOfWork, school_plan_id: int, head: PlanHead) -> int:
    """Change the last year, tier and lead of a plan; its first year stays. Raises NotFound, Stale, Refused."""
    plan = open_plan(uow, school_plan_id, uow.version)
    _check(uow, plan.school_id, head, plan)
    plan.last_year, plan.tier, plan.lead_id = head.last_year, head.tier, head.lead_id
    uow.record(plan, "plan.changed")
    react(uow, "plan.changed", plan)
    return plan.id


def open_plan(
    uow: UnitOfWork, school_plan_id: int, version: int | None = None, permission: Permission = Permission.PLAN_WRITE
) -> SchoolPlan:
    """Lock a plan that may be changed. Raises NotFound, Stale, and Refused for a closed one and one that is
    before the council or approved by it."""
    plan = uow.load(SchoolPlan, school_plan_id, permission, version)
    if plan.state is PlanState.CLOSED:
        raise Refused("", _("This plan is closed. Copy it forward to go on with it."))
    if plan.state not in EDITABLE:
        raise Refused("", _("The council decides on this text. Move the plan back to the committee to change it."))
    return plan


def council_decided(uow: UnitOfWork, plan: SchoolPlan, approved_on: date | None) -> None:
    """Step: say that the council approved a plan on a day by a vote with a quorum, or (None) that it did not.

    Raises Refused for a plan that is not before the council.
    """
    if plan.state is not PlanState.COUNCIL_VOTE:
        raise Refused("", _("The plan is not before the council."))
    plan.council_approved_on = approved_on
    uow.record(plan, "plan.council_decided", approved=approved_on is not None)


def part_of(uow: UnitOfWork, model: type[Row], part_id: int, version: int | None) -> Row:
    """Lock something that hangs on a plan that may be changed. Raises NotFound, Stale, Refused."""
    part: Any = uow.load(model, part_id, Permission.PLAN_WRITE, version)
    open_plan(uow, part.plan_id)
    found: Row = part
    return found


def refuse_stranger(uow: UnitOfWork, school_id: int, field: str, user_id: int | None, before_id: int | None) -> None:
    """Raise Refused for somebody who does not work at the school, unless they stood there before."""
    if user_id not in (None, before_id) and user_id not in staff_of(school_id, today_at(school_id, uow.now)):
        raise Refused(field, _("Choose someone from this school."))


def _check(uow: UnitOfWork, school_id: int, head: PlanHead, before: SchoolPlan | None) -> None:
    first = before.first_year if before else head.first_year
    begins, _ends = school_year_bounds(first)
    last = year_named(begins.year + LONGEST_TERM - 1)
    this_year = school_year(today_at(school_id, uow.now))
    if before is None and first < this_year:
        raise Refused("first_year", _("Choose this school year or a later one."))
    if not first <= head.last_year <= last:
        raise Refused("last_year", _("Choose a year from %(first)s to %(last)s.", first=first, last=last))
    tiers = PLAN_TIERS.on(today_at(school_id, uow.now))
    if head.tier and head.tier not in (*tiers, before.tier if before else ""):
        raise Refused("tier", _("Choose one of the tiers."))
    refuse_stranger(uow, school_id, "lead", head.lead_id, before.lead_id if before else None)
