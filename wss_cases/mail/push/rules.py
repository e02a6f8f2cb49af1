"""One message as its device reads it and as its service takes it: encrypted for the one (RFC 8291), signed for the
other (VAPID, RFC 8292), both by a library."""

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
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.keys.push_keys import PushKey
from wss_cases.foundation.operations.deferred import deferred

PURPOSE: Final = "push"
"""What the keys of the sealed addresses are derived for."""
MOST_DEVICES: Final = 10
"""Of one person."""
UNSEEN_FOR: Final = timedelta(days=30)
"""A device at which its person has not signed in for so long gets nothing more."""
LONGEST_ENDPOINT: Final = 1000
POINT_BYTES, SECRET_BYTES = 65, 16
PADDED_TO: Final = 512
"""Every message has one size, so that who carries it learns nothing of its kind."""
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15, 30))
LONGEST_RETRY_AFTER: Final = 3600


def own_device(actor: Actor, record: Any) -> bool:
    """The record is a device of the actor's own, or is the actor, who may ask for one."""
    return record.user_id is not None and record.user_id == actor.user_id


@dataclass(frozen=True)
class Subscription:
    """What a browser hands out: where to post, and the keys that only it can read with."""

    endpoint: str
    p256dh: str
    auth: str


class Answered(Enum):
    """What an answer of the push service means."""

    TAKEN = "taken"
    LATER = "later"
    REFUSED = "refused"
    GONE = "gone"


def answered(status: int) -> Answered:
    """Return what a status means: 404 and 410 end the subscription (RFC 8030), 429 and 5xx pass."""
    if 200 <= status < 300:
        return Answered.TAKEN
    if status in (404, 410):
        return Answered.GONE
    return Answered.LATER if status in (408, 429) or status >= 500 else Answered.REFUSED


def pause_after(attempts: int, retry_after: str) -> timedelta:
    """Return the pause after so many failed attempts (1 or more), or a longer one that the service asks for."""
    own = PAUSES[min(attempts, len(PAUSES)) - 1]
    asked = int(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 6 else 0
    return max(own, timedelta(seconds=min(asked, LONGEST_RETRY_AFTER)))


def check_subscription(given: Subscription, hosts: Sequence[str], near: Collection[str]) -> None:
    """Refuse what no browser hands out, and every address that is not of a push service that the settings name."""
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
    """Whether a host is the one named, or below the one named behind `*.`."""
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
    """Return what the device reads: words, a path of this site, and the tag under which a repeat replaces the first."""
    said = json.dumps({"title": title, "body": body, "link": path, "tag": tag}, ensure_ascii=False)
    data = said.encode()
    return data + b" " * (-len(data) % PADDED_TO)


def path_of(href: str) -> str:
    """Return the path of an address of this site, as a message carries it: no host, nothing behind a `?`."""
    return urlsplit(href).path or "/"


def host_of(endpoint: str) -> str:
    """Return the host of a push service."""
    return urlsplit(endpoint).hostname or ""


webpush = deferred("webpush")
SIGNED_FOR = timedelta(hours=12)
"""How long a service may take the signature for good: at most a day."""


@dataclass(frozen=True)
class Posted:
    """The body and headers of one post."""

    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class _Origin:
    """An origin as the library reads it off an address, and with its port, which it would leave out."""

    scheme: str
    host: str


def posted(key: PushKey, to: Subscription, said: bytes, sender: str, topic: str, ttl: int) -> Posted:
    """Return what is posted for a message of use for `ttl` seconds more; a later one of its topic replaces it.

    `sender`: MAIL_FROM, so that the service can write to whoever sends.
    """
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
