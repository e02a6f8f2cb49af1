"""The token that opens the page of a first start: WSS_SETUP_TOKEN, else one that a start made and printed."""

import hmac
from pathlib import Path

from wss_cases.foundation.keys.loading import made_once
from wss_cases.foundation.settings.reading import setting


def made_token() -> str:
    """Return the token that opens the page; makes one in the instance folder where none is given or made yet."""
    return setting("SETUP_TOKEN") or made_once(Path(setting("SETUP_TOKEN_FILE")))


def is_token(given: str) -> bool:
    """Whether this is the token, compared in the same time whatever is given; where there is none, nothing is."""
    known = setting("SETUP_TOKEN") or _kept()
    return hmac.compare_digest(given.encode(), known.encode()) and bool(known)


def _kept() -> str:
    try:
        return Path(setting("SETUP_TOKEN_FILE")).read_text(encoding="ascii").strip()
    except OSError:
        return ""
