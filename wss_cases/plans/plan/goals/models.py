"""Goals of a plan, the strategies that serve them, and the steps of each strategy."""

from datetime import date

from sqlalchemy import CheckConstraint, Float, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Versioned, named_enum
from wss_cases.plans.plan.baselines.models import LONGEST_MEASURE
from wss_cases.plans.plan.core.models import OfPlan
from wss_cases.plans.plan.goals.states import Direction
from wss_cases.plans.plan.templates.states import Component

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
    PRIVATE = frozenset({"statement", "why_not_measured"})

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
