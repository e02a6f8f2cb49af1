"""A school's Whole School Safety plan. No table of plans holds a student's name."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.plans.plan.core.states import PlanState

LONGEST_TIER = 60


class SchoolPlan(Versioned, Base):
    """One plan of a school for one or more school years. At most one of a school stands at a time (`states.STANDING`).

    `number` counts the plans of a school that begin in the same year. `council_approved_on`: the day on which the
    council approved it by a vote with a quorum, None until then and again when it goes back to the committee.
    `moved_at`, `moved_by_id`: when and by whom it was moved to where it stands; None while no one has moved it.
    """

    __tablename__ = "school_plan"
    __table_args__ = (
        UniqueConstraint("school_id", "first_year", "number"),
        Index("uq_school_plan_standing", "school_id", unique=True, **where("state in ('in_force','reviewed')")),
        Index("ix_school_plan_state", "state", "school_id"),
        CheckConstraint("first_year <= last_year", name="years"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("(approved_on is null) = (approved_by_id is null)", name="approved"),
        CheckConstraint(
            "state not in ('approved','in_force','reviewed') or (approved_on is not null "
            "and council_approved_on is not null)",
            name="needs_approval",
        ),
        CheckConstraint("state not in ('in_force','reviewed') or in_force_on is not null", name="in_force"),
        CheckConstraint("(state = 'closed') = (closed_on is not null)", name="closed"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    first_year: Mapped[str] = mapped_column(String(7))
    last_year: Mapped[str] = mapped_column(String(7))
    number: Mapped[int]
    tier: Mapped[str] = mapped_column(String(LONGEST_TIER), default="", server_default="")
    state: Mapped[PlanState] = mapped_column(named_enum(PlanState, "state"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("plan_template.id"))
    copied_from_id: Mapped[int | None] = mapped_column(ForeignKey("school_plan.id"))
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    started_at: Mapped[datetime]
    moved_at: Mapped[datetime | None]
    moved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    council_approved_on: Mapped[date | None]
    approved_on: Mapped[date | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    in_force_on: Mapped[date | None]
    closed_on: Mapped[date | None]


class OfPlan:
    """What hangs on a plan; its school is the plan's."""

    id: Mapped[Id]

    @declared_attr
    def school_id(cls) -> Mapped[int]:
        """Its school."""
        return mapped_column(ForeignKey("school.id"), index=True)

    @declared_attr
    def plan_id(cls) -> Mapped[int]:
        """Its plan."""
        return mapped_column(ForeignKey("school_plan.id"), index=True)
