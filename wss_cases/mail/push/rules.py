"""Push messages: encrypted for the device (RFC 8291) and signed for its push service (VAPID, RFC 8292) by a library.

Also the tables of devices and of messages on their way to one."""

import base64
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from enum import Enum
from functools import cache
from typing import Any, Final, cast
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
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
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.keys import PushKey, unseal
from wss_cases.foundation.operations import deferred
from wss_cases.foundation.settings import setting
from wss_cases.journal.message_kinds import PushWords, kinds
from wss_cases.journal.models import OutboxMessage, Sendable

PURPOSE: Final = "push"
"""Purpose of the keys that seal the addresses."""
MOST_DEVICES: Final = 10
"""Per person."""
UNSEEN_FOR: Final = timedelta(days=30)
"""A device where its person has not signed in for so long gets no more messages."""
LONGEST_ENDPOINT: Final = 1000
POINT_BYTES, SECRET_BYTES = 65, 16
PADDED_TO: Final = 512
"""All messages have this size, so that their length reveals nothing."""
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15, 30))
LONGEST_RETRY_AFTER: Final = 3600


def own_device(actor: Actor, record: Any) -> bool:
    """Whether a device belongs to the actor. To add a device, the actor is passed as the record."""
    return record.user_id is not None and record.user_id == actor.user_id


@dataclass(frozen=True)
class Subscription:
    """A browser's subscription: where to post, and the keys that encrypt for it."""

    endpoint: str
    p256dh: str
    auth: str


class Answered(Enum):
    """The meaning of a push service's answer."""

    TAKEN = "taken"
    LATER = "later"
    REFUSED = "refused"
    GONE = "gone"


def answered(status: int) -> Answered:
    """404 and 410 end the subscription (RFC 8030); 408, 429 and 5xx are temporary."""
    if 200 <= status < 300:
        return Answered.TAKEN
    if status in (404, 410):
        return Answered.GONE
    return Answered.LATER if status in (408, 429) or status >= 500 else Answered.REFUSED


def pause_after(attempts: int, retry_after: str) -> timedelta:
    """The pause after so many failed attempts (1 or more), or a longer one that the service asks for."""
    own = PAUSES[min(attempts, len(PAUSES)) - 1]
    requested = int(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 6 else 0
    return max(own, timedelta(seconds=min(requested, LONGEST_RETRY_AFTER)))


def check_subscription(given: Subscription, hosts: Sequence[str], near: Collection[str]) -> None:
    """Raise Refused for an invalid subscription, or an address outside the push services in the settings."""
    good = _is_endpoint(given.endpoint, hosts, near) and _is_point(given.p256dh)
    if not good or len(_bytes_of(given.auth)) != SECRET_BYTES:
        raise Refused("", _("This browser’s push service is not one that this site sends to. Nothing was turned on."))


def _is_endpoint(endpoint: str, hosts: Sequence[str], near: Collection[str]) -> bool:
    if not 0 < len(endpoint) <= LONGEST_ENDPOINT or not endpoint.isascii() or any(one <= " " for one in endpoint):
        return False
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or parts.fragment or "\\" in endpoint:
        return False
    if host in near:
        return parts.scheme in ("http", "https")
    return parts.scheme == "https" and port in (None, 443) and any(_fits(host, pattern) for pattern in hosts)


def _fits(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return host == pattern


def _bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""


def _is_point(text: str) -> bool:
    point = _bytes_of(text)
    if len(point) != POINT_BYTES:
        return False
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return True


def body_of(title: str, body: str, path: str, tag: str) -> bytes:
    """The message for the device: text, a path of this site, and the tag under which a repeat replaces the first."""
    content = json.dumps({"title": title, "body": body, "link": path, "tag": tag}, ensure_ascii=False)
    data = content.encode()
    return data + b" " * (-len(data) % PADDED_TO)


def path_of(href: str) -> str:
    """The path of an address of this site, without host and query."""
    return urlsplit(href).path or "/"


def host_of(endpoint: str) -> str:
    return urlsplit(endpoint).hostname or ""


webpush = deferred("webpush")
SIGNED_FOR = timedelta(hours=12)
"""Validity of a signature; a service allows at most a day."""


@dataclass(frozen=True)
class Posted:
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class _Origin:
    """An origin with its port, which the library would leave out."""

    scheme: str
    host: str


def posted(key: PushKey, to: Subscription, said: bytes, sender: str, topic: str, ttl: int) -> Posted:
    """The post for a message that is useful for `ttl` more seconds; a later one of its topic replaces it. `sender`
    (MAIL_FROM) lets the service contact us."""
    contact = parseaddr(sender)[1]
    push = webpush.WebPush(private_key=key.private_pem, public_key=key.public_pem)
    where: Any = {"endpoint": to.endpoint, "keys": {"p256dh": to.p256dh, "auth": to.auth}}
    made = push.get(said, webpush.WebPushSubscription(**where), subscriber=contact, ttl=ttl)
    parts = urlsplit(to.endpoint)
    origin = cast(Any, _Origin(parts.scheme, parts.netloc))
    signed = push.vapid.get_authorization_header(origin, contact, int(SIGNED_FOR.total_seconds()))
    return Posted(
        made.encrypted,
        {
            "Content-Encoding": made.headers["content-encoding"],
            "Content-Type": "application/octet-stream",
            "Authorization": signed,
            "TTL": str(ttl),
            "Urgency": "high",
            "Topic": topic,
        },
    )


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
