"""A file for analysts as it leaves: two tables in one zip, made piece by piece, of which nothing stays behind."""

import csv
import hashlib
import hmac
import io
import secrets
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from wss_cases.outcomes.documents.rendering import safe_cell
from wss_cases.outcomes.exports.analyst_files.content.rules import COLUMNS

LETTERS: Final = 16
AT_ONCE: Final = 500
"""Rows written between two pieces."""
Table = tuple[str, Sequence[str], Iterable[Sequence[str]]]
"""The name of a table in the zip, its columns and its rows."""


class _Pieces(io.RawIOBase):
    """What a zip is written to that is never whole: each piece leaves before the next is made."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def writable(self) -> bool:
        """It is written to, and nowhere else."""
        return True

    def write(self, piece: object) -> int:
        """Take the next piece."""
        self.waiting.append(bytes(piece))  # type: ignore[call-overload]
        return len(self.waiting[-1])

    def taken(self) -> bytes:
        """Return what waits, and forget it."""
        pieces, self.waiting = self.waiting, []
        return b"".join(pieces)


def numbered(year: str, said: Sequence[tuple[int, Sequence[str]]]) -> list[tuple[str, ...]]:
    """Return the rows under numbers that only this call can make, in the order of these."""
    salt = secrets.token_bytes(32)
    rows = [
        (hmac.new(salt, str(key).encode(), hashlib.sha256).hexdigest()[:LETTERS], year, *values) for key, values in said
    ]
    return sorted(rows)


def fingerprint(said: Iterable[tuple[int, Sequence[str]]]) -> str:
    """Return what two files have in common that say the same of incidents, whatever their numbers: nothing of any."""
    told = sorted("\x1f".join(values) for _key, values in said)
    return hashlib.sha256("\x1e".join([*COLUMNS, *told]).encode()).hexdigest()


def zipped(tables: Sequence[Table]) -> Iterator[bytes]:
    """Yield a zip of tables as CSV, none of whose cells a spreadsheet computes. Its members have no date."""
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, columns, rows in tables:
            with archive.open(zipfile.ZipInfo(name), "w") as member:
                for text in _written(columns, rows):
                    member.write(text)
                    yield pieces.taken()
    yield pieces.taken()


def _written(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    stream.write("\ufeff")
    writer.writerow(columns)
    for number, row in enumerate(rows, start=1):
        writer.writerow([safe_cell(cell) for cell in row])
        if number % AT_ONCE == 0:
            yield stream.getvalue().encode()
            stream.seek(0)
            stream.truncate()
    yield stream.getvalue().encode()
