"""Tables of a circle's privileged notes and of the acts recorded around them, and the mails about them.

The tables hold only ciphertext of notes. 735 ILCS 5/804.5 (Public Act 102-0100): what is said or done in, before or
after a restorative practice is privileged.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.db import Base, Id, Versioned, db, exactly_one, named_enum
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.foundation.pages import link
from wss_cases.journal.message_kinds import Mail, MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.pathways.circles.circle.models import CircleKeeper


class ExceptionKind(Labelled):
    """The exceptions to privilege in the law."""

    PREVENT_HARM = "prevent_harm", _l("To prevent death or bodily harm")
    OTHER_LAW = "other_law", _l("A duty under another law")
    COURT_REPORT = "court_report", _l("A report that a court ordered")


class CircleNote(Versioned, Base):
    """A privileged note, sealed with its own key. `NoteShare` holds that key sealed for each reader's period.

    `concerns`: participants; empty: every party. `sealed_key` and `key_name` are set only for notes from before periods
    had keys. Their key is sealed with the district's key until someone reads them (see `bring_over` in `pages.py`).
    """

    __tablename__ = "circle_note"
    __table_args__ = (
        Index("ix_circle_note_pathway", "pathway_id"),
        Index("ix_circle_note_shred", "shred_on"),
        # ids are never reused, because the record of a shredding names its note for good
        {"sqlite_autoincrement": True},
    )
    PRIVATE = frozenset({"sealed_text", "sealed_key"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_name: Mapped[str | None] = mapped_column(String(16), index=True)
    shred_on: Mapped[date]
    concerns: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")


class NoteOpening(Base):
    """A request to open earlier notes to a keeper: asked at the school, agreed to outside it.

    With a party's waiver, a person who has seen the paper agrees. Under an exception, counsel agrees first and then a
    second person.
    """

    __tablename__ = "circle_note_opening"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("(kind is null) = (waiver_id is not null)", name="ground"),
        CheckConstraint("kind is null or kind in ('prevent_harm', 'court_report')", name="only_these"),
    )
    PRIVATE = frozenset({"reason"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    keeper_id: Mapped[int] = mapped_column(ForeignKey("circle_keeper.id"))
    kind: Mapped[ExceptionKind | None] = mapped_column(named_enum(ExceptionKind, "kind"))
    waiver_id: Mapped[int | None] = mapped_column(ForeignKey("privilege_waiver.id"))
    note_ids: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    counsel_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime | None]


class NoteGrant(Base):
    """Why a keeper may read notes from before they began. The database allows exactly one ground.

    The ground is the author's consent, a party's waiver, or, under an exception, counsel and an approver outside the
    school.
    """

    __tablename__ = "circle_note_grant"
    __table_args__ = (
        Index("ix_circle_note_grant_keeper", "keeper_id"),
        exactly_one("consent_by_id", "waiver_id", "opening_id", name="one_ground"),
        CheckConstraint(
            "(opening_id is not null) = (counsel_id is not null)"
            " and (opening_id is null or (approver_id is not null and approver_id <> counsel_id))",
            name="two_outside",
        ),
        CheckConstraint("(waiver_id is null and opening_id is null) or approver_id is not null", name="seen_outside"),
    )

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"))
    keeper_id: Mapped[int] = mapped_column(ForeignKey("circle_keeper.id"))
    granted_at: Mapped[datetime]
    consent_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    waiver_id: Mapped[int | None] = mapped_column(ForeignKey("privilege_waiver.id"))
    opening_id: Mapped[int | None] = mapped_column(ForeignKey("circle_note_opening.id"))
    counsel_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class NoteShare(Base):
    """A note's key, sealed for one keeper's period. `grant_id`: the grant, for a note from before the period."""

    __tablename__ = "circle_note_share"
    __table_args__ = (UniqueConstraint("note_id", "keeper_id"),)
    PRIVATE = frozenset({"sealed_key"})

    id: Mapped[Id]
    note_id: Mapped[int] = mapped_column(ForeignKey("circle_note.id"))
    keeper_id: Mapped[int] = mapped_column(ForeignKey("circle_keeper.id"))
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("circle_note_grant.id"))


class NoteShredding(Base):
    """The record that a note was shredded: which, when, its set day, and the digest of the ciphertext.

    `erased_at`: when the bytes were gone from the database's files too; None until then.
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
    """A participant's written waiver of privilege, with its scope and reason. It can be withdrawn."""

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
    """One use of a legal exception: which, why, and who was told. What they were told is never stored."""

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


HAND_OVER = "circle.notes_hand_over"
LEFT = "circle.notes_left"
WORD_ASKED = "circle.notes_word_asked"


def _keepers_page(message: OutboxMessage, subject: str, words: str) -> Mail:
    period = db.session.get_one(CircleKeeper, message.object_id)
    href = link(f"/cases/{period.case_id}/pathways/{period.pathway_id}/keepers")
    return Mail(subject, [words], href, _("See who keeps it"))


def _hand_over(message: OutboxMessage, actor: Actor) -> Mail:
    words = _("Your work at the school ends within a week. Only you can let another keeper read what you wrote.")
    return _keepers_page(message, _("Hand over your circle notes"), words)


def _left(message: OutboxMessage, actor: Actor) -> Mail:
    words = _("A keeper left and notes are sealed. Assign another keeper, and ask the author to agree.")
    return _keepers_page(message, _("Circle notes have lost their keeper"), words)


_WORD = leads_to(
    "/circle-notes/{id}", _l("Please answer: sealed circle notes"),
    _l("A school asks to open notes to a keeper. Read why, and agree or not. You do not read the notes yourself."),
    go=_l("Read the request"),
)  # fmt: skip


def _still_kept(message: OutboxMessage, actor: Actor) -> bool:
    period = db.session.get(CircleKeeper, message.object_id)
    if period is None or period.ended_at is not None:
        return False
    return actor.covers(period.school_id, *STAFF) and can(actor, Permission.CASE_READ, period)


def _still_waiting(message: OutboxMessage, actor: Actor) -> bool:
    opening = db.session.get(NoteOpening, message.object_id)
    if opening is None or opening.opened_at is not None or not can(actor, Permission.CIRCLE_NOTE_OPEN, opening):
        return False
    return actor.user_id not in (opening.asked_by_id, opening.counsel_id)


MESSAGES = (
    MessageKind(HAND_OVER, _hand_over, _still_kept),
    MessageKind(LEFT, _left, _still_kept),
    MessageKind(WORD_ASKED, _WORD, _still_waiting),
)
