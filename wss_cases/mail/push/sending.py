"""Sends push messages like emails: any number of senders, none lost, none shown twice.

Outbox messages of pushed kinds are spread over their recipient's devices, whether or not the email could be sent.
Separate from emails and webhooks, so that a hanging service delays neither.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, exists, or_, select

from wss_cases.access.actor import SYSTEM
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.grants import actor_of
from wss_cases.foundation.db import database_now, db
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.operations import reach
from wss_cases.foundation.outward import Unreachable, post
from wss_cases.foundation.settings import setting
from wss_cases.journal.message_kinds import PushWords, kind_of
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.common import pages
from wss_cases.mail.common.rules import Verdict, send_rows
from wss_cases.mail.delivery.messages import due_now
from wss_cases.mail.push.pages import end_device, queue_push
from wss_cases.mail.push.rules import (
    TEST,
    Answered,
    PushDelivery,
    PushDevice,
    Subscription,
    answered,
    body_of,
    host_of,
    is_live,
    key_named,
    path_of,
    pause_after,
    posted,
    push_kinds,
    subscription_of,
)

BATCH = 20
AT_ONCE = 1000
LOOKS_BACK = timedelta(days=1)
"""No message is useful for longer."""
NOT_YET = (OutboxState.WAITING, OutboxState.CLAIMED)
NEEDED = (*NOT_YET, OutboxState.SENT, OutboxState.FAILED)
"""All states except dropped, listed so that the index by state and time is used."""


@dataclass(frozen=True)
class Ready:
    """A message that we may send now: attempts so far, destination, our key, and its content."""

    id: int
    device_id: int
    message_id: str
    attempts: int
    ends_at: datetime
    server_key: str
    to: Subscription
    said: bytes


@dataclass(frozen=True)
class Outcome:
    """The result of an attempt: meaning, reason, status, and the requested pause."""

    means: Answered
    why: str = ""
    status: int | None = None
    retry_after: str = ""


def deliver_push(now: datetime, seconds: float | None = None) -> dict[str, int]:
    """Spread due messages over devices and send them; returns how many were sent, wait again, or failed for good.
    After `seconds` (None: no limit) it begins no other one."""
    if not db.session.scalar(select(exists(PushDevice.id))):
        return {verdict.value: 0 for verdict in Verdict}
    begun = time.monotonic()
    _spread(now)
    left = None if seconds is None else seconds - (time.monotonic() - begun)
    silent = set[str]()

    def attempt(delivery_id: int, token: str) -> Verdict | None:
        ready = _ready(delivery_id, token, silent, now)
        if ready is None:
            return None
        outcome = _send(ready, now)
        if outcome.status is None and outcome.means is Answered.LATER:
            silent.add(host_of(ready.to.endpoint))
        return _settle(ready, token, outcome, now)

    return send_rows(PushDelivery, attempt, BATCH, now, left)


def _spread(now: datetime) -> None:
    """Delete devices that have ended, and queue due messages for the others, once for each device."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        uow.session.execute(delete(PushDevice).where(~is_live(now)).execution_options(synchronize_session=False))
        # A mail server that is down postpones the email's next attempt; the push message is due anyway.
        came_due = or_(
            and_(OutboxMessage.next_attempt_at <= now, OutboxMessage.next_attempt_at > now - LOOKS_BACK),
            and_(
                OutboxMessage.state.in_(NOT_YET),
                OutboxMessage.attempts > 0,
                OutboxMessage.created_at > now - LOOKS_BACK,
            ),
        )
        there = exists().where(PushDelivery.device_id == PushDevice.id, PushDelivery.outbox_id == OutboxMessage.id)
        wanted = (
            select(
                OutboxMessage.id, OutboxMessage.kind, OutboxMessage.next_attempt_at, PushDevice.id.label("device_id")
            )
            .join(PushDevice, PushDevice.user_id == OutboxMessage.recipient_id)
            .where(
                OutboxMessage.kind.in_(push_kinds()),
                OutboxMessage.state.in_(NEEDED),
                came_due,
                OutboxMessage.next_attempt_at >= PushDevice.made_at,
                ~there,
            )
        )
        for row in uow.session.execute(wanted.order_by(OutboxMessage.id).limit(AT_ONCE)).all():
            ends_at = min(row.next_attempt_at, now) + _words(row.kind).use
            if ends_at > now:
                queue_push(uow, row.device_id, row.id, f"{row.id}:{row.device_id}", ends_at)


