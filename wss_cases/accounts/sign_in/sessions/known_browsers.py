"""Browsers that somebody signed in from before: strangers' wrong passwords do not shut them out.

A signed cookie holds a number of this browser and the accounts that were fully signed in to here. It opens nothing.
"""

import secrets

from itsdangerous import BadSignature, URLSafeTimedSerializer

from wss_cases.foundation.ids import fold_address, token_digest
from wss_cases.foundation.settings.reading import setting, signing_keys

LASTS_SECONDS = 180 * 24 * 3600
MOST_ACCOUNTS = 20
"""Of one browser: a desk in a school's office is many people's."""


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(signing_keys(), salt="known browser")


def cookie_name() -> str:
    """Return the name of the cookie."""
    return "__Host-known" if setting("SESSION_COOKIE_SECURE") else "known"


def _mark(email: str) -> str:
    return token_digest(f"known:{fold_address(email)}")[:16]


def _held(cookie: str) -> tuple[str, list[str]]:
    try:
        browser, marks = _signer().loads(cookie, max_age=LASTS_SECONDS)
        return str(browser), [str(mark) for mark in marks]
    except (BadSignature, TypeError, ValueError):
        return secrets.token_urlsafe(16), []


def known_browser(cookie: str, email: str) -> str:
    """Return the number of the browser whose cookie this is, where this account was signed in to before, else ''."""
    browser, marks = _held(cookie)
    return browser if _mark(email) in marks else ""


def remembering(cookie: str, email: str) -> str:
    """Return the cookie of a browser in which an account was just signed in to, second factor included."""
    browser, marks = _held(cookie)
    marks = [_mark(email), *(mark for mark in marks if mark != _mark(email))][:MOST_ACCOUNTS]
    return str(_signer().dumps([browser, marks]))
