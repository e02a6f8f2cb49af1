"""A calendar's file between its upload and its writing: what each event was taken for, and what people said of it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned


class CalendarDraft(Versioned, Base):
    """One uploaded file of one school year. Once it is written it stays: a later file is read by its decisions."""

    __tablename__ = "calendar_draft"
    __table_args__ = (Index("ix_calendar_draft_school_year", "school_year", "id"),)

    id: Mapped[Id]
    school_year: Mapped[str] = mapped_column(String(7))
    source: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64))
    events: Mapped[list[Any]]
    problems: Mapped[list[Any]]
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime | None]
