"""Sending what is queued for webhooks, as mail is sent: any number of senders, nothing lost, nothing sent anew as new.

Apart from mail, so that a receiver that hangs holds no mail up; of one that fails, no other event is tried before the
next run.
"""

import math
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select

from wss_cases.access.actor import SYSTEM, Role
from wss_cases.access.policy import load_object
from wss_cases.accounts.grants import holders_anywhere
from wss_cases.foundation import clock
from wss_cases.foundation.connecting.outward import Unreachable, post
from wss_cases.foundation.db import database_now, db
from wss_cases.foundation.operations.failpoints import reach
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.models import OutboxState
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.mail.common import leases
from wss_cases.mail.common.rules import Verdict, is_over, pause_after
from wss_cases.mail.webhooks.models import Webhook, WebhookDelivery
from wss_cases.mail.webhooks.queries import NOT_YET, signing_secrets
from wss_cases.mail.webhooks.rules import headers, verdict_of
from wss_cases.mail.webhooks.states import HookEvent

BATCH = 5
OFF = "webhook.off"


@dataclass(frozen=True)
class Ready:
    """One event that we may send now, and how often it was tried."""

    id: int
    webhook_id: int
    message_id: str
    body: str
    url: str
    attempts: int


@dataclass(frozen=True)
class Outcome:
    """What an attempt came to: the status that came, None where none did, and why it is none that was hoped for."""

    verdict: Verdict
    status: int | None = None
    why: str = ""


def deliver_webhooks(now: datetime, seconds: float | None = None) -> dict[str, int]:
    """Send the events that are due; returns how many were sent, wait again, or failed for good.

    After `seconds` (None: no limit) it begins no other one.
    """
    end = math.inf if seconds is None else time.monotonic() + seconds
    counts = {verdict.value: 0 for verdict in Verdict}
    token, failing, took = secrets.token_hex(16), set[int](), False
    try:
        while time.monotonic() < end and (claimed := _claim(token, failing, now)):
            took = True
            reach("deliver.after_claim")
            for delivery_id in claimed:
                if time.monotonic() >= end or (ready := _ready(delivery_id, token, failing, now)) is None:
                    continue
                outcome = _send(ready)
                if outcome.verdict is not Verdict.SENT:
                    failing.add(ready.webhook_id)
                counts[_settle(ready, token, outcome, now).value] += 1
    finally:
        if took:
            leases.give_back(WebhookDelivery, token, now)
    return counts


def _claim(token: str, failing: set[int], now: datetime) -> list[int]:
    # asked first without a lock: mostly there is nothing
    waits = exists().where(WebhookDelivery.state.in_(NOT_YET), WebhookDelivery.next_attempt_at <= now)
    if not db.session.scalar(select(waits)):
        return []
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        return leases.claim(uow, WebhookDelivery, token, now, BATCH, WebhookDelivery.webhook_id.not_in(failing))


def _ready(delivery_id: int, token: str, failing: set[int], now: datetime) -> Ready | None:
    """Look again at a claimed event: None where it is no longer ours, its webhook fails, or nobody may hear of it."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        row = leases.ours(uow, WebhookDelivery, delivery_id, token)
        if row is None or row.webhook_id in failing:
            return None
        hook = uow.session.get_one(Webhook, row.webhook_id)
        if not hook.is_on:
            row.state, row.last_error = OutboxState.FAILED, "off"
        elif not _may_be_told(row, hook):
            row.state = OutboxState.DROPPED
        else:
            row.lease_until = database_now() + leases.LEASE
            return Ready(row.id, hook.id, row.message_id, row.body, hook.url, row.attempts)
        row.claim_token, row.lease_until = None, None
        return None


def _may_be_told(row: WebhookDelivery, hook: Webhook) -> bool:
    """Whether the webhook still asks for it, its record is there, and it is not known meanwhile to be sensitive."""
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
    db.session.remove()  # nothing is held open while a server is spoken to
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
    """Mark an event with what its attempt came to; a webhook at which nothing arrives anymore is turned off."""
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
        ours = leases.mark(uow, WebhookDelivery, ready.id, token, values)
        if ours and verdict is Verdict.FAILED and (outcome.why == "gone" or not _arrived_since(uow, ready)):
            _turn_off(uow, ready.webhook_id, "gone" if outcome.why == "gone" else "failed")
    reach("deliver.after_mark")
    return verdict


def _arrived_since(uow: UnitOfWork, ready: Ready) -> bool:
    """Whether anything arrived at a webhook since an event was queued that did not."""
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
