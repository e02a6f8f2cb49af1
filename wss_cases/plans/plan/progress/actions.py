"""Moving a plan from one state to the next."""

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import react
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.queries import standing_plan
from wss_cases.plans.plan.core.rules import blocks, may_follow
from wss_cases.plans.plan.core.states import PlanState
from wss_cases.plans.plan.progress.queries import facts_of
from wss_cases.roster.directory.models import School

BEFORE_APPROVAL = frozenset({PlanState.DRAFT, PlanState.COMMITTEE})


@use_case
def move_plan(uow: UnitOfWork, school_plan_id: int, target: PlanState) -> int:
    """Move a plan to its next state, or back. Coming into force closes the school's plan before.

    Raises NotFound, Stale, and Refused for a state that may not follow, and for one that something blocks.
    """
    plan = uow.load(SchoolPlan, school_plan_id, Permission.PLAN_WRITE, uow.version)
    if not may_follow(plan.state, target):
        raise Refused("", _("A plan in this state cannot be moved there."))
    today = today_at(plan.school_id, uow.now)
    if in_the_way := blocks(facts_of(plan, today), target):
        raise Refused("", " ".join(str(block.label) for block in in_the_way))
    if target is PlanState.IN_FORCE:
        _close_before(uow, plan)
        plan.in_force_on = today
    elif target is PlanState.APPROVED:
        plan.approved_on, plan.approved_by_id = today, uow.actor.user_id
    elif target in BEFORE_APPROVAL:
        plan.council_approved_on = plan.approved_on = plan.approved_by_id = None
    elif target is PlanState.CLOSED:
        plan.closed_on = today
    plan.state, plan.moved_at, plan.moved_by_id = target, uow.now, uow.actor.user_id
    uow.record(plan, "plan.moved", state=target.value)
    react(uow, "plan.moved", plan)
    return plan.id


def _close_before(uow: UnitOfWork, plan: SchoolPlan) -> None:
    """Close the plan that stands at the school; the school is locked, so that of two at once only one comes after."""
    uow.session.get_one(School, plan.school_id, with_for_update=True)
    before = standing_plan(plan.school_id)
    if before is None:
        return
    before.state, before.closed_on = PlanState.CLOSED, today_at(plan.school_id, uow.now)
    uow.session.flush()
    uow.record(before, "plan.superseded")
    react(uow, "plan.moved", before)
