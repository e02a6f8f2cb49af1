"""What every write leaves behind: request keys, timeline, audit, outbox, and the numbers handed out."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.connecting.strict_integer import StrictInteger
from wss_cases.foundation.db import Base, Id, named_enum, where


class OutboxState(enum.StrEnum):
    """Life of one message to one person."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class RequestKey(Base):
    """One submitted form; the second identical submission gets the first answer."""

    __tablename__ = "request_key"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[Id]
    user_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str | None] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(index=True)


class TimelineEntry(Base):
    """One act in the history of a record, rendered from `kind` and `data` in the reader's language."""

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
    """Who did what to which record; `changes` holds [old, new] per column, marked texts never in clear.

    PostgreSQL keeps each month of `at` in a partition of its own (`journal/months`), so its key there is (id, at): that
    no two months have one id is the seals' to guarantee, and `verify` names the row that comes twice.
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

    `settled_id` is the row up to which nothing can join any more that is not sealed: see `audit/actions.py`. There is
    no foreign key to the row: it may be detached with its month, and a seal without one is what `verify` looks for.
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
    """What stands in a queue that any number of senders empty: exactly one by `dedupe_key`, with a lease while somebody
    has it, under a `message_id` that stays the same however often it is tried."""

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
    """One message that a person should get: ids only, never names. `dedupe_key` makes it exactly one.

    `carried_by_id`: the one mail that stands for this and others (`mail/delivery/pages.py`). A mail about a record
    stays as long as the record, so nothing asks for more rows than it shows: see `tests/bench/outbox`.
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
    """The last number handed out in a series, e.g. incidents of one school."""

    __tablename__ = "counter"

    series: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[int]


class Disclosure(Base):
    """That something of a student's record went to somebody outside (FERPA 99.32): who, what, why, when.

    `object_type` and `object_id` name the record it went with, e.g. a referral. `fields` lists what, never the values.
    `of_housing`: it tells of a need for housing support, which the coordinator alone sees.
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
