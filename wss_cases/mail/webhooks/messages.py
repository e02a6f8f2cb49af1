"""Webhooks: their tables, and sending their events like emails: any number of senders, none lost, repeats under an id.

Separate from emails, so that a hanging receiver delays none. After a failure, its other events wait for the next run.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, and_, exists, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, load_object, require
from wss_cases.accounts.grants import holders_anywhere
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, CodeTable, Id, Versioned, database_now, db, named_enum
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.foundation.keys import unseal
from wss_cases.foundation.operations import reach
from wss_cases.foundation.outward import Unreachable, is_public, post
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage, OutboxState, Sendable
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.mail.common import pages
from wss_cases.mail.common.rules import Verdict, is_over, pause_after, send_rows
from wss_cases.roster.directory.models import School


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


PURPOSE: Final = "webhook"
"""Purpose of the keys that seal the secrets."""
PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
OLD_SECRET_SIGNS: Final = timedelta(days=1)


def new_secret() -> str:
    """A new secret in the format of Standard Webhooks."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: str) -> str:
    """Signature of a message by Standard Webhooks, version 1: HMAC-SHA256 over id, time and body."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.{body}".encode()
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def headers(signed_by: Sequence[str], message_id: str, timestamp: int, body: str) -> dict[str, str]:
    """Headers of one attempt; every secret in force signs."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "whole-school-safety",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, message_id, timestamp, body) for secret in signed_by),
    }


def body_of(event: HookEvent, at: datetime, data: dict[str, Any]) -> str:
    """The payload: event, time, and ids that lead to a page for those who may open it."""
    when = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({"type": event.value, "timestamp": when, "data": data}, separators=(",", ":"))


def verdict_of(status: int) -> tuple[Verdict, str]:
    """The meaning of an answer, and the reason of a failure: only 2xx succeeds, 410 is final."""
    if 200 <= status < 300:
        return Verdict.SENT, ""
    if status == 410:
        return Verdict.FAILED, "gone"
    return Verdict.RETRY, "redirect" if 300 <= status < 400 else "status"


def check_url(url: str, near: Collection[str]) -> None:
    """Raise Refused for an invalid address. `near`: hosts in the internal network that the settings allow. The
    address behind a name is checked at each sending."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or not url.isascii() or any(letter <= " " for letter in url):
        raise Refused("url", _("Enter a full address that starts with https://, without spaces."))
    if parts.scheme != "https" and not (parts.scheme == "http" and host in near):
        raise Refused("url", _("Enter an address that starts with https://: what is sent is encrypted."))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Refused("url", _("Leave the name, password and “#” out of the address."))
    if host not in near and not _may_be_public(host):
        raise Refused("url", _("This address is inside a network. The machine’s settings must name it first."))


def _may_be_public(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        return host != "localhost" and not host.endswith((".localhost", ".local", ".internal"))


LAST = 50
NOT_YET = (OutboxState.WAITING, OutboxState.CLAIMED)


def webhooks(actor: Actor) -> list[Webhook]:
    require(actor, Permission.WEBHOOK_EDIT, actor)
    return list(db.session.scalars(select(Webhook).order_by(Webhook.name)))


def get_webhook(actor: Actor, webhook_id: int) -> Webhook:
    hook = db.session.get(Webhook, webhook_id)
    require(actor, Permission.WEBHOOK_EDIT, hook)
    assert hook is not None
    return hook


def load_webhook(webhook_id: int) -> Webhook | None:
    """A webhook or None; the caller checks who may see it."""
    return db.session.get(Webhook, webhook_id)


def last_deliveries(webhook_id: int, limit: int = LAST) -> list[WebhookDelivery]:
    mine = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    return list(db.session.scalars(mine.order_by(WebhookDelivery.id.desc()).limit(limit)))


def failing() -> list[str]:
    """Names of webhooks that were turned off automatically or whose events do not arrive."""
    tried = and_(WebhookDelivery.state.in_(NOT_YET), WebhookDelivery.last_error != "")
    stuck = exists().where(
        WebhookDelivery.webhook_id == Webhook.id, or_(tried, WebhookDelivery.state == OutboxState.FAILED)
    )
    names = select(Webhook.name).where(or_(Webhook.why_off != "", and_(Webhook.is_on, stuck)))
    return list(db.session.scalars(names.order_by(Webhook.name)))


def schools_by_code(codes: Sequence[str]) -> dict[str, int]:
    """School ids by code, with which their reference numbers begin."""
    rows = db.session.execute(select(School.code, School.id).where(School.code.in_(codes)))
    return {row.code: row.id for row in rows}


def codes_of(school_ids: Sequence[int]) -> list[str]:
    return sorted(db.session.scalars(select(School.code).where(School.id.in_(school_ids))))


def signing_secrets(webhook_id: int, now: datetime) -> list[str]:
    """Secrets that sign now, newest first. Raises ValueError if no key opens any."""
    in_force = or_(WebhookSecret.ends_at.is_(None), WebhookSecret.ends_at > now)
    mine = select(WebhookSecret).where(WebhookSecret.webhook_id == webhook_id, in_force)
    rows = db.session.scalars(mine.order_by(WebhookSecret.id.desc()))
    opened, keys = list[str](), setting("WSS_KEYS")
    for row in rows:
        with suppress(ValueError):
            opened.append(unseal(keys, PURPOSE, row.sealed_text, row.sealed_key))
    if not opened:
        raise ValueError("no key opens a secret of this webhook")
    return opened


BATCH = 5
OFF = "webhook.off"


@dataclass(frozen=True)
class Ready:
    """An event that we may send now, and its attempts so far."""

    id: int
    webhook_id: int
    message_id: str
    body: str
    url: str
    attempts: int


@dataclass(frozen=True)
class Outcome:
    """The result of an attempt: the status, None without an answer, and the reason of a failure."""

    verdict: Verdict
    status: int | None = None
    why: str = ""


def deliver_webhooks(now: datetime, seconds: float | None = None) -> dict[str, int]:
    """Send due events; returns how many were sent, wait again, or failed for good. After `seconds` (None: no limit)
    it begins no other one."""
    failing = set[int]()

    def attempt(delivery_id: int, token: str) -> Verdict | None:
        ready = _ready(delivery_id, token, failing, now)
        if ready is None:
            return None
        outcome = _send(ready)
        if outcome.verdict is not Verdict.SENT:
            failing.add(ready.webhook_id)
        return _settle(ready, token, outcome, now)

    return send_rows(WebhookDelivery, attempt, BATCH, now, seconds, lambda: WebhookDelivery.webhook_id.not_in(failing))


def _ready(delivery_id: int, token: str, failing: set[int], now: datetime) -> Ready | None:
    """Check a claimed event again: None if it is no longer ours, its webhook fails, or nobody may be told."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        row = pages.ours(uow, WebhookDelivery, delivery_id, token)
        if row is None or row.webhook_id in failing:
            return None
        hook = uow.session.get_one(Webhook, row.webhook_id)
        if not hook.is_on:
            row.state, row.last_error = OutboxState.FAILED, "off"
        elif not _may_be_told(row, hook):
            row.state = OutboxState.DROPPED
        else:
            row.lease_until = database_now() + pages.LEASE
            return Ready(row.id, hook.id, row.message_id, row.body, hook.url, row.attempts)
        row.claim_token, row.lease_until = None, None
        return None


