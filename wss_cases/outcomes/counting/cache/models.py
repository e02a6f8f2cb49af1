"""Counts that were made ahead, and the rounds in which they are made."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base


class CachedCount(Base):
    """The figures of one count that takes long, as JSON, under its key (see `cached_counts`)."""

    __tablename__ = "kept_count"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    rows: Mapped[str] = mapped_column(Text)
    counted_at: Mapped[datetime]
    good_until: Mapped[datetime] = mapped_column(index=True)


class CountingRound(Base):
    """When the scheduler last made a round of cached counts; `claimed_until` is set while one makes them."""

    __tablename__ = "counting_round"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    counted_at: Mapped[datetime]
    claimed_until: Mapped[datetime]
    took_ms: Mapped[int]
