"""Addresses of other systems that are told of events, the secrets that sign for them, and each event on its way."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, CodeTable, Id, Versioned, named_enum
from wss_cases.journal.models import Sendable
from wss_cases.mail.webhooks.states import HookEvent


class Webhook(CodeTable, Versioned, Base):
    """One address, and what it is told of: `events` at `school_ids`, at every school where that is empty.

    `why_off`: a code of `WHY_OFF` where it was turned off by itself. The address may hold a token, so it is private.
    """

    __tablename__ = "webhook"
    __table_args__ = (UniqueConstraint("name"),)
    PRIVATE = frozenset({"url"})

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[str]]
    school_ids: Mapped[list[Any]]
    is_on: Mapped[bool] = mapped_column(default=True)
    why_off: Mapped[str] = mapped_column(String(20), default="")
    made_at: Mapped[datetime]


class WebhookSecret(Base):
    """A sealed secret of a webhook; one that was renewed signs until `ends_at` beside the newer one."""

    __tablename__ = "webhook_secret"
    PRIVATE = frozenset({"sealed_text", "sealed_key"})

    id: Mapped[Id]
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"), index=True)
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_name: Mapped[str] = mapped_column(String(16), index=True)
    ends_at: Mapped[datetime | None]


class WebhookDelivery(Sendable, Base):
    """One event for one webhook. `body` is what is sent, the same each time, under the same `message_id`.

    `status` is the last answer's; of its body nothing is kept.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index("ix_webhook_delivery_due", "state", "next_attempt_at"),
        Index("ix_webhook_delivery_webhook", "webhook_id", "id"),
    )

    id: Mapped[Id]
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"))
    event: Mapped[HookEvent] = mapped_column(named_enum(HookEvent, "event"))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int]
    school_id: Mapped[int | None]
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[int | None]
