"""Queueing an event for the webhooks that ask for it, in the unit of work of what happened."""

import secrets
from typing import Any

from sqlalchemy import select

from wss_cases.foundation.code_tables import HeldRows
from wss_cases.foundation.db import db
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.models import OutboxState
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once
from wss_cases.mail.webhooks.models import Webhook, WebhookDelivery
from wss_cases.mail.webhooks.rules import body_of
from wss_cases.mail.webhooks.states import HookEvent

_ON: HeldRows[Webhook] = HeldRows(lambda: db.session.scalars(select(Webhook).where(Webhook.is_on).order_by(Webhook.id)))


def tell_webhooks(
    uow: UnitOfWork, event: HookEvent, report: Any, key: object, path: str = "", reference: str = ""
) -> None:
    """Step: queue what happened to a report for every webhook that asks for it at its school, once by the key.

    Of a sensitive one nobody outside hears more than that it waits. `path` and `reference`: of a record that hangs on
    the report, where that is what is told of.
    """
    about = {
        "school_id": report.school_id,
        "reference": reference or report.reference,
        "link": link(path or f"/incidents/{report.id}"),
    }
    with uow.session.no_autoflush:
        for hook in _ON.rows():
            asks = event.value in hook.events and (not hook.school_ids or report.school_id in hook.school_ids)
            if asks and (event is HookEvent.WAITS or not report.is_sensitive):
                queue_event(uow, hook, event, report, f"{report.id}:{key}", about)


def queue_event(uow: UnitOfWork, hook: Webhook, event: HookEvent, record: Any, key: str, data: dict[str, Any]) -> bool:
    """Step: queue one event for one webhook; False when it is queued already."""
    message_id = f"msg_{secrets.token_hex(16)}"
    values = {
        "webhook_id": hook.id, "event": event, "dedupe_key": f"{hook.id}:{event.value}:{key}",
        "object_type": record.__tablename__, "object_id": record.id, "school_id": getattr(record, "school_id", None),
        "body": body_of(event, uow.now, data), "message_id": message_id, "created_at": uow.now,
        "next_attempt_at": uow.now, "state": OutboxState.WAITING, "attempts": 0, "last_error": "",
    }  # fmt: skip
    return insert_once(uow.session, WebhookDelivery, values, ["dedupe_key"])
