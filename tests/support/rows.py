"""Every row of a database as values, and which of them belong to one school."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, select

from wss_cases.foundation.db import Base

Key = tuple[str, tuple[Any, ...]]
Rows = dict[Key, dict[str, Any]]


def all_rows(connection: Connection, only: Collection[str] = ()) -> Rows:
    """Return every row of every table, or of those named, by table and primary key."""
    found: Rows = {}
    for table in Base.metadata.sorted_tables:
        if only and table.name not in only:
            continue
        names, keys = list(table.columns.keys()), [column.name for column in table.primary_key]
        for values in connection.execute(select(table)):
            row = dict(zip(names, values, strict=True))
            found[table.name, tuple(row[name] for name in keys)] = row
    return found


def of_school(rows: Rows, school_id: int, known: Collection[Key] = ()) -> set[Key]:
    """Return the rows that hang on a school, directly or through others (among them the known ones of it), with its
    people and its guardians."""
    found: set[Key] = {("school", (school_id,)), *known}
    parents = {
        table.name: [
            (column.name, foreign.column.table.name) for column in table.columns for foreign in column.foreign_keys
        ]
        for table in Base.metadata.sorted_tables
    }
    for key, row in rows.items():  # parents stand before their children
        if "school_id" in row:
            belongs = row["school_id"] == school_id
        else:
            belongs = any((parent, (row[name],)) in found for name, parent in parents[key[0]])
        if belongs:
            found.add(key)
    for holder, name, held in (
        ("role_grant", "user_id", "user_account"),
        ("student_guardian", "guardian_id", "guardian"),
    ):
        found |= {(held, (row[name],)) for key, row in rows.items() if key[0] == holder and key in found}
    return found


def changes(before: Rows, after: Rows, of: Iterable[Key]) -> list[str]:
    return [
        f"{key[0]} {key[1]}: {_difference(before[key], after.get(key))}" for key in of if before[key] != after.get(key)
    ]


def _difference(before: dict[str, Any], after: dict[str, Any] | None) -> str:
    if after is None:
        return "is gone"
    return ", ".join(name for name, value in before.items() if value != after[name])
