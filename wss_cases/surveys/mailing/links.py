"""The link in an invitation that stops further ones to its address: signed, and good for nothing else."""

import hashlib
import hmac

from itsdangerous import BadSignature, URLSafeSerializer

from wss_cases.foundation.ids import fold_address, token_digest
from wss_cases.foundation.settings.reading import setting, signing_keys

PURPOSE = "survey_mail_stop"
KEPT, PLAIN = 32, 64
"""Letters of a digest under our keys, and of a plain one, which links in older mails hold."""


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(signing_keys(), salt="survey-mail")


def _keyed(plain: str) -> list[str]:
    keys = setting("WSS_KEYS").derived(PURPOSE)
    return [hmac.digest(key, plain.encode(), hashlib.sha256).hex()[:KEPT] for key in keys]


def address_digests(email: str) -> list[str]:
    """Return what may be kept of an address that wants no invitations, under each key, the newest first."""
    return _keyed(token_digest(fold_address(email)))


def stop_token(email: str) -> str:
    """Return the token that stops invitations to an address; it does not hold the address."""
    return str(_signer().dumps(address_digests(email)[0]))


def stopped_by(token: str) -> str | None:
    """Return what is kept of a token's address, or None when it was not made here."""
    try:
        held = str(_signer().loads(token))
    except BadSignature:
        return None
    return _keyed(held)[0] if len(held) == PLAIN else held
