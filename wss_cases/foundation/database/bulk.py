"""Many rows at once: on PostgreSQL by COPY, which costs a fraction of what as many statements do."""

import enum
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault


def insert_rows(session: Session, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows that are given as the values of these columns; the others take their defaults."""
    if not rows:
        return
    if session.get_bind().dialect.name != "postgresql":
        session.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])
        return
    defaults = _defaults(table, names)
    connection = session.connection().connection.driver_connection
    assert connection is not None
    listed = ", ".join(f'"{name}"' for name in (*names, *defaults))
    fixed = tuple(defaults.values())
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({listed}) FROM STDIN') as copy:
        write = copy.write_row
        for row in rows:
            write((*row, *fixed) if fixed else row)


def _defaults(table: Table, names: Sequence[str]) -> dict[str, Any]:
    found = {}
    for column in table.columns:
        if column.name not in names and isinstance(column.default, ScalarElementColumnDefault):
            value = column.default.arg
            found[column.name] = value.value if isinstance(value, enum.Enum) else value
    return found
