"""Refuse to serve while code and schema differ; asked once, then only while they do."""

from flask import Flask, request

from wss_cases.foundation.errors import Unavailable
from wss_cases.foundation.schema import schema_command

ALWAYS_SERVED = frozenset({"static", "bootstrap.static", "web.healthz", "web.readyz"})


def init_schema_check(app: Flask) -> None:
    """Check before the first request; must stand before anything that reads the database."""
    matched: list[bool] = []

    def check() -> None:
        if matched or request.endpoint in ALWAYS_SERVED:
            return
        command = schema_command()
        if command:
            raise Unavailable("The database and this release do not match.", command)
        matched.append(True)

    app.before_request(check)
