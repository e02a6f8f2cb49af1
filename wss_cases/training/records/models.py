"""Sessions in which staff are trained, and what each of them has on record."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.training.records.states import Because


class TrainingSession(Versioned, Base):
    """A training on one day: of a school, or of the district (no school), by a partner or by whom `provider` names.

    `code` is what stands on the wall that day, '' while nobody asked for one; `minutes` how long it takes. One that was
    not held, or entered in error, is canceled with a reason, never deleted: no one signs in to it, and what people have
    on record from it is taken back until the session is put back.
    """

    __tablename__ = "training_session"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("partner_id is null or provider = ''", name="provider"),
        CheckConstraint(
            "(canceled_at is null) = (canceled_because is null) and (canceled_at is null) = (canceled_reason = '')",
            name="canceled",
        ),
        Index("ix_training_session_school", "school_id", "held_on"),
        Index("uq_training_session_code", "held_on", "code", unique=True, **where("code <> ''")),
    )
    PRIVATE = frozenset({"canceled_reason"})

    id: Mapped[Id]
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    topic: Mapped[str] = mapped_column(String(40), ForeignKey("training_topic.code"))
    held_on: Mapped[date]
    minutes: Mapped[int]
    provider: Mapped[str] = mapped_column(String(200), default="", server_default="")
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    code: Mapped[str] = mapped_column(String(8), default="", server_default="")
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    canceled_at: Mapped[datetime | None]
    canceled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    canceled_because: Mapped[Because | None] = mapped_column(named_enum(Because, "canceled_because"))
    canceled_reason: Mapped[str] = mapped_column(String(300), default="", server_default="")


class TrainingRecord(Base):
    """A training of one member of staff; it counts wherever they work, and the school that recorded it corrects it.

    `minutes`: how long it took, None where nobody said. `valid_until` None: it does not run out. What was entered in
    error is taken back with a reason, never deleted, and counts no more; `taken_back_with_session` while its session is
    canceled, with which it comes back.
    """

    __tablename__ = "training_record"
    __table_args__ = (
        Index("ix_training_record_user", "user_id"),
        Index("ix_training_record_school", "school_id", "topic"),
        Index(
            "uq_training_record_session", "session_id", "user_id", unique=True,
            **where("session_id IS NOT NULL AND taken_back_at IS NULL"),
        ),
        CheckConstraint("valid_until is null or valid_until >= completed_on", name="dates"),
        CheckConstraint("minutes is null or minutes > 0", name="minutes"),
        CheckConstraint("(taken_back_at is null) = (taken_back_reason = '')", name="taken_back"),
        CheckConstraint("taken_back_at is not null or not taken_back_with_session", name="with_session"),
    )  # fmt: skip
    PRIVATE = frozenset({"taken_back_reason"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    topic: Mapped[str] = mapped_column(String(40), ForeignKey("training_topic.code"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("training_session.id"))
    provider: Mapped[str] = mapped_column(String(200), default="", server_default="")
    completed_on: Mapped[date]
    minutes: Mapped[int | None]
    certificate: Mapped[str] = mapped_column(String(120), default="", server_default="")
    valid_until: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    taken_back_at: Mapped[datetime | None]
    taken_back_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    taken_back_reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
    taken_back_with_session: Mapped[bool] = mapped_column(default=False, server_default=false())


class TrainingGuess(Base):
    """A wrong code that somebody typed, counted within a window."""

    __tablename__ = "training_guess"
    __table_args__ = (Index("ix_training_guess_user", "user_id", "at"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
