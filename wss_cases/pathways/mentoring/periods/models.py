"""The periods of a school's day with their times, and who teaches a student with a daily card in each."""

from datetime import time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import Base, Id
from wss_cases.pathways.common.models import InPathway

LONGEST_NAME = 80
MOST_PERIODS = 12


class SchoolPeriod(Base):
    """One period of a school's usual day, with the school's wall-clock times. Cards name their periods like these."""

    __tablename__ = "school_period"
    __table_args__ = (
        UniqueConstraint("school_id", "name"),
        UniqueConstraint("school_id", "number"),
        CheckConstraint("ends_at > starts_at", name="times"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    starts_at: Mapped[time]
    ends_at: Mapped[time]


class PeriodTeacher(InPathway, Base):
    """Who teaches a student in one period of their card: they mark it, and see nothing else of the card or the case."""

    __tablename__ = "period_teacher"
    __table_args__ = (UniqueConstraint("pathway_id", "period"), Index("ix_period_teacher_user", "user_id", "school_id"))
    PRIVATE = frozenset({"period"})

    id: Mapped[Id]
    period: Mapped[str] = mapped_column(String(LONGEST_NAME))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    user: Mapped[UserAccount] = relationship()
