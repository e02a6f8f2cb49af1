"""How long past years stay in view for a role, and who opened which student's past years with which reason."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Role
from wss_cases.foundation.db import Base, Id, named_enum


class VisibilityWindow(Base):
    """From a day on a role has so many school years in view, the current one included.

    The newest row that has begun is in force. A change is a new row; none is ever changed or taken away.
    """

    __tablename__ = "sight_setting"
    __table_args__ = (
        UniqueConstraint("role", "starts_on"),
        CheckConstraint("school_years between 1 and 60", name="school_years"),
    )

    id: Mapped[Id]
    role: Mapped[Role] = mapped_column(named_enum(Role, "role"))
    starts_on: Mapped[date]
    school_years: Mapped[int]
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    set_at: Mapped[datetime | None]


class PastOpening(Base):
    """One person opened one student's past years, for a reason and for a while; the school sees it."""

    __tablename__ = "past_opening"
    __table_args__ = (
        Index("ix_past_opening_user", "user_id", "expires_at"),
        Index("ix_past_opening_student", "student_id"),
        Index("ix_past_opening_school", "school_id", "id"),
    )
    PRIVATE = frozenset({"reason"})

    id: Mapped[Id]
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
