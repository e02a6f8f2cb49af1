"""The questioning of a student by police or security (105 ILCS 5/22-88): recorded before it starts."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.incidents.incident.models import OfIncident
from wss_cases.safeguards.questioning.states import AdultPresent, ClaimedException, QuestionedBy


class Questioning(OfIncident, Versioned, Base):
    """Who wants to question which student and why, and what has to stand before it may start.

    `recorded_late` says that it had begun when the record was made: nothing was refused then, and nothing is hidden.
    """

    __tablename__ = "questioning"
    __table_args__ = (
        Index("ix_questioning_incident", "incident_id"),
        Index("ix_questioning_school", "school_id", "recorded_at"),
        CheckConstraint("not recorded_late or (late_reason <> '' and started_at is not null)", name="late"),
        CheckConstraint("exception is null or exception_reason <> ''", name="exception"),
        CheckConstraint("adult_present is null or adult_name <> ''", name="adult"),
        CheckConstraint(
            "started_at is null or recorded_late or exception is not null or adult_present is not null", name="start"
        ),
        CheckConstraint(
            "ended_at is null or (started_at is not null and ended_at >= started_at and what_followed <> '')",
            name="ending",
        ),
        CheckConstraint("called_off_at is null or (started_at is null and what_followed <> '')", name="called_off"),
    )
    PRIVATE = frozenset({"why", "late_reason", "exception_reason", "what_followed", "who", "adult_name"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True)
    duty_id: Mapped[int] = mapped_column(ForeignKey("legal_duty.id"))
    asked_by: Mapped[QuestionedBy] = mapped_column(named_enum(QuestionedBy, "asked_by"))
    who: Mapped[str] = mapped_column(String(200))
    why: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_late: Mapped[bool] = mapped_column(default=False)
    late_reason: Mapped[str] = mapped_column(Text, default="")
    adult_present: Mapped[AdultPresent | None] = mapped_column(named_enum(AdultPresent, "adult_present"))
    adult_name: Mapped[str] = mapped_column(String(200), default="")
    exception: Mapped[ClaimedException | None] = mapped_column(named_enum(ClaimedException, "claimed"))
    exception_reason: Mapped[str] = mapped_column(Text, default="")
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    called_off_at: Mapped[datetime | None]
    what_followed: Mapped[str] = mapped_column(Text, default="")


class QuestioningNotice(Base):
    """One attempt to tell the guardian that the student is to be questioned; only `reached` is contact."""

    __tablename__ = "questioning_notice"
    PRIVATE = frozenset({"note", "told_whom"})

    id: Mapped[Id]
    questioning_id: Mapped[int] = mapped_column(ForeignKey("questioning.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    at: Mapped[datetime]
    manner: Mapped[str] = mapped_column(String(20))
    result: Mapped[str] = mapped_column(String(20))
    told_whom: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]
