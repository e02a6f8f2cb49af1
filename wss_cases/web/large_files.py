"""Room for the two kinds of files larger than a form: rosters, and attachments from people who may send them."""

from collections.abc import Callable
from typing import Final

from flask import Flask, current_app, request

from wss_cases.access.gate import current_actor, permission_of
from wss_cases.access.policy import might
from wss_cases.foundation.settings.reading import setting

ROSTER: Final = "roster_uploads.upload"
ATTACHED: Final = frozenset(
    {
        *("attachments.of_incident", "attachments.of_circle_consent", "attachments.of_referral_consent"),
        *("attachments.of_agreement", "attachments.of_action", "attachments.of_release"),
    }
)
ATTACHED_AT_ONCE: Final = 64 * 1024**2
"""Bytes of the files that are attached together, six of the largest."""


FORM: Final = 16 * 1024**2
"""Bytes above the largest file that the server takes in: then the application's own page says what is too large."""


def largest_body(app: Flask) -> int:
    """The most bytes of one request that the server reads before the application is asked."""
    return max(ATTACHED_AT_ONCE, int(app.config["ROSTER_UPLOAD_MB"]) * 1024**2) + FORM


def init_large_files(app: Flask) -> None:
    """Must be registered before anything reads the request's body."""
    app.before_request(_give_room)


def _room_of(endpoint: str) -> Callable[[], int] | None:
    if endpoint == ROSTER:
        return lambda: int(setting("ROSTER_UPLOAD_MB")) * 1024**2
    return (lambda: ATTACHED_AT_ONCE) if endpoint in ATTACHED else None


def _give_room() -> None:
    room = _room_of(request.endpoint or "")
    if room is None or request.method != "POST":
        return
    permission = permission_of(current_app, str(request.endpoint))
    if permission is not None and might(current_actor(), permission):
        request.max_content_length = room()
