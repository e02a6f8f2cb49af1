"""The rows that every write leaves: request keys, timeline, audit, outbox, disclosures, and counters."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.connecting import StrictInteger
from wss_cases.foundation.db import Base, Id, named_enum, where


class OutboxState(enum.StrEnum):
    """States of one message to one person."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class RequestKey(Base):
    """One submitted form; a second identical submission gets the first answer."""

    __tablename__ = "request_key"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[Id]
    user_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str | None] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(index=True)


class TimelineEntry(Base):
    """One act in the history of a record, shown from `kind` and `data` in the reader's language."""

    __tablename__ = "timeline_entry"
    __table_args__ = (
        Index("ix_timeline_entry_subject", "subject_type", "subject_id", "id"),
        Index("ix_timeline_entry_case", "case_id", "id"),
    )

    id: Mapped[Id]
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int]
    case_id: Mapped[int | None]
    school_id: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(60))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class AuditEntry(Base):
    """Who did what to which record; `changes` holds [old, new] per column, private texts never in clear.

    PostgreSQL stores each month of `at` in its own partition (`journal/months`), so its key there is (id, at). Seals
    guarantee that no two months share an id: `verify` names a row that appears twice.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_object", "object_type", "object_id"),)

    id: Mapped[Id]
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(String(60))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int | None]
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    request_id: Mapped[str] = mapped_column(String(64), default="")


class AuditSeal(Base):
    """One link of the audit chain: the seal over one audit row and over the seal before it.

    `settled_id` is the row id up to which no unsealed row can follow: see `audit/actions.py`. There is no foreign key
    to the row: it may be detached with its month, and `verify` looks for seals without one.
    """

    __tablename__ = "audit_seal"
    __table_args__ = (UniqueConstraint("entry_id"), UniqueConstraint("prev"))

    number: Mapped[Id]
    entry_id: Mapped[int]
    settled_id: Mapped[int]
    prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(String(16))
    sealed_at: Mapped[datetime]


class Sendable:
    """A row of a queue that any number of senders empty: unique by `dedupe_key`, leased while a sender has it, and
    sent under a `message_id` that is the same at every attempt."""

    dedupe_key: Mapped[str] = mapped_column(String(160))
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    state: Mapped[OutboxState] = mapped_column(named_enum(OutboxState, "state"), default=OutboxState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    claim_token: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    message_id: Mapped[str] = mapped_column(String(120))
    last_error: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime | None]


class OutboxMessage(Sendable, Base):
    """One message to one person: ids only, never names; unique by `dedupe_key`.

    `carried_by_id`: the bundled email that stands for this and others (`mail/delivery/queue.py`). The row of an email
    about a record stays as long as the record, so no query may read more rows than it shows: see `tests/bench/outbox`.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index("ix_outbox_message_due", "state", "next_attempt_at"),
        Index("ix_outbox_message_object", "object_type", "object_id"),
        Index("ix_outbox_message_age", "object_type", "created_at"),
        Index("ix_outbox_message_message_id", "message_id"),
        Index("ix_outbox_message_letters", "id", **where("kind = 'setup.test_letter'")),
        Index("ix_outbox_message_carried", "carried_by_id", **where("carried_by_id is not null")),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(60))
    recipient_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int]
    school_id: Mapped[int | None]
    at_any_hour: Mapped[bool] = mapped_column(default=False)
    carried_by_id: Mapped[int | None] = mapped_column(StrictInteger)


class Counter(Base):
    """The last number given out in a series, e.g. incidents of one school."""

    __tablename__ = "counter"

    series: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[int]


class Disclosure(Base):
    """A disclosure of part of a student's record (FERPA 99.32): who, what, why, when.

    `object_type` and `object_id` name the record it went with, e.g. a referral. `fields` lists what was disclosed,
    never the values. `of_housing`: it reveals a need for housing support, which only the coordinator sees.
    """

    __tablename__ = "disclosure"
    __table_args__ = (
        Index("ix_disclosure_object", "object_type", "object_id"),
        Index("ix_disclosure_student", "student_id", "at"),
        Index("ix_disclosure_at", "at", "id"),
    )
    PRIVATE = frozenset({"asked_by", "told_whom", "interest", "purpose", "fields", "of_housing"})

    id: Mapped[Id]
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
    told_whom: Mapped[str] = mapped_column(String(200))
    interest: Mapped[str] = mapped_column(String(300))
    purpose: Mapped[str] = mapped_column(String(300))
    fields: Mapped[list[str]]
    of_housing: Mapped[bool] = mapped_column(default=False, server_default="0")
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
