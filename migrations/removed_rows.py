"""Rows of a table that a migration drops, written to a file that the administrator is told of.

Each row is one line of JSON. Texts that the database holds encrypted stay encrypted, as base64.
"""

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain, count
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from alembic import op
from flask import current_app

FOLDER = "removed"
"""Under the instance folder; the page System lists what lies there."""
BATCH = 1000


def drop_table(name: str, revision: str) -> None:
    """Drop a table once its rows are in a file. Mails about its rows go too: nothing could say what they were about."""
    write_rows(name, revision)
    op.execute(sa.text("DELETE FROM outbox_message WHERE object_type = :name").bindparams(name=name))
    op.drop_table(name)


def write_rows(name: str, revision: str, condition: str = "") -> Path | None:
    """Write the rows of a table, all or those that meet an SQL condition, and print where; None where there are none.

    A file of an earlier run is never written over.
    """
    connection = op.get_bind()
    table = sa.Table(name, sa.MetaData(), autoload_with=connection, resolve_fks=False)
    wanted = sa.select(table).where(sa.text(condition or "1 = 1")).order_by(*table.primary_key.columns)
    rows = connection.execute(wanted.execution_options(yield_per=BATCH)).mappings()
    first = next(iter(rows), None)
    if first is None:
        return None
    path = _unused(f"{name}-{revision}")
    number = _write(path, (_line(row) for row in chain([first], rows)))
    click.echo(
        f"{number} rows of {name} have no place in the new schema. They are in {path}, readable by you "
        'alone. What to do with the file: docs/operations.md, "Rows of removed features".',
        err=True,
    )
    return path


def _unused(stem: str) -> Path:
    folder = Path(current_app.instance_path) / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = chain([f"{stem}.jsonl"], (f"{stem}-{number}.jsonl" for number in count(2)))
    return next(folder / name for name in names if not (folder / name).exists())


def _write(path: Path, lines: Iterator[str]) -> int:
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    written = 0
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        for line in lines:
            stream.write(line + "\n")
            written += 1
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
    return written


def _line(row: Any) -> str:
    return json.dumps({name: _plain(value) for name, value in row.items()}, ensure_ascii=False, sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return b64encode(bytes(value)).decode()
    return str(value) if isinstance(value, Decimal) else value
