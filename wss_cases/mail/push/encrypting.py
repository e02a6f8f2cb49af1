"""One message as its device reads it and as its service takes it: encrypted for the one (RFC 8291), signed for the
other (VAPID, RFC 8292), both by a library."""

from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from typing import Any, cast
from urllib.parse import urlsplit

from wss_cases.foundation.keys.push_keys import PushKey
from wss_cases.foundation.operations.deferred import deferred
from wss_cases.mail.push.rules import Subscription

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
