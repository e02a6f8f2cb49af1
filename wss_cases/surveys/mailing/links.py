"""The link in an invitation that stops further ones to its address: signed, and good for nothing else."""

from itsdangerous import BadSignature, URLSafeSerializer

from wss_cases.foundation.ids import fold_address, token_digest
from wss_cases.foundation.settings.reading import signing_keys


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(signing_keys(), salt="survey-mail")


def address_digest(email: str) -> str:
    """Return what is kept of an address that wants no invitations."""
    return token_digest(fold_address(email))


def stop_token(email: str) -> str:
    """Return the token that stops invitations to an address; it does not hold the address."""
    return str(_signer().dumps(address_digest(email)))


def stopped_by(token: str) -> str | None:
    """Return the digest of a token, or None when it was not made here."""
    try:
        return str(_signer().loads(token))
    except BadSignature:
        return None
