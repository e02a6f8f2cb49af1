"""Writing goals, strategies and steps. What is taken out of a plan stays in its table, marked with the day.

In force a plan's goals are fixed; how they are pursued, its strategies and steps, is not.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import func, select

from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.db import Base
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import react
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.core.models import GOALS_OPEN, SchoolPlan
from wss_cases.plans.plan.core.pages import open_plan, part_of, refuse_stranger
from wss_cases.plans.plan.goals.queries import GoalContent, PlanGoal, PlanStep, PlanStrategy, check_goal, fixed_words
from wss_cases.roster.names.queries import refuse_names

Part = TypeVar("Part", bound=Base)


@dataclass(frozen=True)
class StrategyContent:
    """If we do this, then that changes, which leads to the goal; and who answers for it."""

    if_words: str
    then_words: str
    leads_to: str
    owner_id: int | None

    @property
    def texts(self) -> tuple[str, ...]:
        """What people wrote."""
        return self.if_words, self.then_words, self.leads_to


@dataclass(frozen=True)
class StepContent:
    """What is done, by whom, by which day, and what will show that it was."""

    text: str
    owner_id: int | None
    due_on: date
    evidence_required: str


@use_case
def add_goal(uow: UnitOfWork, school_plan_id: int, content: GoalContent, anyway: bool = False) -> int:
    """Write a goal of a plan, with the baseline that is frozen for its measure already, where one is. Returns its id.

    Raises NotFound, Refused naming the field, and that in force.
    """
    plan = open_plan(uow, school_plan_id)
    _refuse_fixed(plan)
    _check_goal(uow, plan, content, anyway)
    goal = PlanGoal(**asdict(content), baseline_id=_frozen(uow, plan.id, content.measure))
    return _add(uow, goal, plan, "plan.goal_written", PlanGoal.plan_id == plan.id)


@use_case
def change_goal(uow: UnitOfWork, goal_id: int, content: GoalContent, anyway: bool = False) -> int:
    """Change a goal; one that is measured otherwise loses its baseline for the one that is frozen for its new measure,
    where one is. Raises NotFound, Stale, Refused."""
    goal = _standing(uow, PlanGoal, goal_id)
    plan = uow.session.get_one(SchoolPlan, goal.plan_id)
    _refuse_fixed(plan)
    _check_goal(uow, plan, content, anyway)
    if content.measure != goal.measure:
        goal.baseline_id, goal.survey_value_id = _frozen(uow, goal.plan_id, content.measure), None
    return _change(uow, goal, content, "plan.goal_changed")


@use_case
def remove_goal(uow: UnitOfWork, goal_id: int) -> int:
    """Take a goal out of its plan. Raises NotFound, Stale, and Refused while a strategy stands under it or goals are
    fixed."""
    _refuse_fixed(uow.session.get_one(SchoolPlan, _standing(uow, PlanGoal, goal_id).plan_id))
    return _remove(uow, PlanGoal, goal_id, PlanStrategy.goal_id, _("Remove its strategies first."), "plan.goal_removed")


@use_case
def add_strategy(uow: UnitOfWork, goal_id: int, content: StrategyContent, anyway: bool = False) -> int:
    """Write a strategy for a goal. Returns its id. Raises NotFound, Refused naming the field."""
    goal = _standing(uow, PlanGoal, goal_id, seen=False)
    plan = open_plan(uow, goal.plan_id)
    refuse_names(plan.school_id, anyway, *content.texts)
    refuse_stranger(uow, plan.school_id, "owner", content.owner_id, None)
    strategy = PlanStrategy(goal_id=goal.id, **asdict(content))
    return _add(uow, strategy, plan, "plan.strategy_written", PlanStrategy.goal_id == goal.id)


@use_case
def change_strategy(uow: UnitOfWork, strategy_id: int, content: StrategyContent, anyway: bool = False) -> int:
    """Change a strategy. Raises NotFound, Stale, Refused naming the field."""
    strategy = _standing(uow, PlanStrategy, strategy_id)
    refuse_names(strategy.school_id, anyway, *content.texts)
    refuse_stranger(uow, strategy.school_id, "owner", content.owner_id, strategy.owner_id)
    return _change(uow, strategy, content, "plan.strategy_changed")


@use_case
def remove_strategy(uow: UnitOfWork, strategy_id: int) -> int:
    """Take a strategy out of its plan. Raises NotFound, Stale, and Refused while a step stands under it."""
    words = _("Remove its steps first.")
    return _remove(uow, PlanStrategy, strategy_id, PlanStep.strategy_id, words, "plan.strategy_removed")


@use_case
def add_step(uow: UnitOfWork, strategy_id: int, content: StepContent, anyway: bool = False) -> int:
    """Write a step of a strategy. Returns its id. Raises NotFound, Refused naming the field."""
    strategy = _standing(uow, PlanStrategy, strategy_id, seen=False)
    plan = open_plan(uow, strategy.plan_id)
    _check_step(uow, plan, content, None, anyway)
    step = PlanStep(strategy_id=strategy.id, **asdict(content))
    added = _add(uow, step, plan, "plan.step_written", PlanStep.strategy_id == strategy.id)
    react(uow, "plan.step_written", step)
    return added


@use_case
def change_step(uow: UnitOfWork, step_id: int, content: StepContent, anyway: bool = False) -> int:
    """Change a step. Raises NotFound, Stale, Refused naming the field."""
    step = _standing(uow, PlanStep, step_id)
    _check_step(uow, uow.session.get_one(SchoolPlan, step.plan_id), content, step, anyway)
    changed = _change(uow, step, content, "plan.step_changed")
    react(uow, "plan.step_changed", step)
    return changed


@use_case
def remove_step(uow: UnitOfWork, step_id: int) -> int:
    """Take a step out of its plan. Raises NotFound, Stale, Refused."""
    removed = _remove(uow, PlanStep, step_id, None, "", "plan.step_removed")
    react(uow, "plan.step_removed", uow.session.get_one(PlanStep, step_id))
    return removed


def _standing(uow: UnitOfWork, model: type[Part], part_id: int, *, seen: bool = True) -> Part:
    """Lock a part that stands in a plan that may be changed; with `seen`, in the version that the page showed."""
    part: Any = part_of(uow, model, part_id, uow.version if seen else None)
    if part.removed_on is not None:
        raise NotFound
    found: Part = part
    return found


def _frozen(uow: UnitOfWork, plan_id: int, measure: str) -> int | None:
    """Return the baseline of the latest school year that is frozen for a measure of a plan, None where none is."""
    frozen = select(PlanBaseline.id).where(PlanBaseline.plan_id == plan_id, PlanBaseline.measure == measure)
    latest: int | None = uow.session.scalar(frozen.order_by(PlanBaseline.period_from.desc(), PlanBaseline.id).limit(1))
    return latest


def _refuse_fixed(plan: SchoolPlan) -> None:
    if plan.state not in GOALS_OPEN:
        raise Refused("", fixed_words())


def _add(uow: UnitOfWork, part: Any, plan: SchoolPlan, kind: str, beside: Any) -> int:
    """Add a part at the end of those beside it."""
    last = uow.session.scalar(select(func.max(type(part).position)).where(beside)) or 0
    part.plan_id, part.school_id, part.position = plan.id, plan.school_id, last + 1
    uow.add(part)
    uow.record(part, kind)
    return int(part.id)


def _change(uow: UnitOfWork, part: Any, content: Any, kind: str) -> int:
    for name, value in asdict(content).items():
        setattr(part, name, value)
    uow.record(part, kind)
    return int(part.id)


def _remove(uow: UnitOfWork, model: Any, part_id: int, hung_on: Any, words: str, kind: str) -> int:
    part = _standing(uow, model, part_id)
    if hung_on is not None:
        below = hung_on.class_
        under = select(func.count()).where(hung_on == part.id, below.removed_on.is_(None))
        if uow.session.scalar(under):
            raise Refused("", words)
    part.removed_on = today_at(part.school_id, uow.now)
    uow.record(part, kind)
    return int(part.id)


def _check_goal(uow: UnitOfWork, plan: SchoolPlan, content: GoalContent, anyway: bool) -> None:
    check_goal(content)
    if content.target_by is not None:
        _check_day(plan, "target_by", content.target_by)
    refuse_names(plan.school_id, anyway, content.statement, content.why_not_measured)


def _check_step(
    uow: UnitOfWork, plan: SchoolPlan, content: StepContent, before: PlanStep | None, anyway: bool
) -> None:  # fmt: skip
    if before is None or before.due_on != content.due_on:
        _check_day(plan, "due_on", content.due_on)
    refuse_stranger(uow, plan.school_id, "owner", content.owner_id, before.owner_id if before else None)
    refuse_names(plan.school_id, anyway, content.text, content.evidence_required)


def _check_day(plan: SchoolPlan, field: str, day: date) -> None:
    first, _end = school_year_bounds(plan.first_year)
    _start, last = school_year_bounds(plan.last_year)
    if not first <= day <= last:
        raise Refused(field, _("Choose a day within the school years of the plan."))
