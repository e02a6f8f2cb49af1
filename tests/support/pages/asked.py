"""What the database is asked while something is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from wss_cases.foundation.db import db


@contextmanager
def asked() -> Iterator[list[str]]:
    """Collect the statements that the test's own database is sent while this is open, savepoints left out."""
    engine = db.session.get_bind().engine
    said: list[str] = []

    def note(*arguments: Any) -> None:
        if "SAVEPOINT" not in arguments[2]:
            said.append(arguments[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)
