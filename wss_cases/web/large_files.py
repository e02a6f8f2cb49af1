"""Room for the one kind of file that is larger than a form: a roster, from whoever may import one."""

from flask import Flask, current_app, request

from wss_cases.access.gate import current_actor, permission_of
from wss_cases.access.policy import might
from wss_cases.foundation.settings.reading import setting

TAKING = "roster_uploads.upload"


def init_large_files(app: Flask) -> None:
    """Must be registered before anything reads what was sent."""
    app.before_request(_give_room)


def _give_room() -> None:
    if request.endpoint != TAKING or request.method != "POST":
        return
    permission = permission_of(current_app, TAKING)
    if permission is not None and might(current_actor(), permission):
        request.max_content_length = setting("ROSTER_UPLOAD_MB") * 1024**2
