"""Safety plans: written, agreed, reviewed, changed, ended. Steps for rooms above, which add follow-ups."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from wss_cases.cases.case.models import Case, CaseParticipant, PlanState, SafetyPlan, SafetyPlanReview
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import NotFound
from wss_cases.journal.rooms import Room

load_plan = by_id(SafetyPlan)


def plans_of(case_id: int) -> list[SafetyPlan]:
    return list(_of_cases.rows([case_id]).scalars())


@Prepared
def _of_cases(among_ids: Narrow) -> Any:
    person = joinedload(SafetyPlan.participant).joinedload(CaseParticipant.student)
    plans = select(SafetyPlan).options(person).where(among_ids(SafetyPlan.case_id))
    return plans.order_by(SafetyPlan.id.desc())


def living_plans(case_id: int) -> list[SafetyPlan]:
    return [plan for plan in plans_of(case_id) if plan.state is not PlanState.ENDED]


def get_plan(case: Case, plan_id: int) -> SafetyPlan:
    """Return one safety plan of a case. Raises NotFound for a plan of another case."""
    plan = db.session.get(SafetyPlan, plan_id)
    if plan is None or plan.case_id != case.id:
        raise NotFound
    return plan


def plan_reviews(plan_id: int) -> list[SafetyPlanReview]:
    statement = select(SafetyPlanReview).where(SafetyPlanReview.safety_plan_id == plan_id)
    return list(db.session.scalars(statement.order_by(SafetyPlanReview.id.desc())))


ROOM = Room(loaders={"safety_plan": load_plan})
