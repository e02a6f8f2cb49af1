"""The plan at the head of a school's board report: its goals at the start and now. For several schools, how many have a
plan in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _
from wss_cases.outcomes.counting.scope.rules import Scope, Share
from wss_cases.plans.measures import PLAN_MEASURES, Figure, figures, number_words, value_of, value_words
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.core.models import STANDING, SchoolPlan, standing_plan
from wss_cases.plans.plan.core.pages import years_words
from wss_cases.plans.plan.goals.models import PlanGoal, target_words
from wss_cases.plans.plan.templates import Component
from wss_cases.roster.directory.models import School


@dataclass(frozen=True)
class GoalNow:
    """A goal, its baseline figure (None: not frozen yet), and its current figure (None: not measured here)."""

    goal: PlanGoal
    then: Figure | None
    now: Figure | None


@dataclass(frozen=True)
class PlanNow:
    """A plan in force, and its goals in order."""

    plan: SchoolPlan
    goals: Sequence[GoalNow]


def plan_now(actor: Actor, scope: Scope) -> PlanNow | None:
    """The plan in force at the school of a report, if it covers the report's year; otherwise None. The caller has
    checked that the actor answers for the report."""
    plan = standing_plan(scope.school_id) if scope.school_id is not None else None
    if plan is None or not plan.first_year <= scope.year <= plan.last_year:
        return None
    of_plan = (PlanGoal.plan_id == plan.id, PlanGoal.school_id == plan.school_id, PlanGoal.removed_on.is_(None))
    goals = db.session.scalars(select(PlanGoal).where(*of_plan).order_by(PlanGoal.component, PlanGoal.position)).all()
    frozen = {row.id: row for row in db.session.scalars(select(PlanBaseline).where(PlanBaseline.plan_id == plan.id))}
    counted = sorted({goal.measure for goal in goals if goal.measure in PLAN_MEASURES})
    now = figures(actor, plan.school_id, counted, scope.first, scope.last, scope.today)
    return PlanNow(
        plan, [GoalNow(goal, _then(frozen.get(goal.baseline_id or 0)), now.get(goal.measure)) for goal in goals]
    )


def _then(row: PlanBaseline | None) -> Figure | None:
    return Figure(row.numerator, row.denominator) if row is not None and row.numerator is not None else None


def schools_with_plan(scope: Scope) -> Share:
    """How many of the active schools (of the report's network, or all) have a plan in force."""
    schools = select(func.count(School.id)).where(School.is_active)
    if scope.network:
        schools = schools.where(School.network == scope.network)
    standing = schools.join(SchoolPlan, SchoolPlan.school_id == School.id).where(SchoolPlan.state.in_(STANDING))
    return Share(db.session.scalar(standing) or 0, db.session.scalar(schools) or 0)


Line = dict[str, Any]


def plan_rows(current_plan: PlanNow | None) -> Line | None:
    """A plan's years, its state, and its goals under the three components; None without a plan. `number` is the count
    behind a goal, 0 without one; `briefly` are both figures without their unit, which the target names."""
    if current_plan is None:
        return None
    parts = [
        (part.label, [_row(current_goal) for current_goal in current_plan.goals if current_goal.goal.component is part])
        for part in Component
    ]
    return {
        "years": years_words(current_plan.plan),
        "state": current_plan.plan.state.label,
        "parts": [(title, rows) for title, rows in parts if rows],
    }


def schools_words(share: Share) -> str:
    return _("%(part)s of %(whole)s schools have a school safety plan in force.", part=share.part, whole=share.whole)


def _row(current_goal: GoalNow) -> Line:
    return {
        "goal": current_goal.goal.statement,
        "then": _words(current_goal.goal.measure, current_goal.then),
        "now": _words(current_goal.goal.measure, current_goal.now),
        "number": int(current_goal.now.numerator) if current_goal.now is not None else 0,
        "briefly": [_briefly(current_goal.goal.measure, figure) for figure in (current_goal.then, current_goal.now)],
        "target": target_words(current_goal.goal),
    }


def _words(measure: str, figure: Figure | None) -> str:
    return value_words(measure, figure) if figure is not None else "–"


def _briefly(measure: str, figure: Figure | None) -> str:
    value = value_of(measure, figure.numerator, figure.denominator) if figure is not None else None
    return number_words(value) if value is not None else _words(measure, figure)
