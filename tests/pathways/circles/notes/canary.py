"""Canaries: words that stand in privileged notes and nowhere else, and the looking for them in any form."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, inspect, text

from tests.support.databases import Database
from tests.support.depth import examples

STEM = "QZCANARYWREN"
NOTES = examples(30, 200)
"""In the full cross more than are shredded at once."""


def texts(count: int = NOTES) -> list[str]:
    """Return the privileged texts; each has the stem and a word of its own, and none of it stands elsewhere."""
    return [f"Note {n}: the lantern boy said {STEM}{n:03d} about home — y lloró." for n in range(count)]


def forms_of(word: str) -> list[bytes]:
    """Return how a word may lie in bytes: as it is, in other letters, wide, in hex, in base64 at any offset."""
    plain = word.encode()
    found = [plain, plain.lower(), word.encode("utf-16-le"), plain.hex().encode(), plain.hex().upper().encode()]
    for offset in range(3):
        # the characters at both ends depend on the neighbours and are left out
        found.append(base64.b64encode(b"\0" * offset + plain)[4:-4])
    return found


FORMS = forms_of(STEM)


def leaks(data: str | bytes, forms: Iterable[bytes] = FORMS) -> bool:
    """Whether a canary stands in an answer, a file or a row; a workbook is unpacked first."""
    raw = data.encode() if isinstance(data, str) else bytes(data)
    if raw[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            raw += b"".join(archive.read(name) for name in archive.namelist())
    return any(form in raw for form in forms)


def rows(database: Database) -> Iterator[tuple[str, str, Any]]:
    """Return (table, column, value) of everything that a database holds."""
    engine = create_engine(database.url)
    with engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():
                yield from ((table, column, value) for column, value in row.items())
    engine.dispose()


def as_bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def files(database: Database, data_folder: Path | None) -> list[Path]:
    """Return the files that a database lives in: SQLite's with its log, or PostgreSQL's own ones without the log."""
    if data_folder is None:
        path = Path(database.name)
        return [found for found in path.parent.glob(f"{path.name}*") if found.is_file()]
    engine = create_engine(database.url)
    with engine.connect() as connection:
        number = connection.execute(text("SELECT oid FROM pg_database WHERE datname = current_database()")).scalar_one()
    engine.dispose()
    return [found for found in (data_folder / "base" / str(number)).iterdir() if found.is_file()]


def standing_in(found: Iterable[Path], needles: Iterable[bytes]) -> set[bytes]:
    """Return the needles that stand in any of the files."""
    wanted, seen = set(needles), set()
    for path in found:
        try:
            data = path.read_bytes()
        except FileNotFoundError:  # a table's old file goes while we look
            continue
        here = {needle for needle in wanted if needle in data}
        seen |= here
        wanted -= here
    return seen
