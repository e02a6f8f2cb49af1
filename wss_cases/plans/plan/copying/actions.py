"""Copying a plan forward: goals, strategies and steps go on; baselines, reviews, votes and progress never do."""

from datetime import date
from typing import Any, Final

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import existing
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import react
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.plan.answers.models import PlanAnswer
from wss_cases.plans.plan.answers.queries import answers_of
from wss_cases.plans.plan.copying.rules import moved_day
from wss_cases.plans.plan.core.actions import PlanHead, new_plan
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.goals.queries import tree_of
from wss_cases.plans.plan.templates.queries import questions_of
from wss_cases.training.records.queries import staff_of

OF_GOAL: Final = ("component", "position", "statement", "measure", "direction", "target", "why_not_measured")
OF_STRATEGY: Final = ("position", "if_words", "then_words", "leads_to")
OF_STEP: Final = ("position", "text", "evidence_required")
"""What is copied of each; baselines and whatever was done are not among it."""


@use_case
def copy_forward(uow: UnitOfWork, school_plan_id: int, head: PlanHead) -> int:
    """Start a plan for later years from this one, by the template in force today. Returns the new plan's id.

    Answers go to the questions of the same code; days move by as many years as the plan does. Raises NotFound, Refused.
    """
    before = existing(uow.session.get(SchoolPlan, school_plan_id))
    require(uow.actor, Permission.PLAN_WRITE, before)
    plan = new_plan(uow, before.school_id, head, copied_from_id=before.id)
    uow.record(plan, "plan.copied")
    _copy_answers(uow, before, plan)
    _copy_goals(uow, before, plan)
    react(uow, "plan.copied", plan)
    return plan.id


def _copy_answers(uow: UnitOfWork, before: SchoolPlan, plan: SchoolPlan) -> None:
    codes = {question.id: question.code for question in questions_of(before.template_id)}
    now = {question.code: question.id for question in questions_of(plan.template_id)}
    for question_id, answer in answers_of(before.id).items():
        if (code := codes.get(question_id)) in now:
            copied = PlanAnswer(
                plan_id=plan.id, school_id=plan.school_id, question_id=now[str(code)], text=answer.text,
                written_by_id=answer.written_by_id, written_at=answer.written_at,
            )  # fmt: skip
            uow.session.add(copied)
    uow.session.flush()


def _copy_goals(uow: UnitOfWork, before: SchoolPlan, plan: SchoolPlan) -> None:
    staff = staff_of(plan.school_id, today_at(plan.school_id, uow.now))
    tree = tree_of(before.id)

    def later(day: date | None) -> date | None:
        return moved_day(day, before.first_year, plan.first_year, plan.last_year) if day else None

    def still_here(user_id: int | None) -> int | None:
        return user_id if user_id in staff else None

    for goal in tree.goals:
        new_goal = uow.add(_copy(goal, plan, OF_GOAL, target_by=later(goal.target_by)))
        for strategy in tree.strategies.get(goal.id, ()):
            own = {"goal_id": new_goal.id, "owner_id": still_here(strategy.owner_id)}
            new_strategy = uow.add(_copy(strategy, plan, OF_STRATEGY, **own))
            for step in tree.steps.get(strategy.id, ()):
                owns = {"strategy_id": new_strategy.id, "owner_id": still_here(step.owner_id)}
                uow.add(_copy(step, plan, OF_STEP, due_on=later(step.due_on), **owns))


def _copy(row: Any, plan: SchoolPlan, names: tuple[str, ...], **more: Any) -> Any:
    values = {name: getattr(row, name) for name in names}
    return type(row)(plan_id=plan.id, school_id=plan.school_id, **values, **more)
