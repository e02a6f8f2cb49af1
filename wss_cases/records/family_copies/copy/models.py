"""Copies of a student's record for the family: the request and its draft, and what was released, for good."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.records.family_copies.copy.states import Asker, Manner, ReleaseState


class FamilyRelease(Versioned, Base):
    """One request to see a student's record: who asked, until when, what of it, and what was decided about each name.

    The text itself stands nowhere before it is released: it is made from the records each time it is shown.
    `orders_checked`: somebody looked for a court order that keeps this guardian from the record, which no roster holds.
    `decisions`: by the key of a place in the text; `seen`: a digest of each line as it was handed on.
    """

    __tablename__ = "family_release"
    __table_args__ = (
        Index("ix_family_release_student", "student_id", "id"),
        Index("ix_family_release_school_state", "school_id", "state"),
        CheckConstraint("guardian_id is null or asked_by = 'guardian'", name="guardian"),
        CheckConstraint("asked_by <> 'guardian' or orders_checked", name="orders"),
        CheckConstraint(
            "(state = 'released') = (released_at is not null)"
            " and (state <> 'released' or (manner is not null and identity <> '' and handed_on_by_id is not null))",
            name="released",
        ),
        CheckConstraint(
            "state <> 'released' or released_by_id is null or handed_on_by_id <> released_by_id", name="second_person"
        ),
        CheckConstraint("state <> 'withdrawn' or withdrawn_why <> ''", name="withdrawn"),
    )
    PRIVATE = frozenset({"purpose", "note", "seen", "by_hand", "decisions", "asked_name", "identity", "withdrawn_why"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    follow_up_id: Mapped[int | None] = mapped_column(ForeignKey("follow_up.id"))
    state: Mapped[ReleaseState] = mapped_column(named_enum(ReleaseState, "state"), default=ReleaseState.PREPARING)
    asked_by: Mapped[Asker] = mapped_column(named_enum(Asker, "asked_by"))
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("guardian.id"))
    asked_name: Mapped[str] = mapped_column(String(400))
    asked_on: Mapped[date]
    due_on: Mapped[date | None]
    orders_checked: Mapped[bool] = mapped_column(default=False, server_default="0")
    purpose: Mapped[str] = mapped_column(Text, default="", server_default="")
    language: Mapped[str] = mapped_column(String(8))
    incident_ids: Mapped[list[Any]] = mapped_column(default=list)
    parts: Mapped[list[str]] = mapped_column(default=list)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    by_hand: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    decisions: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    seen: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    prepared_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    prepared_at: Mapped[datetime]
    handed_on_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    handed_on_at: Mapped[datetime | None]
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    released_at: Mapped[datetime | None]
    manner: Mapped[Manner | None] = mapped_column(named_enum(Manner, "manner"))
    identity: Mapped[str] = mapped_column(String(200), default="", server_default="")
    withdrawn_why: Mapped[str] = mapped_column(String(300), default="", server_default="")


class FamilyReleaseCopy(Base):
    """What was released, letter by letter. The database refuses to change it; `sha256` is of `text`, which is JSON."""

    __tablename__ = "family_release_copy"
    PRIVATE = frozenset({"text"})

    id: Mapped[Id]
    release_id: Mapped[int] = mapped_column(ForeignKey("family_release.id"), unique=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
