"""Goals, strategies and steps of a plan: their tables, and reading what was not taken out of the plan."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar

from sqlalchemy import CheckConstraint, Float, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.db import Base, Versioned, by_id, db, named_enum
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import day_words_with_year
from wss_cases.plans.measures import PLAN_MEASURES, Direction, number_words
from wss_cases.plans.plan.baselines import LONGEST_MEASURE
from wss_cases.plans.plan.core.models import OfPlan, SchoolPlan
from wss_cases.plans.plan.templates import Component, PlanQuestion

LONGEST_EVIDENCE = 200
MEASURABLE = "measure <> '' and direction is not null and target is not null and target_by is not null"


class Removable:
    """A part that is taken out of its plan stays in the table: steps, money and reviews may name it."""

    removed_on: Mapped[date | None]


class PlanGoal(Removable, OfPlan, Versioned, Base):
    """One goal under a component: measurable by a measure (or a survey), or with a written reason why not.

    `measure`: a key of the measures that plans may use, or 'survey'. Its baseline is frozen after the goal is written,
    so that a goal copied from last year names what must be frozen anew.
    """

    __tablename__ = "plan_goal"
    __table_args__ = (
        CheckConstraint(f"({MEASURABLE}) or why_not_measured <> ''", name="measurable"),
        CheckConstraint("baseline_id is null or survey_value_id is null", name="one_baseline"),
        CheckConstraint("measure <> '' or (baseline_id is null and survey_value_id is null)", name="baseline"),
        CheckConstraint("statement <> ''", name="statement"),
    )
    PRIVATE = frozenset({"statement", "why_not_measured", "why_backward"})

    component: Mapped[Component] = mapped_column(named_enum(Component, "component"))
    position: Mapped[int]
    statement: Mapped[str] = mapped_column(Text)
    measure: Mapped[str] = mapped_column(String(LONGEST_MEASURE), default="", server_default="")
    baseline_id: Mapped[int | None] = mapped_column(ForeignKey("plan_baseline.id"))
    survey_value_id: Mapped[int | None] = mapped_column(ForeignKey("survey_value.id"))
    direction: Mapped[Direction | None] = mapped_column(named_enum(Direction, "direction"))
    target: Mapped[float | None] = mapped_column(Float)
    target_by: Mapped[date | None]
    why_not_measured: Mapped[str] = mapped_column(Text, default="", server_default="")
    why_backward: Mapped[str] = mapped_column(Text, default="", server_default="")


class PlanStrategy(Removable, OfPlan, Versioned, Base):
    """If we do this, then that changes, which leads to the goal."""

    __tablename__ = "plan_strategy"
    __table_args__ = (CheckConstraint("if_words <> '' and then_words <> '' and leads_to <> ''", name="words"),)
    PRIVATE = frozenset({"if_words", "then_words", "leads_to"})

    goal_id: Mapped[int] = mapped_column(ForeignKey("plan_goal.id"), index=True)
    position: Mapped[int]
    if_words: Mapped[str] = mapped_column(Text)
    then_words: Mapped[str] = mapped_column(Text)
    leads_to: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)


class PlanStep(Removable, OfPlan, Versioned, Base):
    """One thing to do for a strategy, by someone, by a day; `evidence_required` says what will show it was done."""

    __tablename__ = "plan_step"
    __table_args__ = (CheckConstraint("text <> '' and evidence_required <> ''", name="words"),)
    PRIVATE = frozenset({"text", "evidence_required"})

    strategy_id: Mapped[int] = mapped_column(ForeignKey("plan_strategy.id"), index=True)
    position: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    due_on: Mapped[date]
    evidence_required: Mapped[str] = mapped_column(String(LONGEST_EVIDENCE))


MOST: Final = 1_000_000


def aim_words(direction: Direction, target: float) -> str:
    """Return which way a goal goes and how far: "Down to 40"."""
    return f"{direction.label} {number_words(target)}"


def measure_words(measure: str) -> str:
    """A measure with its unit."""
    if measure in PLAN_MEASURES:
        declared = PLAN_MEASURES[measure]
        return _("%(measure)s, %(unit)s", measure=declared.title, unit=declared.unit)
    return _("A value of a survey")


def target_words(goal: PlanGoal) -> str:
    """How a goal is measured, to which target and by when, or why it is not."""
    if not goal.measure or goal.direction is None or goal.target is None or goal.target_by is None:
        return _("Not measured: %(why)s", why=goal.why_not_measured)
    return _(
        "%(measure)s: %(direction)s %(target)s by %(day)s",
        measure=measure_words(goal.measure),
        direction=str(goal.direction.label).lower(),
        target=number_words(goal.target),
        day=day_words_with_year(goal.target_by),
    )


def fixed_words() -> str:
    """Return why the goals of a plan in force are not changed, and what one does instead."""
    return _(
        "This plan is in force, so its goals, targets, and baselines stay as the council approved them. Rate a goal at "
        "a review if it no longer fits. To change one, copy the plan forward, change it there, and put it to a vote."
    )


Part = TypeVar("Part", bound=Base)

load_goal, load_strategy, load_step = by_id(PlanGoal), by_id(PlanStrategy), by_id(PlanStep)


@dataclass(frozen=True)
class Tree:
    """Goals of a plan in their order, the strategies of each, and the steps of each of these."""

    goals: Sequence[PlanGoal]
    strategies: Mapping[int, Sequence[PlanStrategy]]
    steps: Mapping[int, Sequence[PlanStep]]


def tree_of(plan_id: int) -> Tree:
    """Return what stands in a plan, in three statements; the caller has checked the plan."""
    goals = db.session.scalars(_standing(PlanGoal, plan_id).order_by(PlanGoal.position, PlanGoal.id)).all()
    strategies: dict[int, list[PlanStrategy]] = defaultdict(list)
    for strategy in db.session.scalars(
        _standing(PlanStrategy, plan_id).order_by(PlanStrategy.position, PlanStrategy.id)
    ):
        strategies[strategy.goal_id].append(strategy)
    steps: dict[int, list[PlanStep]] = defaultdict(list)
    for step in db.session.scalars(_standing(PlanStep, plan_id).order_by(PlanStep.position, PlanStep.id)):
        steps[step.strategy_id].append(step)
    return Tree(goals, strategies, steps)


def without_goal(plan: SchoolPlan) -> list[Component]:
    """Return the components that a plan's template requires and that have no goal; required is one in which any
    question is."""
    asked = select(PlanQuestion.component).where(
        PlanQuestion.template_id == plan.template_id, PlanQuestion.required, PlanQuestion.component.is_not(None)
    )
    written = select(PlanGoal.component).where(PlanGoal.plan_id == plan.id, PlanGoal.removed_on.is_(None))
    missing = set(db.session.scalars(asked.distinct())) - set(db.session.scalars(written.distinct()))
    return [component for component in Component if component in missing]


def without_baseline(plan_id: int) -> Sequence[PlanGoal]:
    """Return the measurable goals of a plan for which no figure is frozen and no survey value entered."""
    statement = _standing(PlanGoal, plan_id).where(
        PlanGoal.measure != "", PlanGoal.baseline_id.is_(None), PlanGoal.survey_value_id.is_(None)
    )
    return db.session.scalars(statement.order_by(PlanGoal.position, PlanGoal.id)).all()


def get_part(actor: Actor, model: type[Part], part_id: int, permission: Permission = Permission.PLAN_WRITE) -> Part:
    """Return a goal, strategy or step that stands in its plan and that the actor may change. Raises NotFound."""
    part: Any = existing(db.session.get(model, part_id))
    require(actor, permission, part)
    if part.removed_on is not None:
        raise NotFound
    found: Part = part
    return found


def _standing(model: Any, plan_id: int) -> Any:
    return select(model).where(model.plan_id == plan_id, model.removed_on.is_(None))
