"""A circle's privileged notes, and the recorded acts around them. Only ciphertext stands in these tables.

735 ILCS 5/804.5 (Public Act 102-0100): what is said or done in, before or after a restorative practice is privileged.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.pathways.circles.notes.states import ExceptionKind


class CircleNote(Versioned, Base):
    """One privileged note: its text under a key of its own, that key under the district's."""

    __tablename__ = "circle_note"
    __table_args__ = (
        Index("ix_circle_note_pathway", "pathway_id"),
        Index("ix_circle_note_shred", "shred_on"),
        # a number is never given again: the record of a shredding names its note for good
        {"sqlite_autoincrement": True},
    )
    PRIVATE = frozenset({"sealed_text", "sealed_key"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_name: Mapped[str] = mapped_column(String(16), index=True)
    shred_on: Mapped[date]


class NoteShredding(Base):
    """That a note was shredded: which, when, by which date, and the digest of the ciphertext that is gone.

    `erased_at`: when the database's own files were rid of it too; None while that is still to do.
    """

    __tablename__ = "circle_note_shredding"

    id: Mapped[Id]
    note_id: Mapped[int] = mapped_column(unique=True)
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), index=True)
    shred_on: Mapped[date]
    shredded_at: Mapped[datetime]
    digest: Mapped[str] = mapped_column(String(64))
    erased_at: Mapped[datetime | None]


class PrivilegeWaiver(Base):
    """A participant's waiver of privilege in writing, with its scope and reason; it can be withdrawn."""

    __tablename__ = "privilege_waiver"
    __table_args__ = (
        Index("ix_privilege_waiver_pathway", "pathway_id"),
        CheckConstraint("reason <> ''", name="reason"),
    )
    PRIVATE = frozenset({"reason", "scope"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("case_participant.id"))
    signed_on: Mapped[date]
    scope: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    withdrawn_on: Mapped[date | None]


class PrivilegeException(Base):
    """One use of a legal exception: which, why, told to whom. What was told is never kept here."""

    __tablename__ = "privilege_exception"
    __table_args__ = (
        Index("ix_privilege_exception_pathway", "pathway_id"),
        CheckConstraint("reason <> ''", name="reason"),
    )
    PRIVATE = frozenset({"reason", "told_whom"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    kind: Mapped[ExceptionKind] = mapped_column(named_enum(ExceptionKind, "kind"))
    told_whom: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
