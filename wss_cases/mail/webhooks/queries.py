"""Reading webhooks, what became of their events, and their secrets."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy import and_, exists, or_, select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.db import db
from wss_cases.foundation.keys.envelope import unseal
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.models import OutboxState
from wss_cases.mail.webhooks.models import Webhook, WebhookDelivery, WebhookSecret
from wss_cases.mail.webhooks.rules import PURPOSE
from wss_cases.roster.directory.models import School

LAST = 50
NOT_YET = (OutboxState.WAITING, OutboxState.CLAIMED)


def webhooks(actor: Actor) -> list[Webhook]:
    """Return every webhook by name. Raises NotFound for whoever sets none."""
    require(actor, Permission.WEBHOOK_EDIT, actor)
    return list(db.session.scalars(select(Webhook).order_by(Webhook.name)))


def get_webhook(actor: Actor, webhook_id: int) -> Webhook:
    """Return a webhook. Raises NotFound."""
    hook = db.session.get(Webhook, webhook_id)
    require(actor, Permission.WEBHOOK_EDIT, hook)
    assert hook is not None
    return hook


def load_webhook(webhook_id: int) -> Webhook | None:
    """Return a webhook, None when there is none; the caller checks who may know of it."""
    return db.session.get(Webhook, webhook_id)


def last_deliveries(webhook_id: int, limit: int = LAST) -> list[WebhookDelivery]:
    """Return the last events of a webhook, the newest first."""
    mine = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    return list(db.session.scalars(mine.order_by(WebhookDelivery.id.desc()).limit(limit)))


def failing() -> list[str]:
    """Return the names of webhooks that were turned off by themselves, or whose events do not arrive."""
    tried = and_(WebhookDelivery.state.in_(NOT_YET), WebhookDelivery.last_error != "")
    stuck = exists().where(
        WebhookDelivery.webhook_id == Webhook.id, or_(tried, WebhookDelivery.state == OutboxState.FAILED)
    )
    found = select(Webhook.name).where(or_(Webhook.why_off != "", and_(Webhook.is_on, stuck)))
    return list(db.session.scalars(found.order_by(Webhook.name)))


def schools_by_code(codes: Sequence[str]) -> dict[str, int]:
    """Return the ids of the schools that have these codes, which their reference numbers begin with."""
    rows = db.session.execute(select(School.code, School.id).where(School.code.in_(codes)))
    return {row.code: row.id for row in rows}


def codes_of(school_ids: Sequence[int]) -> list[str]:
    """Return the codes of schools, sorted."""
    return sorted(db.session.scalars(select(School.code).where(School.id.in_(school_ids))))


def signing_secrets(webhook_id: int, now: datetime) -> list[str]:
    """Return the secrets that sign at an instant, the newest first. Raises ValueError when no key opens any."""
    in_force = or_(WebhookSecret.ends_at.is_(None), WebhookSecret.ends_at > now)
    mine = select(WebhookSecret).where(WebhookSecret.webhook_id == webhook_id, in_force)
    rows = db.session.scalars(mine.order_by(WebhookSecret.id.desc()))
    found, keys = list[str](), setting("WSS_KEYS")
    for row in rows:
        with suppress(ValueError):
            found.append(unseal(keys, PURPOSE, row.sealed_text, row.sealed_key))
    if not found:
        raise ValueError("no key opens a secret of this webhook")
    return found