def _words(kind: str) -> PushWords:
    message_kind = kind_of(kind)
    assert message_kind is not None and message_kind.push is not None
    return message_kind.push


def _ready(delivery_id: int, token: str, silent: set[str], now: datetime) -> Ready | None:
    """Check a claimed message again: None if it is no longer ours, its service is silent, it is too late, or its
    recipient may no longer see it."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        row = pages.ours(uow, PushDelivery, delivery_id, token)
        if row is None:
            return None
        device = uow.session.scalar(select(PushDevice).where(PushDevice.id == row.device_id, is_live(now)))
        content = None if device is None else _said(row, device, now)
        if device is None or content is None:
            _end(row, OutboxState.DROPPED, "")
        elif row.ends_at <= now:
            _end(row, OutboxState.FAILED, row.last_error or "late")
        elif (to := _opened(device)) is None:
            _end(row, OutboxState.FAILED, "sealed")
        elif host_of(to.endpoint) not in silent:
            row.lease_until = database_now() + pages.LEASE
            return Ready(row.id, device.id, row.message_id, row.attempts, row.ends_at, device.server_key, to, content)
        return None


def _end(row: PushDelivery, state: OutboxState, why: str) -> None:
    row.state, row.last_error, row.claim_token, row.lease_until = state, why, None, None


def _opened(device: PushDevice) -> Subscription | None:
    try:
        return subscription_of(device)
    except ValueError:
        return None


def _said(row: PushDelivery, device: PushDevice, now: datetime) -> bytes | None:
    """A message in its recipient's language; None if it is no longer due or they may no longer see it."""
    actor = actor_of(device.user_id, now)
    if actor is None or not might(actor, Permission.PUSH_USE):
        return None
    with force_locale(actor.locale if actor.locale in setting("LANGUAGES") else "en"):
        if row.outbox_id is None:
            return body_of(str(TEST.title), str(TEST.body), "/account/push", row.message_id)
        message = db.session.get(OutboxMessage, row.outbox_id)
        due = due_now(message, now) if message is not None and message.recipient_id == device.user_id else None
        mail = due[0].says(message, due[1].actor) if message is not None and due is not None else None
        if message is None or mail is None:
            return None
        words = _words(message.kind)
        return body_of(str(words.title), str(words.body), path_of(mail.href), row.message_id)


def _send(ready: Ready, now: datetime) -> Outcome:
    key = key_named(ready.server_key)
    if key is None:
        return Outcome(Answered.GONE, "server_key")
    ttl = int((ready.ends_at - now).total_seconds())
    what = posted(key, ready.to, ready.said, setting("MAIL_FROM"), ready.message_id, ttl)
    db.session.remove()  # no connection stays open while a server is contacted
    reach("deliver.before_send")
    try:
        answer = post(ready.to.endpoint, what.body, what.headers, setting("PUSH_SECONDS"), setting("PUSH_NEAR"))
    except Unreachable as error:
        return Outcome(Answered.LATER, error.why)
    reach("deliver.after_send")
    means = answered(answer.status)
    why = "" if means is Answered.TAKEN else "refused_key" if answer.status in (401, 403) else "status"
    return Outcome(means, why, answer.status, answer.retry_after)


def _settle(ready: Ready, token: str, outcome: Outcome, now: datetime) -> Verdict:
    """Store the result of an attempt; a device that no longer exists is deleted."""
    attempts = ready.attempts + 1
    values: dict[str, Any] = {"attempts": attempts, "status": outcome.status, "last_error": outcome.why}
    again = now + pause_after(attempts, outcome.retry_after)
    if outcome.means is Answered.TAKEN:
        verdict = Verdict.SENT
        values |= {"state": OutboxState.SENT, "sent_at": now}
    elif outcome.means is Answered.LATER and again < ready.ends_at:
        verdict = Verdict.RETRY
        values |= {"state": OutboxState.WAITING, "next_attempt_at": again}
    else:
        verdict = Verdict.FAILED
        values["state"] = OutboxState.FAILED
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        ours = pages.mark(uow, PushDelivery, ready.id, token, values)
        device = uow.session.get(PushDevice, ready.device_id)
        if ours and device is not None and outcome.means is Answered.GONE:
            end_device(uow, device)
    reach("deliver.after_mark")
    return verdict
