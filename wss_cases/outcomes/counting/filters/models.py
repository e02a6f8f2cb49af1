"""What a filter of the whole district finds, kept; and who waits for it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base


class FilteredCount(Base):
    """The incidents of the whole district in a school year that have some traits, by day, as JSON; it names no one.

    `asked_at` is since when somebody waits for it, None when nobody does. `upto` is the audit row up to which the daily
    figures had been reckoned when it was counted. `tries` is how often a count for who waits now was begun.
    """

    __tablename__ = "filtered_count"
    __table_args__ = (
        CheckConstraint("(asked_at is null) = (asked_by_id is null)", name="asked"),
        CheckConstraint(
            "(figures is null) = (upto is null) and (figures is null) = (counted_at is null)", name="counted"
        ),
        Index("ix_filtered_count_asked", "asked_at"),
    )  # fmt: skip

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    school_year: Mapped[str] = mapped_column(String(7))
    traits: Mapped[dict[str, Any]]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    asked_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(Integer)
    upto: Mapped[int | None]
    counted_at: Mapped[datetime | None]
    figures: Mapped[str | None] = mapped_column(Text)
