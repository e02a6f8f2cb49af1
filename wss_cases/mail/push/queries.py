"""Reading who gets push messages where, and what became of them."""

import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import AccountState, UserAccount, UserSession
from wss_cases.foundation.db import db
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.keys.envelope import unseal
from wss_cases.foundation.keys.push_keys import PushKey
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.message_kinds import kinds
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.push.models import PushDelivery, PushDevice
from wss_cases.mail.push.rules import PURPOSE, UNSEEN_FOR, Subscription

FAILURES_OF = timedelta(days=7)
"""How old a failure may be that whoever runs the system is still told of."""


def newest_key() -> PushKey | None:
    """Return the key that browsers bind new subscriptions to; None where push messages are not set up."""
    keys: tuple[PushKey, ...] = setting("PUSH_KEYS")
    return keys[0] if keys else None


def key_named(name: str) -> PushKey | None:
    """Return the key of this name; None when it was taken out of the settings."""
    return next((key for key in setting("PUSH_KEYS") if key.name == name), None)


def is_live(now: datetime) -> ColumnElement[bool]:
    """Devices that may get messages at an instant.

    Their session was neither signed out nor revoked, their account is active, and their person was there of late. That
    a session ran out by itself ends none: a phone in a pocket would hear of nothing.
    """
    return _seen_after(now - UNSEEN_FOR)


def _seen_after(instant: Any) -> ColumnElement[bool]:
    theirs = (UserSession.id == PushDevice.session_id, UserSession.user_id == PushDevice.user_id)
    signed_in = exists().where(*theirs, UserSession.revoked_at.is_(None), UserSession.awaits_code.is_(False))
    active = exists().where(UserAccount.id == PushDevice.user_id, UserAccount.state == AccountState.ACTIVE)
    return and_(PushDevice.seen_at > instant, signed_in, active)


def own_devices(user_id: int | None, now: datetime) -> list[PushDevice]:
    """Return a person's live devices, the newest first."""
    mine = select(PushDevice).where(PushDevice.user_id == user_id, is_live(now))
    return list(db.session.scalars(mine.order_by(PushDevice.id.desc())))


def load_device(device_id: int) -> PushDevice | None:
    """Return a device, None when there is none; the caller checks whose it is."""
    return db.session.get(PushDevice, device_id)


def device_at(endpoint: str) -> PushDevice | None:
    """Return the device at an address, whoever's it is."""
    return db.session.scalar(select(PushDevice).where(PushDevice.endpoint_digest == token_digest(endpoint)))


def subscription_of(device: PushDevice) -> Subscription:
    """Return where a device is posted to. Raises ValueError when no key opens it."""
    fields: dict[str, str] = json.loads(unseal(setting("WSS_KEYS"), PURPOSE, device.sealed_text, device.sealed_key))
    return Subscription(**fields)


def last_messages(device_ids: list[int]) -> dict[int, PushDelivery]:
    """Return the newest message of each of these devices."""
    newest = select(func.max(PushDelivery.id)).where(PushDelivery.device_id.in_(device_ids))
    rows = db.session.scalars(select(PushDelivery).where(PushDelivery.id.in_(newest.group_by(PushDelivery.device_id))))
    return {row.device_id: row for row in rows}


def push_kinds() -> list[str]:
    """Return the kinds of message that are pushed too, sorted."""
    return sorted(name for name, kind in kinds().items() if kind.push is not None)


def heard_of_danger_without_push(actor: Actor, now: datetime) -> bool:
    """Whether a message that is pushed went to a person, and none of their devices gets any."""
    if newest_key() is None or not might(actor, Permission.PUSH_USE):
        return False
    asked = {"who": actor.user_id, "unseen_since": now - UNSEEN_FOR}
    return db.session.scalar(_told_without_device(), asked) is True


@cache
def _told_without_device() -> Any:
    who: Any = bindparam("who")
    mine = exists().where(PushDevice.user_id == who, _seen_after(bindparam("unseen_since")))
    told = exists().where(OutboxMessage.recipient_id == who, OutboxMessage.kind.in_(push_kinds()))
    return select(and_(told, ~mine))


def devices_live(now: datetime) -> int:
    """Return how many devices get messages."""
    return db.session.scalar(select(func.count()).select_from(PushDevice).where(is_live(now))) or 0


def last_failure(now: datetime) -> Any:
    """Return (code, status, when it was queued) of the newest message of a week that has not arrived; None when all
    have."""
    failed = select(PushDelivery.last_error, PushDelivery.status, PushDelivery.created_at).where(
        PushDelivery.last_error != "", PushDelivery.created_at > now - FAILURES_OF
    )
    return db.session.execute(failed.order_by(PushDelivery.id.desc()).limit(1)).one_or_none()
