"""Webhooks: addresses of other systems, the secrets that sign for them, and each event on its way."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, CodeTable, Id, Versioned, named_enum
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.journal.models import OutboxState, Sendable


class HookEvent(Labelled):
    WAITS = "report.waiting", _l("A report is waiting")
    DANGER = "danger.reported", _l("Danger now")
    DUTY = "duty.running", _l("The clock of a legal duty started")
    TEST = "webhook.test", _l("Test")


CHOSEN: Final = {event.value: event.label for event in HookEvent if event is not HookEvent.TEST}
"""Events that a webhook can choose; tests are sent by hand."""

STATES: Final[dict[OutboxState, tuple[Any, str]]] = {
    OutboxState.WAITING: (_l("Waiting"), "sun"),
    OutboxState.CLAIMED: (_l("On its way"), "sun"),
    OutboxState.SENT: (_l("Delivered"), "moss"),
    OutboxState.FAILED: (_l("Failed"), "brick"),
    OutboxState.DROPPED: (_l("Not told"), "slate"),
}

REASONS: Final[dict[str, Any]] = {
    "status": _l("It answered with status %(status)s."),
    "redirect": _l("It redirects elsewhere (status %(status)s); redirects are not followed."),
    "gone": _l("It says that it no longer exists (status %(status)s)."),
    "private": _l("The address is inside a network, and WSS_WEBHOOK_HOSTS does not name it."),
    "plain": _l("The address does not begin with https://."),
    "name": _l("There is no machine of this name."),
    "tls": _l("Its certificate is not good, or it does not speak TLS."),
    "timeout": _l("It did not answer in time."),
    "refused": _l("It cannot be reached."),
    "garbled": _l("It does not answer as a web server does."),
    "key": _l("Its secret cannot be opened: an older key of WSS_KEYS is missing."),
    "off": _l("The webhook was turned off before it was sent."),
}
"""Reasons of failed attempts. Stored as a code with the answer's status; nothing else of the answer is stored."""

WHY_OFF: Final[dict[str, Any]] = {
    "failed": _l("It was turned off automatically: nothing was delivered for two days."),
    "gone": _l("It was turned off automatically: its receiver says that it no longer exists."),
}

SENTENCES: Final[dict[str, Any]] = {
    "webhook.made": _l("The webhook was added"),
    "webhook.changed": _l("The webhook was changed"),
    "webhook.turned_on": _l("The webhook was turned on"),
    "webhook.turned_off": _l("The webhook was turned off"),
    "webhook.gave_up": _l("The webhook was turned off automatically because nothing was delivered"),
    "webhook.secret_renewed": _l("A new secret was made; the old one also signs for one day"),
    "webhook.tested": _l("A test was sent"),
    "webhook.sent_again": _l("Resent after failing: %(count)s"),
}


class Webhook(CodeTable, Versioned, Base):
    """One address and its events: `events` at `school_ids`, at all schools if empty. `why_off`: a code of `WHY_OFF`
    if it was turned off automatically. The address may hold a token, so it is private."""

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
    """A sealed secret of a webhook; after a renewal the old one also signs until `ends_at`."""

    __tablename__ = "webhook_secret"
    PRIVATE = frozenset({"sealed_text", "sealed_key"})

    id: Mapped[Id]
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"), index=True)
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_name: Mapped[str] = mapped_column(String(16), index=True)
    ends_at: Mapped[datetime | None]


class WebhookDelivery(Sendable, Base):
    """One event for one webhook. `body` is sent unchanged at each attempt, under the same `message_id`. `status` is
    the last answer's; its body is not stored."""

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
