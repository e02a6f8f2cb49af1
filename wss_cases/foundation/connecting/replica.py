"""Reports read from a copy of the database (`REPORTS_DATABASE_URL`) where there is one; nothing is written there.

Inside `reports_reading`, statements go to the copy, except those of a session that writes. When the copy does not
answer or lags, it is not asked for a minute, and the main database answers instead.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.foundation.connecting.pooler import fit_pooler
from wss_cases.foundation.connecting.silence import SILENCE

_LOG = logging.getLogger(__name__)
_READING: ContextVar[Engine | None] = ContextVar("reading_reports", default=None)
AWAY_SECONDS = 60.0
MOST_SECONDS_BEHIND = 600
"""The scheduler writes every minute, so what a standby has last taken over is never old while it follows."""
_BEHIND = text(
    "SELECT CASE WHEN pg_is_in_recovery() THEN extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END"
)
EXTENSION = "wss_reports"


class ReportsDatabase:
    """One application's copy: its engine, and until when it is not asked."""

    def __init__(self, url: str) -> None:
        options: dict[str, Any] = {"pool_pre_ping": True, "hide_parameters": True}
        if url.startswith("sqlite"):
            options["connect_args"] = {"timeout": 5, "check_same_thread": False}
        else:
            read_only = {"postgresql_readonly": True}
            options |= {"pool_timeout": 5, "connect_args": SILENCE, "execution_options": read_only}
        self.engine = create_engine(url, **options)
        self.away_until = 0.0
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", lambda opened, _record: opened.execute("PRAGMA query_only=ON"))
        else:
            fit_pooler(self.engine)

    def answers(self) -> bool:
        """Whether it can be read now and does not lag."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT count(*) FROM alembic_version"))
                behind = connection.scalar(_BEHIND) if self.engine.dialect.name == "postgresql" else None
        except SQLAlchemyError:
            return False
        return behind is None or behind <= MOST_SECONDS_BEHIND

    def chosen(self) -> Engine | None:
        """Its engine, or None while it is not asked."""
        if time.monotonic() < self.away_until:
            return None
        if self.answers():
            return self.engine
        self.away_until = time.monotonic() + AWAY_SECONDS
        _LOG.warning("REPORTS_DATABASE_URL does not answer or is far behind: reports are read from DATABASE_URL")
        return None


def init_reports_db(app: Flask) -> None:
    """Attach the copy when one is configured; opens no connection."""
    url = app.config["REPORTS_DATABASE_URL"]
    app.extensions[EXTENSION] = ReportsDatabase(url) if url else None


def reports_database() -> ReportsDatabase | None:
    found: ReportsDatabase | None = current_app.extensions.get(EXTENSION)
    return found


def reading_engine() -> Engine | None:
    """The engine from which a session that writes nothing reads now; None: the main database."""
    return _READING.get()


@contextmanager
def reports_reading() -> Iterator[None]:
    copy = reports_database()
    token = _READING.set(copy.chosen() if copy else None)
    try:
        yield
    finally:
        _READING.reset(token)
