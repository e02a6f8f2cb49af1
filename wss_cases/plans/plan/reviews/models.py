"""Reviews of a plan: for each goal then, now, target, a rating, and what changes."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Float, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Versioned, named_enum
from wss_cases.plans.plan.core.models import OfPlan
from wss_cases.plans.plan.reviews.states import Rating, ReviewKind


class PlanReview(OfPlan, Versioned, Base):
    """One review of a plan in a school year."""

    __tablename__ = "plan_review"
    __table_args__ = (UniqueConstraint("plan_id", "kind", "held_on"),)
    PRIVATE = frozenset({"summary"})

    kind: Mapped[ReviewKind] = mapped_column(named_enum(ReviewKind, "kind"))
    held_on: Mapped[date]
    summary: Mapped[str] = mapped_column(Text, default="", server_default="")
    written_at: Mapped[datetime]
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]


class PlanReviewGoal(OfPlan, Versioned, Base):
    """One goal at a review. The figures are copied into it and stay; `now_suppressed`: too small to be
    shown outside the school."""

    __tablename__ = "plan_review_goal"
    __table_args__ = (
        UniqueConstraint("review_id", "goal_id"),
        CheckConstraint("rating is null or rating <> 'no_longer' or what_changes <> ''", name="dropped_with_reason"),
    )
    PRIVATE = frozenset({"what_changes"})

    review_id: Mapped[int] = mapped_column(ForeignKey("plan_review.id"))
    goal_id: Mapped[int] = mapped_column(ForeignKey("plan_goal.id"), index=True)
    then_numerator: Mapped[float | None] = mapped_column(Float)
    then_denominator: Mapped[float | None] = mapped_column(Float)
    now_numerator: Mapped[float | None] = mapped_column(Float)
    now_denominator: Mapped[float | None] = mapped_column(Float)
    now_suppressed: Mapped[bool] = mapped_column(default=False)
    target: Mapped[float | None] = mapped_column(Float)
    rating: Mapped[Rating | None] = mapped_column(named_enum(Rating, "rating"))
    what_changes: Mapped[str] = mapped_column(Text, default="", server_default="")
