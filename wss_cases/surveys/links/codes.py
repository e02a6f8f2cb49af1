"""The code of a link, from its random number and the system's keys: the database alone opens no survey."""

import hashlib
import hmac

from wss_cases.foundation.ids import code_from, token_digest
from wss_cases.foundation.settings.reading import setting

PURPOSE = "survey_link"


def code_of(nonce: str, digest: str | None = None) -> str:
    """Return the code of a nonce, under the newest key, or that whose code has this digest; '' when no key's has."""
    for key in setting("WSS_KEYS").derived(PURPOSE):
        code = code_from(hmac.new(key, nonce.encode(), hashlib.sha256).digest())
        if digest is None or token_digest(code) == digest:
            return code
    return ""
