"""An audit log that takes no row: whatever needs one must then not have happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

INSERT = "INSERT INTO audit_entry"


@contextmanager
def audit_refused(where: Engine | Connection, refuse: Callable[[str], None]) -> Iterator[None]:
    """Let `refuse` see the act of each audit row before it is written; what it raises is what the writer meets."""

    def look(_connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, many: bool) -> None:
        if INSERT in statement:
            columns = statement[statement.index(INSERT) :]
            place = columns[columns.index("(") + 1 : columns.index(")")].split(", ").index("action")
            for row in given if many else [given]:
                named = row.items() if isinstance(row, dict) else [("action", row[place])]
                for act in (held for name, held in named if name.endswith("action")):
                    refuse(act)

    event.listen(where, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(where, "before_cursor_execute", look)
