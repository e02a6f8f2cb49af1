"""What is signed: an invitation's id in its link, and the secret of a second factor that is being set up."""

from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from wss_cases.foundation.settings.reading import signing_keys

ENROLMENT_SECONDS = 3600


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(signing_keys(), salt="invitation")


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


def held_token(held_id: int) -> str:
    """Return the token with which the holder of an account confirms a change that waits."""
    return str(URLSafeSerializer(signing_keys(), salt="held change").dumps(held_id))


def held_id_of(token: str) -> int | None:
    """Return the id of the change that waits, or None when the token was not made here."""
    return _number_of(token, "held change")


def not_me_token(message_id: int) -> str:
    """Return the token with which whom a mail told of a change says that it was not theirs."""
    return str(URLSafeSerializer(signing_keys(), salt="not me").dumps(message_id))


def message_id_of(token: str) -> int | None:
    """Return the id of the mail that told of a change, or None when the token was not made here."""
    return _number_of(token, "not me")


def _number_of(token: str, salt: str) -> int | None:
    try:
        found = URLSafeSerializer(signing_keys(), salt=salt).loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, int) else None


def _enrolment_signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(signing_keys(), salt="second factor")


def signed_secret(user_id: int, secret: str) -> str:
    """Return a secret as the page that shows it carries it, for this person alone."""
    return str(_enrolment_signer().dumps([user_id, secret]))


def secret_of(user_id: int, signed: str) -> str | None:
    """Return the secret, or None when it was not made here, for this person, within the hour."""
    try:
        owner, secret = _enrolment_signer().loads(signed, max_age=ENROLMENT_SECONDS)
    except (BadSignature, TypeError, ValueError):
        return None
    return str(secret) if owner == user_id else None
