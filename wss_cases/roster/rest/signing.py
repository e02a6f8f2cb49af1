"""OAuth 1 for OneRoster 1.1: each request carries a signature of its own, by HMAC-SHA256, and there is no token."""

import base64
import hashlib
import hmac
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.operations.deferred import deferred

clients = deferred("authlib.integrations.requests_client")
oauth1 = deferred("authlib.oauth1.rfc5849.signature")
METHOD: Final = "HMAC-SHA256"
MOST_APART: Final = 5
"""Minutes; servers commonly take no signature that is older."""


def _sign(client: Any, request: Any) -> str:
    key = f"{oauth1.escape(client.client_secret)}&".encode()
    words = oauth1.generate_signature_base_string(request).encode()
    return base64.b64encode(hmac.new(key, words, hashlib.sha256).digest()).decode()


@cache
def _signed() -> type[Any]:
    """Return the library's signer, which by itself signs with SHA-1."""
    return type("Signed", (clients.OAuth1Auth,), {"SIGNATURE_METHODS": {METHOD: _sign}})


def signature(client_id: str, client_secret: str) -> Any:
    """Return what signs a request of `requests`."""
    return _signed()(client_id, client_secret, signature_method=METHOD)


def refused_words(answer: Any, now: datetime) -> str:
    """Return what a sender can do about a signature that the server did not take."""
    apart = _minutes_apart(answer.headers.get("Date", ""), now)
    if apart > MOST_APART:
        return _(
            "The server does not accept the signature: its clock and the clock here are %(minutes)d minutes apart.",
            minutes=apart,
        )
    return _(
        "The server does not accept the signature. Check the client id and the secret, and that the server supports "
        "OAuth 1 with %(method)s.",
        method=METHOD,
    )


def _minutes_apart(date: str, now: datetime) -> int:
    try:
        there = parsedate_to_datetime(date)
    except ValueError:
        return 0
    return round(abs((there - now).total_seconds()) / 60) if there.tzinfo else 0
