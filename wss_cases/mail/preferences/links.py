"""The link in a mail that stops mails of its list: signed, without an end, and good for nothing else."""

from itsdangerous import BadSignature, URLSafeSerializer

from wss_cases.foundation.settings.reading import signing_keys
from wss_cases.journal.message_kinds import MailList


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(signing_keys(), salt="mail-list")


def stop_token(user_id: int, mail_list: MailList) -> str:
    """Return the token that stops one list for one person."""
    return str(_signer().dumps([user_id, mail_list.value]))


def stop_of(token: str) -> tuple[int, MailList] | None:
    """Return the person and the list of a token, or None when it was not made here."""
    try:
        user_id, name = _signer().loads(token)
        return int(user_id), MailList(name)
    except (BadSignature, TypeError, ValueError):
        return None
