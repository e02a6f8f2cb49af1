"""Circle meetings, who came, and what was agreed. What was said there is never in these tables."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.pathways.circles.states import TermState


class CircleConsent(Base):
    """What one party said about taking part; withdrawable at any time. None: not asked yet."""

    __tablename__ = "circle_consent"
    __table_args__ = (UniqueConstraint("pathway_id", "participant_id"),)

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("case_participant.id"))
    consented: Mapped[bool | None]
    guardian_consented: Mapped[bool | None]
    given_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class HoldLift(Base):
    """A hold of the stored routing answer whose condition was met, with the reason."""

    __tablename__ = "circle_hold_lift"
    __table_args__ = (UniqueConstraint("pathway_id", "rule"), CheckConstraint("reason <> ''", name="reason"))
    PRIVATE = frozenset({"reason"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    rule: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    lifted_at: Mapped[datetime]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class CircleMeeting(Versioned, Base):
    """One meeting of a circle: planned for an instant and a room, then held or not."""

    __tablename__ = "circle_meeting"
    __table_args__ = (
        Index("ix_circle_meeting_pathway", "pathway_id"),
        Index("ix_circle_meeting_keeper", "keeper_id", "starts_at"),
        Index("ix_circle_meeting_school", "school_id", "starts_at"),
        CheckConstraint("happened is null or happened or not_held_reason <> ''", name="not_held_reason"),
    )

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    keeper_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    starts_at: Mapped[datetime]
    room: Mapped[str] = mapped_column(String(80), default="")
    happened: Mapped[bool | None]
    not_held_reason: Mapped[str] = mapped_column(String(40), default="")
    attendance: Mapped[list["CircleAttendance"]] = relationship(order_by="CircleAttendance.id")


class CircleAttendance(Base):
    """Who came to a meeting, by role."""

    __tablename__ = "circle_attendance"
    __table_args__ = (UniqueConstraint("meeting_id", "participant_id"),)

    id: Mapped[Id]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("circle_meeting.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("case_participant.id"))
    attended: Mapped[bool]


class Agreement(Versioned, Base):
    """What the parties agreed, as terms."""

    __tablename__ = "agreement"

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    agreed_on: Mapped[date]
    terms: Mapped[list["AgreementTerm"]] = relationship(
        order_by="AgreementTerm.position", back_populates="agreement"
    )


class AgreementTerm(Versioned, Base):
    """One promise with its owner, its due date and what counts as done."""

    __tablename__ = "agreement_term"
    __table_args__ = (
        UniqueConstraint("agreement_id", "position"),
        CheckConstraint("state = 'open' or decided_at is not null", name="decided"),
    )
    PRIVATE = frozenset({"text", "evidence"})

    id: Mapped[Id]
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    owner_participant_id: Mapped[int | None] = mapped_column(ForeignKey("case_participant.id"))
    due_on: Mapped[date]
    evidence: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[TermState] = mapped_column(named_enum(TermState, "state"), default=TermState.OPEN)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    follow_up_id: Mapped[int | None] = mapped_column(ForeignKey("follow_up.id"))
    agreement: Mapped[Agreement] = relationship(back_populates="terms")
