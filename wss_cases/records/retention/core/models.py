"""The schedule of retention, what was decided about records, deletions with their certificates, and bare counts."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.records.retention.core.states import Decision, DeletionState, ItemState, Part, ReviewWhy, Unit


class RetentionRule(Base):
    """How long one kind of record is kept, from a day on; a change is a new row. It deletes nothing by itself."""

    __tablename__ = "retention_rule"
    __table_args__ = (
        UniqueConstraint("code", "starts_on"),
        CheckConstraint("part <> 'temporary' or (unit = 'years' and keep >= 5)", name="temporary_floor"),
        CheckConstraint("part <> 'permanent' or (unit = 'years' and keep >= 60)", name="permanent_floor"),
        CheckConstraint("keep >= 1", name="keep"),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(40))
    part: Mapped[Part] = mapped_column(named_enum(Part, "part"))
    keep: Mapped[int]
    unit: Mapped[Unit] = mapped_column(named_enum(Unit, "unit"))
    counted_from: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(300))
    is_confirmed: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class RecordReview(Base):
    """That a person looked at a student's record, why, and what they decided."""

    __tablename__ = "record_review"
    __table_args__ = (
        Index("ix_record_review_student", "student_id", "decided_on"),
        CheckConstraint("decision <> 'keep' or reason <> ''", name="reason"),
    )
    PRIVATE = frozenset({"reason"})

    id: Mapped[Id]
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    why: Mapped[ReviewWhy] = mapped_column(named_enum(ReviewWhy, "why"))
    decision: Mapped[Decision] = mapped_column(named_enum(Decision, "decision"))
    reason: Mapped[str] = mapped_column(Text, default="")
    keep_until: Mapped[date | None]
    decided_on: Mapped[date]
    decided_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class RecordDeletion(Versioned, Base):
    """One deletion at one school: proposed by one person, confirmed by another, and then its certificate.

    It holds no name: `counts` are rows by table, `digest` is over them and over who, when and which numbers.
    `erased_at`: when the database's own files were rid of it too.
    """

    __tablename__ = "record_deletion"
    __table_args__ = (
        Index("ix_record_deletion_school", "school_id", "id"),
        Index("uq_record_deletion_proposed", "school_id", unique=True, **where("state = 'proposed'")),
        CheckConstraint(
            "confirmed_by_id is null or proposed_by_id is null or confirmed_by_id <> proposed_by_id", name="two_people"
        ),
        CheckConstraint("state not in ('confirmed', 'done') or confirmed_by_id is not null", name="confirmed"),
        CheckConstraint("(state in ('done', 'withdrawn')) = (ended_at is not null)", name="ended"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    state: Mapped[DeletionState] = mapped_column(named_enum(DeletionState, "state"))
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    digest: Mapped[str] = mapped_column(String(64), default="")
    erased_at: Mapped[datetime | None]


class DeletionItem(Base):
    """One student of a deletion. `student_id` is a bare number: once the student is gone it leads nowhere."""

    __tablename__ = "record_deletion_item"
    __table_args__ = (
        UniqueConstraint("deletion_id", "student_id"),
        Index("ix_record_deletion_item_state", "state", "id"),
        Index("ix_record_deletion_item_student", "student_id"),
    )

    id: Mapped[Id]
    deletion_id: Mapped[int] = mapped_column(ForeignKey("record_deletion.id"))
    student_id: Mapped[int]
    part: Mapped[Part] = mapped_column(named_enum(Part, "part"))
    state: Mapped[ItemState] = mapped_column(named_enum(ItemState, "state"), default=ItemState.WAITING)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    why_kept: Mapped[str] = mapped_column(String(40), default="")
    done_at: Mapped[datetime | None]


class RemovedFigure(Base):
    """How many records of a kind a school once had in a school year and has deleted: a count without a child."""

    __tablename__ = "removed_figure"
    __table_args__ = (UniqueConstraint("school_id", "school_year", "what"),)

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    school_year: Mapped[str] = mapped_column(String(7))
    what: Mapped[str] = mapped_column(String(60))
    how_many: Mapped[int]
