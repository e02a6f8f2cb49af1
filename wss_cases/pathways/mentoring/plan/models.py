"""Mentors, groups, matches, sessions, and the daily card of check-in/check-out."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.cases.case.models import OfCase
from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.pathways.common.models import InPathway
from wss_cases.pathways.mentoring.plan.states import Cadence, DayState, MentorKind, Missed


class Mentor(Versioned, Base):
    """Somebody who mentors at one school; `user_id` where they sign in and log sessions themselves."""

    __tablename__ = "mentor"
    __table_args__ = (
        Index("ix_mentor_school", "school_id", "is_active"),
        UniqueConstraint("school_id", "user_id"),
        CheckConstraint("capacity >= 0", name="capacity"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    kind: Mapped[MentorKind] = mapped_column(named_enum(MentorKind, "kind"))
    name: Mapped[str] = mapped_column(String(200))
    organisation: Mapped[str] = mapped_column(String(200), default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    capacity: Mapped[int]
    languages: Mapped[list[str]] = mapped_column(default=list)
    strengths: Mapped[str] = mapped_column(String(300), default="")
    trained_on: Mapped[date | None]
    is_active: Mapped[bool] = mapped_column(default=True)


class MentoringGroup(Versioned, Base):
    """Several students with one mentor; each still has a pathway and a plan of their own."""

    __tablename__ = "mentoring_group"
    __table_args__ = (CheckConstraint("capacity >= 2", name="capacity"),)

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    mentor_id: Mapped[int] = mapped_column(ForeignKey("mentor.id"))
    name: Mapped[str] = mapped_column(String(120))
    capacity: Mapped[int] = mapped_column(default=8)
    is_active: Mapped[bool] = mapped_column(default=True)
    mentor: Mapped[Mentor] = relationship()

    @property
    def mentor_user_id(self) -> int | None:
        """Who logs the group's sessions themselves, as for a plan."""
        return self.mentor.user_id if self.mentor.is_active else None


class MentoringPlan(InPathway, OfCase, Versioned, Base):
    """Who mentors and why they match, towards what, how often and how long, and when it is reviewed."""

    __tablename__ = "mentoring_plan"
    __table_args__ = (
        Index("ix_mentoring_plan_mentor", "mentor_id"),
        Index("ix_mentoring_plan_group", "group_id"),
        CheckConstraint("weeks is null or weeks between 1 and 208", name="weeks"),
        CheckConstraint("minutes is null or minutes between 1 and 480", name="minutes"),
    )
    PRIVATE = frozenset({"goal", "match_reasons"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), unique=True)
    mentor_id: Mapped[int | None] = mapped_column(ForeignKey("mentor.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("mentoring_group.id"))
    match_reasons: Mapped[str] = mapped_column(String(500), default="", server_default="")
    goal: Mapped[str] = mapped_column(String(500), default="")
    rhythm: Mapped[Cadence | None] = mapped_column(named_enum(Cadence, "rhythm"))
    weeks: Mapped[int | None]
    minutes: Mapped[int | None]
    starts_on: Mapped[date | None]
    next_review_on: Mapped[date | None]
    comes_after: Mapped[str] = mapped_column(String(40), default="", server_default="")
    mentor: Mapped[Mentor | None] = relationship()
    group: Mapped[MentoringGroup | None] = relationship()

    @property
    def mentor_user_id(self) -> int | None:
        """Who logs the sessions themselves: the mentor's own account while they mentor at the school."""
        return self.mentor.user_id if self.mentor is not None and self.mentor.is_active else None


class MentoringSession(InPathway, Versioned, Base):
    """One session of a day: held (minutes None: not known), or missed with the reason."""

    __tablename__ = "mentoring_session"
    __table_args__ = (
        UniqueConstraint("pathway_id", "on_day"),
        Index("ix_mentoring_session_school", "school_id", "on_day"),
        CheckConstraint("held or minutes is null", name="minutes_when_held"),
        CheckConstraint("held = (missed is null)", name="reason_when_missed"),
        CheckConstraint("minutes is null or minutes between 1 and 480", name="minutes"),
    )
    PRIVATE = frozenset({"note"})

    id: Mapped[Id]
    on_day: Mapped[date]
    held: Mapped[bool]
    minutes: Mapped[int | None]
    missed: Mapped[Missed | None] = mapped_column(named_enum(Missed, "missed"))
    note: Mapped[str] = mapped_column(Text, default="")
    logged_at: Mapped[datetime]
    logged_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class MentoringReview(InPathway, Base):
    """One review of a plan: how the goal stands, and how it goes on."""

    __tablename__ = "mentoring_review"
    PRIVATE = frozenset({"note"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), index=True)
    on_day: Mapped[date]
    goal_stands: Mapped[str] = mapped_column(String(40))
    goes_on: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(Text, default="")
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class DailyCard(InPathway, Versioned, Base):
    """The card of check-in/check-out: up to five expectations, marked in up to ten periods of a day, 0 to 2 each."""

    __tablename__ = "daily_card"
    __table_args__ = (CheckConstraint("goal_percent between 1 and 100", name="goal_percent"),)
    PRIVATE = frozenset({"expectations", "periods"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), unique=True)
    expectations: Mapped[list[str]]
    periods: Mapped[list[str]]
    goal_percent: Mapped[int] = mapped_column(default=80)


class DailyCardDay(Versioned, Base):
    """One day of a card: checked in, marked by period, checked out. `marks`: period to a list of 0, 1, 2 or null."""

    __tablename__ = "daily_card_day"
    __table_args__ = (
        UniqueConstraint("card_id", "on_day"),
        CheckConstraint("checked_out_at is null or checked_in_at is not null", name="in_before_out"),
    )
    PRIVATE = frozenset({"marks"})

    id: Mapped[Id]
    card_id: Mapped[int] = mapped_column(ForeignKey("daily_card.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    on_day: Mapped[date]
    checked_in_at: Mapped[datetime | None]
    checked_out_at: Mapped[datetime | None]
    marks: Mapped[dict[str, Any]] = mapped_column(default=dict)
    logged_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    @property
    def state(self) -> DayState:
        """Where the day stands: not begun, checked in, checked out."""
        if self.checked_in_at is None:
            return DayState.NOT_BEGUN
        return DayState.CHECKED_IN if self.checked_out_at is None else DayState.CHECKED_OUT
