"""One-time links: a signed invitation id, valid while its row is unused and not expired."""

from itsdangerous import BadSignature, URLSafeSerializer

from wss_cases.foundation.settings import setting


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(setting("SECRET_KEY"), salt="invitation")


def invitation_token(invitation_id: int) -> str:
    """Return the link's token for an invitation."""
    return str(_signer().dumps(invitation_id))


def invitation_id_of(token: str) -> int | None:
    """Return the invitation's id, or None when the token was not made here."""
    try:
        found = _signer().loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, int) else None
