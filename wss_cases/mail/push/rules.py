"""Push messages: encrypted for the device (RFC 8291), signed for its push service (VAPID, RFC 8292), both by a
library."""

import base64
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from enum import Enum
from typing import Any, Final, cast
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from wss_cases.access.actor import Actor
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.foundation.keys import PushKey
from wss_cases.foundation.operations import deferred

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
    """The actor's own device, or the actor, who may add one."""
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
