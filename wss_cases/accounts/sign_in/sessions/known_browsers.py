"""Browsers that somebody signed in from before: strangers' wrong passwords do not shut them out.

A signed cookie holds a number of this browser and the accounts that were fully signed in to here. It opens nothing.
"""

import secrets

from flask import request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from wss_cases.foundation.ids import fold_address, token_digest
from wss_cases.foundation.settings.reading import setting, signing_keys

LASTS_SECONDS = 180 * 24 * 3600
MOST_ACCOUNTS = 20
"""Of one browser: a desk in a school's office is many people's."""


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(signing_keys(), salt="known browser")


def _name() -> str:
    return "__Host-known" if setting("SESSION_COOKIE_SECURE") else "known"


def _mark(email: str) -> str:
    return token_digest(f"known:{fold_address(email)}")[:16]


def _held() -> tuple[str, list[str]]:
    try:
        browser, marks = _signer().loads(request.cookies.get(_name(), ""), max_age=LASTS_SECONDS)
        return str(browser), [str(mark) for mark in marks]
    except (BadSignature, TypeError, ValueError):
        return secrets.token_urlsafe(16), []


def known_browser(email: str) -> str:
    """Return this browser's number where somebody signed in to this account here before, else ''."""
    browser, marks = _held()
    return browser if _mark(email) in marks else ""


def remember_browser(answer: Response, email: str) -> None:
    """Let this browser be known to an account that was just signed in to, second factor included."""
    browser, marks = _held()
    marks = [_mark(email), *(mark for mark in marks if mark != _mark(email))][:MOST_ACCOUNTS]
    answer.set_cookie(
        _name(), str(_signer().dumps([browser, marks])), max_age=LASTS_SECONDS, httponly=True, samesite="Lax",
        secure=setting("SESSION_COOKIE_SECURE"),
    )  # fmt: skip