def _may_be_told(row: WebhookDelivery, hook: Webhook) -> bool:
    """Whether the webhook still wants the event, its record exists, and the report has not become sensitive."""
    if row.event is HookEvent.TEST:
        return True
    if row.event.value not in hook.events or (hook.school_ids and row.school_id not in hook.school_ids):
        return False
    report = load_object(row.object_type, row.object_id)
    return report is not None and (row.event is HookEvent.WAITS or not report.is_sensitive)


def _send(ready: Ready) -> Outcome:
    moment = clock.now()
    try:
        signed_by = signing_secrets(ready.webhook_id, moment)
    except ValueError:
        return Outcome(Verdict.RETRY, why="key")
    db.session.remove()  # no connection stays open while a server is contacted
    signed = headers(signed_by, ready.message_id, int(moment.timestamp()), ready.body)
    reach("deliver.before_send")
    try:
        answer = post(ready.url, ready.body.encode(), signed, setting("WEBHOOK_SECONDS"), setting("WEBHOOK_HOSTS"))
    except Unreachable as error:
        return Outcome(Verdict.RETRY, why=error.why)
    reach("deliver.after_send")
    verdict, why = verdict_of(answer.status)
    return Outcome(verdict, answer.status, why)


def _settle(ready: Ready, token: str, outcome: Outcome, now: datetime) -> Verdict:
    """Store the result of an attempt; a webhook where nothing arrives any more is turned off."""
    attempts = ready.attempts + 1
    over = outcome.verdict is Verdict.RETRY and is_over(attempts)
    verdict = Verdict.FAILED if over else outcome.verdict
    values: dict[str, Any] = {"attempts": attempts, "status": outcome.status, "last_error": outcome.why}
    if verdict is Verdict.RETRY:
        values |= {"state": OutboxState.WAITING, "next_attempt_at": now + pause_after(attempts)}
    else:
        values["state"] = OutboxState(verdict.value)
    if verdict is Verdict.SENT:
        values["sent_at"] = now
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        ours = pages.mark(uow, WebhookDelivery, ready.id, token, values)
        if ours and verdict is Verdict.FAILED and (outcome.why == "gone" or not _arrived_since(uow, ready)):
            _turn_off(uow, ready.webhook_id, "gone" if outcome.why == "gone" else "failed")
    reach("deliver.after_mark")
    return verdict


def _arrived_since(uow: UnitOfWork, ready: Ready) -> bool:
    """Whether anything arrived at a webhook since this failed event was queued."""
    queued = select(WebhookDelivery.created_at).where(WebhookDelivery.id == ready.id).scalar_subquery()
    arrived = exists().where(WebhookDelivery.webhook_id == ready.webhook_id, WebhookDelivery.sent_at > queued)
    return uow.session.scalar(select(arrived)) is True


def _turn_off(uow: UnitOfWork, webhook_id: int, why: str) -> None:
    hook = uow.session.get_one(Webhook, webhook_id, with_for_update=True)
    if not hook.is_on:
        return
    hook.is_on, hook.why_off = False, why
    uow.record(hook, "webhook.gave_up")
    for user_id, _name in holders_anywhere(Role.DISTRICT, today_at(None, uow.now)):
        uow.notify(user_id, OFF, hook, f"{OFF}:{hook.id}:{hook.version}:{user_id}")


def _still_off(message: OutboxMessage, actor: Actor) -> bool:
    hook = load_webhook(message.object_id)
    return hook is not None and not hook.is_on and can(actor, Permission.WEBHOOK_EDIT, hook)


MESSAGES = (
    MessageKind(
        OFF,
        leads_to(
            "/settings/webhooks/{id}",
            _l("A webhook was turned off"),
            _l(
                "Another system accepted nothing for two days, or says that it no longer exists. Its webhook is off,"
                " and nothing is sent to it."
            ),
            _l("The page says why. Once the other system is fixed, turn the webhook on there and resend what failed."),
            go=_l("Open the webhook"),
        ),
        _still_off,
    ),
)
