"""The practice log: circles and the like that no incident asked for. No student is named, and nothing is told."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.practice.log.states import Leader, PracticeKind, Purpose

LONGEST_PLACE = 60


class PracticeEntry(Versioned, Base):
    """One circle, check-in or visit: when, where, what, who led it, how many came and for how long."""

    __tablename__ = "practice_entry"
    __table_args__ = (
        Index("ix_practice_entry_school", "school_id", "held_on"),
        Index("ix_practice_entry_logged_by", "logged_by_id", "school_id"),
        Index("ix_practice_entry_plan", "plan_id"),
        CheckConstraint("students >= 0 and adults >= 0 and students + adults > 0", name="somebody_came"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("(leader = 'staff') = (led_by_id is not null)", name="led_by"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    held_on: Mapped[date]
    kind: Mapped[PracticeKind] = mapped_column(named_enum(PracticeKind, "kind"))
    purpose: Mapped[Purpose | None] = mapped_column(named_enum(Purpose, "purpose"))
    grade: Mapped[int | None]
    place: Mapped[str] = mapped_column(String(LONGEST_PLACE), default="")
    leader: Mapped[Leader] = mapped_column(named_enum(Leader, "leader"))
    led_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("circle_plan.id", ondelete="set null"))
    students: Mapped[int]
    adults: Mapped[int]
    minutes: Mapped[int]
    logged_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    logged_at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]
