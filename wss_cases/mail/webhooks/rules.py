"""Pure decisions about webhooks: which addresses, what is said, how it is signed, what an answer means."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from wss_cases.foundation.connecting.outward import is_public
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.mail.common.rules import Verdict
from wss_cases.mail.webhooks.states import HookEvent

PURPOSE: Final = "webhook"
"""What the keys of the secrets are derived for."""
PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
OLD_SECRET_SIGNS: Final = timedelta(days=1)


def new_secret() -> str:
    """Return a fresh secret, written as Standard Webhooks has it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: str) -> str:
    """Return the signature of a message by Standard Webhooks, version 1: HMAC-SHA256 over id, time and body."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.{body}".encode()
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def headers(signed_by: Sequence[str], message_id: str, timestamp: int, body: str) -> dict[str, str]:
    """Return the headers of one attempt; each secret that is in force signs."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "whole-school-safety",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, message_id, timestamp, body) for secret in signed_by),
    }


def body_of(event: HookEvent, at: datetime, data: dict[str, Any]) -> str:
    """Return what is sent: the event, when it was, and ids that lead to a page for whoever may open it."""
    when = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({"type": event.value, "timestamp": when, "data": data}, separators=(",", ":"))


def verdict_of(status: int) -> tuple[Verdict, str]:
    """Return what an answer means, and why it is none that was hoped for: 2xx alone is good, 410 is the last."""
    if 200 <= status < 300:
        return Verdict.SENT, ""
    if status == 410:
        return Verdict.FAILED, "gone"
    return Verdict.RETRY, "redirect" if 300 <= status < 400 else "status"


def check_url(url: str, near: Collection[str]) -> None:
    """Refuse what is no address to send to. `near`: hosts inside the network that the machine's settings name.

    Where a name leads is looked at each time it is sent to.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or not url.isascii() or any(letter <= " " for letter in url):
        raise Refused("url", _("Enter a full address that starts with https://, without spaces."))
    if parts.scheme != "https" and not (parts.scheme == "http" and host in near):
        raise Refused("url", _("Enter an address that starts with https://: what is sent is encrypted."))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Refused("url", _("Leave the name, password and “#” out of the address."))
    if host not in near and not _may_be_public(host):
        raise Refused("url", _("This address is inside a network. The machine’s settings must name it first."))


def _may_be_public(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        return host != "localhost" and not host.endswith((".localhost", ".local", ".internal"))
