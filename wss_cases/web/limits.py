"""Limits of requests: the size of files, and how many a process computes at a time."""

from collections.abc import Callable, Iterable
from threading import BoundedSemaphore
from typing import Any, Final

from flask import Flask, current_app, request

from wss_cases.access.gate import current_actor, permission_of
from wss_cases.access.policy import might
from wss_cases.foundation.settings import setting

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


TURNS = 2
PATIENCE_SECONDS = 0.5

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class InTurn:
    """A WSGI application whose requests wait for their turn; streamed answers are sent without one."""

    def __init__(self, app: Wsgi) -> None:
        self.app, self.turns = app, BoundedSemaphore(TURNS)
        self.held_long = False
        """Whether somebody has waited in vain since a turn was last given back: then no one else waits."""

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """Answer a request."""
        has_turn = self.turns.acquire(timeout=0 if self.held_long else PATIENCE_SECONDS)
        self.held_long = not has_turn
        try:
            return self.app(environ, start)
        finally:
            if has_turn:
                self.held_long = False
                self.turns.release()
