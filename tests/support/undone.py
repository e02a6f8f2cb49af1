"""Requests whose work is looked at and then taken back, so that thousands find the same rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.support.applications import Rollback
from tests.support.pages.crawl import WRITES
from tests.support.rows import Rows, all_rows

QUIET = frozenset({"audit_entry", "counter", "user_session"})
"""What a mere look may write."""


@dataclass
class Done:
    """What came back, into which tables was written (rolled back or not), and every row of these afterwards."""

    response: TestResponse
    written: set[str] = field(default_factory=set)
    rows: Rows = field(default_factory=dict)


class Undone:
    """Sends requests to an application on one connection; `rows` is how everything stands before each of them."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context(), Rollback(app) as connection:
            self.rows = all_rows(connection)
        self._rows_of: dict[str, Rows] = defaultdict(dict)
        for key, row in self.rows.items():
            self._rows_of[key[0]][key] = row
        self._held: Rollback | None = None
        self._connection: sa.Connection | None = None

    def send(self, client: FlaskClient, address: str, **sent: Any) -> Done:
        """Send a request, not looked at as a page. Where it wrote more than a look does, call `undo` afterwards."""
        kept = dict(client._cookies or {})
        # one transaction holds until somebody writes more than a look does
        self._held = self._held or Rollback(self.app)
        connection = self._connection = self._connection or self._held.__enter__()
        written: set[str] = set()

        def executed(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            written.update(WRITES.findall(statement))

        event.listen(connection, "before_cursor_execute", executed)
        try:
            done = Done(FlaskClient.open(client, address, **sent), written - QUIET)
        finally:
            event.remove(connection, "before_cursor_execute", executed)
        if done.written:
            done.rows = all_rows(connection, done.written)
        client._cookies = kept
        return done

    def undo(self) -> None:
        """Take back what was done since the last time."""
        if self._held is not None:
            self._held.__exit__(None, None, None)
        self._held = self._connection = None

    def differing(self, done: Done) -> dict[Any, tuple[Any, Any]]:
        """Return each row that is not as it was, by its key, before and after; None where there is none."""
        before = {key: row for name in done.written for key, row in self._rows_of.get(name, {}).items()}
        return {
            key: (before.get(key), done.rows.get(key))
            for key in before.keys() | done.rows.keys()
            if before.get(key) != done.rows.get(key)
        }
