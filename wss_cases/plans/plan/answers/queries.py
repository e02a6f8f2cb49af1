"""Reading the answers of a plan, and which required questions have none."""

from collections.abc import Mapping

from sqlalchemy import func, select

from wss_cases.foundation.db import db
from wss_cases.plans.plan.answers.models import PlanAnswer
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.templates.models import PlanQuestion
from wss_cases.plans.plan.templates.states import Component


def answers_of(plan_id: int) -> dict[int, PlanAnswer]:
    """Return the answers of a plan by question; the caller has checked the plan."""
    found = db.session.scalars(select(PlanAnswer).where(PlanAnswer.plan_id == plan_id))
    return {answer.question_id: answer for answer in found}


def unanswered(plan: SchoolPlan) -> Mapping[Component | None, int]:
    """Return how many required questions of a plan have no answer, by component; None for those of no component."""
    answered = (
        select(PlanAnswer.id)
        .where(
            PlanAnswer.plan_id == plan.id, PlanAnswer.question_id == PlanQuestion.id, func.trim(PlanAnswer.text) != ""
        )
        .exists()
    )
    statement = (
        select(PlanQuestion.component, func.count())
        .where(PlanQuestion.template_id == plan.template_id, PlanQuestion.required, ~answered)
        .group_by(PlanQuestion.component)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}
