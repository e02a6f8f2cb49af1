"""Meetings with a school's community, and what was heard there. Who came is counted by group, never named."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.plans.voices.meetings.states import MeetingType, Theme

LONGEST_TOPIC = 120


class SchoolMeeting(Versioned, Base):
    """One meeting, planned or held. `quorum`: how many voting members a vote needs; None where there is no vote."""

    __tablename__ = "meeting"
    __table_args__ = (
        Index("ix_meeting_school", "school_id", "held_on"),
        CheckConstraint(
            "students >= 0 and families >= 0 and staff >= 0 and community >= 0 and members >= 0", name="came"
        ),
        CheckConstraint("quorum is null or quorum > 0", name="quorum"),
        CheckConstraint("notice_on is null or notice_on <= held_on", name="notice"),
    )
    PRIVATE = frozenset({"topic"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    kind: Mapped[MeetingType] = mapped_column(named_enum(MeetingType, "kind"))
    held_on: Mapped[date]
    notice_on: Mapped[date | None]
    topic: Mapped[str] = mapped_column(String(LONGEST_TOPIC), default="", server_default="")
    languages: Mapped[list[str]]
    interpreter: Mapped[bool]
    students: Mapped[int]
    families: Mapped[int]
    staff: Mapped[int]
    community: Mapped[int]
    members: Mapped[int]
    quorum: Mapped[int | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class MeetingHeard(Versioned, Base):
    """One thing that was heard at a meeting: its theme, the words, the answer, and what changed because of it."""

    __tablename__ = "meeting_heard"
    __table_args__ = (
        Index("ix_meeting_heard_school", "school_id", "answered_on"),
        CheckConstraint("(answered_on is null) = (answer = '')", name="answered"),
        CheckConstraint("answer <> '' or (changed = '' and goal_id is null and step_id is null)", name="changed"),
    )
    PRIVATE = frozenset({"heard", "answer", "changed"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    theme: Mapped[Theme] = mapped_column(named_enum(Theme, "theme"))
    heard: Mapped[str] = mapped_column(Text, default="", server_default="")
    answer_due_on: Mapped[date]
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")
    changed: Mapped[str] = mapped_column(Text, default="", server_default="")
    goal_id: Mapped[int | None] = mapped_column(ForeignKey("plan_goal.id"), index=True)
    step_id: Mapped[int | None] = mapped_column(ForeignKey("plan_step.id"), index=True)
    answered_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
