"""The rows that a request wrote: the database after it, compared with a copy from before."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.same_pages.masking import MASK, masked

NOISE = ("request_key", "search_", "sqlite_", "user_session")
"""Beginnings of the names of tables that say nothing about what an act did."""
RANDOM = frozenset({"message_id", "token_digest", "digest", "secret", "code_digest", "key_digest"})
"""Columns that hold something new each time."""
_MIXED = r"(?=[\w+/-]*[A-Z])(?=[\w+/-]*[a-z])(?=[\w+/-]*\d)"
_TOKENS = re.compile(rf"\b(?=[\w-]*\d)[0-9a-f]{{20,}}\b|\b{_MIXED}(?:[\w+/]{{40,}}={{0,2}}|[\w-]{{20,}})")
Row = dict[str, Any]
Change = tuple[str, str, Row | None, Row | None]
"""Table, primary key, the row before (None: inserted) and after (None: deleted)."""


def without_tokens(text: str) -> str:
    """Replace random identifiers and one-time tokens by an ellipsis."""
    return _TOKENS.sub(MASK, masked(text))


def snapshot(database: Path) -> Path:
    """Copy a database as it is between two requests, and return the copy."""
    copy = database.with_name("before.sqlite3")
    for ending in ("", "-wal"):
        source = database.with_name(database.name + ending)
        if source.exists():
            shutil.copyfile(source, copy.with_name(copy.name + ending))
    return copy


def changes_since(before: Path, database: Path) -> list[Change]:
    """Return the rows in which a database differs from its snapshot, by table and primary key."""
    connection = sqlite3.connect(database)
    connection.row_factory = sqlite3.Row
    connection.execute("ATTACH ? AS before", (str(before),))
    listed = connection.execute("PRAGMA main.table_list").fetchall()
    names = [row["name"] for row in listed if row["schema"] == "main" and row["type"] == "table"]
    found = [change for name in sorted(names) if not name.startswith(NOISE) for change in _changes_of(connection, name)]
    connection.close()
    return found


def _changes_of(connection: sqlite3.Connection, table: str) -> Iterator[Change]:
    """Yield what differs in one table."""
    info = connection.execute(f'PRAGMA main.table_info("{table}")').fetchall()
    key = [row["name"] for row in sorted(info, key=lambda row: row["pk"]) if row["pk"]]
    sides = [
        {
            ", ".join(str(row[name]) for name in key): dict(row)
            for row in connection.execute(f'SELECT * FROM {one}."{table}" EXCEPT SELECT * FROM {other}."{table}"')
        }
        for one, other in (("before", "main"), ("main", "before"))
    ]
    for row_key in sorted({*sides[0], *sides[1]}, key=lambda text: (len(text), text)):
        yield table, row_key, sides[0].get(row_key), sides[1].get(row_key)


def change_lines(changes: list[Change]) -> Iterator[str]:
    """Yield a line for each row and, below it, for each column that has a value or got another."""
    for table, key, before, after in changes:
        kind = "inserted" if before is None else "deleted" if after is None else "changed"
        yield f"{kind} {table} {key}"
        if after is None:
            continue
        for name, value in after.items():
            if before is None and value is not None:
                yield f"  {table}.{name}: {_shown(name, value)}"
            elif before is not None and before.get(name) != value:
                yield f"  {table}.{name}: {_shown(name, before.get(name))} -> {_shown(name, value)}"


def _shown(name: str, value: Any) -> str:
    if name in RANDOM and value:
        return MASK
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    if isinstance(value, str) and value[:1] in ("{", "["):
        with contextlib.suppress(ValueError):
            value = json.dumps(json.loads(value), ensure_ascii=False, sort_keys=True)
        return without_tokens(value)
    return without_tokens(repr(value)) if isinstance(value, str) else str(value)
