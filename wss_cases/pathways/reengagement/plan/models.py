"""A student's return: since when away and why, the plan, the re-entry meeting, the reviews."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.pathways.common.models import InPathway
from wss_cases.pathways.reengagement.plan.states import AwayCause, MeetingMissed, ReviewAnswer


class ReengagementPlan(InPathway, Versioned, Base):
    """When and from what the student returns, the re-entry meeting with whom they chose, work missed, supports.

    `cause_key` names what opened it (a removal, an enrolment), so that the same thing opens it once.
    `meeting_missed` is why the last re-entry meeting was not held; one that is not wanted is not planned again.
    """

    __tablename__ = "reengagement_plan"
    __table_args__ = (
        Index("ix_reengagement_plan_school_return", "school_id", "return_on"),
        CheckConstraint("return_on is null or away_from is null or return_on >= away_from", name="dates"),
        CheckConstraint("meeting_held_on is null or meeting_at is not null", name="meeting"),
        CheckConstraint("meeting_at is null or return_on is not null", name="meeting_near_return"),
    )
    PRIVATE = frozenset({"supports", "supporters", "work_missed"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), unique=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id"), index=True)
    cause: Mapped[AwayCause | None] = mapped_column(named_enum(AwayCause, "cause"))
    cause_key: Mapped[str | None] = mapped_column(String(80), unique=True)
    away_from: Mapped[date | None]
    return_on: Mapped[date | None]
    returned_on: Mapped[date | None]
    meeting_at: Mapped[datetime | None]
    meeting_place: Mapped[str] = mapped_column(String(80), default="", server_default="")
    meeting_held_on: Mapped[date | None]
    meeting_missed: Mapped[MeetingMissed | None] = mapped_column(named_enum(MeetingMissed, "meeting_missed"))
    supporters: Mapped[str] = mapped_column(String(500), default="", server_default="")
    work_missed: Mapped[str] = mapped_column(Text, default="", server_default="")
    supports: Mapped[str] = mapped_column(Text, default="")
    next_review_on: Mapped[date | None]


class ReengagementReview(InPathway, Base):
    """One review after the return."""

    __tablename__ = "reengagement_review"
    PRIVATE = frozenset({"note"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), index=True)
    on_day: Mapped[date]
    answer: Mapped[ReviewAnswer] = mapped_column(named_enum(ReviewAnswer, "answer"))
    note: Mapped[str] = mapped_column(Text, default="")
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
