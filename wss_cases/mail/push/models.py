"""Devices that get push messages, and each message on its way to one of them."""

import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import AccountState, UserAccount, UserSession
from wss_cases.foundation.connecting import StrictInteger
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.i18n import _l
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.keys import PushKey, unseal
from wss_cases.foundation.settings import setting
from wss_cases.journal.message_kinds import PushWords, kinds
from wss_cases.journal.models import OutboxMessage, Sendable
from wss_cases.mail.push.rules import PURPOSE, UNSEEN_FOR, Subscription

TEST: Final = PushWords(_l("Test message"), _l("Messages reach this device."), timedelta(minutes=10))

REASONS: Final[dict[str, Any]] = {
    "status": _l("The push service answered with status %(status)s."),
    "refused_key": _l("The push service does not accept our key (status %(status)s)."),
    "private": _l("The address of the push service is inside a network."),
    "plain": _l("The address of the push service does not begin with https://."),
    "name": _l("No push service has this name."),
    "tls": _l("The push service’s certificate is not good, or it does not speak TLS."),
    "timeout": _l("The push service did not answer in time."),
    "refused": _l("The push service cannot be reached."),
    "garbled": _l("The push service does not answer as a web server does."),
    "sealed": _l("The device’s address cannot be opened: an older key of WSS_KEYS is missing."),
    "server_key": _l("WSS_PUSH_KEY no longer holds the key of this device."),
    "late": _l("It was no longer of use when it could be sent."),
}
"""Stored as a code with the answer's status; nothing else of the answer is stored."""


class PushDevice(Base):
    """A browser whose person turned on push messages; ends with its session.

    Its address and keys are sealed, because anyone who knows them could write to it; `endpoint_digest` finds it again.
    `server_key` names the key that the browser bound it to; `agent` is the User-Agent.
    """

    __tablename__ = "push_device"
    __table_args__ = (UniqueConstraint("endpoint_digest"),)
    PRIVATE = frozenset({"endpoint_digest", "sealed_text", "sealed_key"})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("user_session.id", ondelete="CASCADE"), index=True)
    endpoint_digest: Mapped[str] = mapped_column(String(64))
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_name: Mapped[str] = mapped_column(String(16), index=True)
    server_key: Mapped[str] = mapped_column(String(16))
    agent: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class PushDelivery(Sendable, Base):
    """One message for one device, useful until `ends_at`: of an outbox row, or a test if that is None. Its text is
    made when it is sent. `status` is the push service's last answer."""

    __tablename__ = "push_delivery"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index("ix_push_delivery_due", "state", "next_attempt_at"),
        Index("ix_push_delivery_device", "device_id", "id"),
    )

    id: Mapped[Id]
    device_id: Mapped[int] = mapped_column(ForeignKey("push_device.id", ondelete="CASCADE"))
    outbox_id: Mapped[int | None] = mapped_column(StrictInteger)
    ends_at: Mapped[datetime]
    status: Mapped[int | None]


FAILURES_OF = timedelta(days=7)
"""How long failures are reported to administrators."""


def newest_key() -> PushKey | None:
    """The key for new subscriptions; None if push messages are not set up."""
    keys: tuple[PushKey, ...] = setting("PUSH_KEYS")
    return keys[0] if keys else None


def key_named(name: str) -> PushKey | None:
    """The key of this name; None if it was removed from the settings."""
    return next((key for key in setting("PUSH_KEYS") if key.name == name), None)


def is_live(now: datetime) -> ColumnElement[bool]:
    """Devices that may get messages: session not signed out or revoked, account active, person seen lately. An
    expired session alone ends no device, or a phone in a pocket would get nothing."""
    return _seen_after(now - UNSEEN_FOR)


def _seen_after(instant: Any) -> ColumnElement[bool]:
    theirs = (UserSession.id == PushDevice.session_id, UserSession.user_id == PushDevice.user_id)
    signed_in = exists().where(*theirs, UserSession.revoked_at.is_(None), UserSession.awaits_code.is_(False))
    active = exists().where(UserAccount.id == PushDevice.user_id, UserAccount.state == AccountState.ACTIVE)
    return and_(PushDevice.seen_at > instant, signed_in, active)


def own_devices(user_id: int | None, now: datetime) -> list[PushDevice]:
    mine = select(PushDevice).where(PushDevice.user_id == user_id, is_live(now))
    return list(db.session.scalars(mine.order_by(PushDevice.id.desc())))


def load_device(device_id: int) -> PushDevice | None:
    """A device or None; the caller checks whose it is."""
    return db.session.get(PushDevice, device_id)


def device_at(endpoint: str) -> PushDevice | None:
    """The device at an address, whoever's it is."""
    return db.session.scalar(select(PushDevice).where(PushDevice.endpoint_digest == token_digest(endpoint)))


def subscription_of(device: PushDevice) -> Subscription:
    """The subscription of a device. Raises ValueError if no key opens it."""
    fields: dict[str, str] = json.loads(unseal(setting("WSS_KEYS"), PURPOSE, device.sealed_text, device.sealed_key))
    return Subscription(**fields)


def last_messages(device_ids: list[int]) -> dict[int, PushDelivery]:
    newest = select(func.max(PushDelivery.id)).where(PushDelivery.device_id.in_(device_ids))
    rows = db.session.scalars(select(PushDelivery).where(PushDelivery.id.in_(newest.group_by(PushDelivery.device_id))))
    return {row.device_id: row for row in rows}


def push_kinds() -> list[str]:
    return sorted(name for name, kind in kinds().items() if kind.push is not None)


def heard_of_danger_without_push(actor: Actor, now: datetime) -> bool:
    """Whether a pushed kind of message went to a person none of whose devices gets any."""
    if newest_key() is None or not might(actor, Permission.PUSH_USE):
        return False
    parameters = {"who": actor.user_id, "unseen_since": now - UNSEEN_FOR}
    return db.session.scalar(_told_without_device(), parameters) is True


@cache
def _told_without_device() -> Any:
    who: Any = bindparam("who")
    mine = exists().where(PushDevice.user_id == who, _seen_after(bindparam("unseen_since")))
    pushed = exists().where(OutboxMessage.recipient_id == who, OutboxMessage.kind.in_(push_kinds()))
    return select(and_(pushed, ~mine))


def devices_live(now: datetime) -> int:
    return db.session.scalar(select(func.count()).select_from(PushDevice).where(is_live(now))) or 0


def last_failure(now: datetime) -> Any:
    """(code, status, when it was queued) of the newest failure within a week; None if there is none."""
    failed = select(PushDelivery.last_error, PushDelivery.status, PushDelivery.created_at).where(
        PushDelivery.last_error != "", PushDelivery.created_at > now - FAILURES_OF
    )
    return db.session.execute(failed.order_by(PushDelivery.id.desc()).limit(1)).one_or_none()
