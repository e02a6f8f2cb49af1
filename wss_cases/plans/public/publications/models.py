"""What was published of a plan: frozen words in every language, and the figures that were shown."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Versioned, where
from wss_cases.plans.plan.core.models import OfPlan

LONGEST_SUMMARY = 2000
LONGEST_REASON = 200
LIVE = "replaced_at is null and withdrawn_at is null"


class PlanPublication(OfPlan, Versioned, Base):
    """One version of a school's public page; at most one is read at a time. Nothing of it changes but that it ends.

    `content`: language to what the page says. `figures`: the figures it shows, as (name, students, day), of the school
    year `figures_year`. `agreed`: the adults whom it may name, as (words of the page, who gave the written consent and
    where it is kept, day; '' where it was not recorded); of words that name no one (words, '', '').
    """

    __tablename__ = "plan_publication"
    __table_args__ = (
        UniqueConstraint("school_id", "number"),
        Index("uq_plan_publication_live", "school_id", unique=True, **where(LIVE)),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("(withdrawn_at is null) = (withdrawn_because = '')", name="withdrawn"),
    )
    PRIVATE = frozenset({"summary_en", "summary_es", "agreed", "withdrawn_because"})

    number: Mapped[int]
    summary_en: Mapped[str] = mapped_column(Text)
    summary_es: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any]]
    figures: Mapped[list[Any]]
    figures_year: Mapped[str] = mapped_column(String(7))
    agreed: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    published_at: Mapped[datetime]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    replaced_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    withdrawn_because: Mapped[str] = mapped_column(String(LONGEST_REASON), default="", server_default="")
