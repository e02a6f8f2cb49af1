"""The daily figures: what a school's incidents of one day add up to, stored so that a report never scans incidents."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id

ONLY_ROW = 1


class DailyFigure(Base):
    """One school on one day on which something counts. `parts` is breakdown to {key: incidents}, '' for not known."""

    __tablename__ = "daily_figure"

    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, index=True)
    incidents: Mapped[int] = mapped_column(Integer)
    serious: Mapped[int] = mapped_column(Integer)
    parts: Mapped[dict[str, Any]]


class DistrictFigure(Base):
    """The same of all schools together: the sum of that day's rows. `counted_with` is the audit row that had been
    reckoned with when the day was last added up."""

    __tablename__ = "district_figure"

    day: Mapped[date] = mapped_column(primary_key=True)
    incidents: Mapped[int] = mapped_column(Integer)
    serious: Mapped[int] = mapped_column(Integer)
    parts: Mapped[dict[str, Any]]
    counted_with: Mapped[int] = mapped_column(server_default="0")


class FigureState(Base):
    """How far the figures follow the journal: one row.

    `upto` is the audit row that was reckoned with last. `built_at` is None until every school was counted once.
    `counted_school_id` is the last school of a count that goes on, None when none does.
    """

    __tablename__ = "figure_state"
    __table_args__ = (CheckConstraint("id = 1", name="only_row"),)

    id: Mapped[Id]
    upto: Mapped[int]
    counted_at: Mapped[datetime]
    built_at: Mapped[datetime | None]
    counted_school_id: Mapped[int | None]


class SavedView(Base):
    """What one person narrowed a report to, under a name; what it shows is decided anew whenever it is opened."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(80))
    narrowed: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
