"""Refuses to begin serving while code and schema differ.

A process that has served on its own schema goes on when the schema moves ahead: a release only adds, and removes what
the release before no longer uses, so machines are updated one after the other.
"""

from flask import Flask, current_app, request

from wss_cases.foundation.database import NEWER_CODE, schema_command
from wss_cases.foundation.errors import Unavailable

ALWAYS_SERVED = frozenset({"static", "bootstrap.static", "web.healthz", "web.readyz"})


def init_schema_check(app: Flask) -> None:
    """Check before the first request; must come before anything that reads the database."""
    app.extensions["schema_matched"] = False

    def check() -> None:
        if app.extensions["schema_matched"] or request.endpoint in ALWAYS_SERVED:
            return
        command = mismatch()
        if command:
            raise Unavailable("The database and this release do not match.", command)

    app.before_request(check)


def mismatch() -> str | None:
    """The command that an operator must run before this process may serve; None when it may.

    Raises OperationalError when the database cannot be reached.
    """
    command = schema_command()
    if command is None:
        current_app.extensions["schema_matched"] = True
    served = current_app.extensions["schema_matched"]
    return None if served and command == NEWER_CODE else command
