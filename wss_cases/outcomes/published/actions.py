"""Importing the district's published history: reading the file row by row, and writing the differences."""

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, TextIO

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from wss_cases.access.actor import Actor
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.outcomes.published.queries import (
    CHARTER_NETWORK,
    COUNTS,
    METRICS,
    PERIODS,
    SUPPRESSED,
    PublishedSchool,
    PublishedYear,
)
from wss_cases.roster.directory.models import ImportRun

KEYS = {
    "identifier": "School ID",
    "name": "School Name",
    "network": "School Network",
    "school_year": "School Year",
    "period": "Time Period",
}
HEADERS = KEYS | METRICS
LIMITS = {"identifier": 80, "name": 200, "network": 80}
LARGEST = 10_000_000
SUMS = (("misconducts", ("group_1_2", "group_3_4", "group_5_6")), ("suspensions", ("iss", "oss")))


@dataclass(frozen=True)
class Problem:
    """Why a row was refused. `row` counts as a spreadsheet does, the header being row 1."""

    row: int
    column: str
    message: str


@dataclass(frozen=True)
class PublishedRow:
    """One valid row of the file."""

    row: int
    identifier: str
    name: str
    network: str
    school_year: str
    period: str
    figures: Mapping[str, int | float | None]
    suppressed: tuple[str, ...]


@dataclass
class Reading:
    """The reading of one file: `rows` yields the valid rows, and the others are added to `problems`."""

    problems: list[Problem] = field(default_factory=list)
    refused: int = 0
    _seen: set[tuple[str, str, str]] = field(default_factory=set)

    def rows(self, stream: TextIO) -> Iterator[PublishedRow]:
        """Yield the valid rows; blank rows are skipped. Raises Refused when the file as a whole is unusable."""
        reader = csv.reader(stream, strict=True)
        number = 1
        try:
            places = columns(next(reader, []))
            for cells in reader:
                number += 1
                if not any(cell.strip() for cell in cells):
                    continue
                if (row := self._row(number, cells, places)) is not None:
                    yield row
        except UnicodeDecodeError as error:
            raise Refused("file", _("The file is not UTF-8 text. Save it as CSV UTF-8 and try again.")) from error
        except csv.Error as error:
            words = _("Row %(row)s cannot be read as CSV: %(reason)s.", row=number, reason=error)
            raise Refused("file", words) from error

    def _row(self, number: int, cells: Sequence[str], places: Mapping[str, int]) -> PublishedRow | None:
        before = len(self.problems)
        text = {name: cells[place].strip() if place < len(cells) else "" for name, place in places.items()}
        if any(cell.strip() for cell in cells[max(places.values()) + 1 :]):
            self._refuse(number, "file", _("This row has more cells than the header has columns."))
        key = self._key(number, text)
        figures, suppressed = self._figures(number, text)
        self._check_sums(number, figures)
        if len(self.problems) == before and key in self._seen:
            self._refuse(number, "identifier", _("This school, year, and period is already in the file."))
        if len(self.problems) > before:
            self.refused += 1
            return None
        self._seen.add(key)
        name = text["name"] or text["identifier"]
        return PublishedRow(number, key[0], name, text["network"], key[1], key[2], figures, suppressed)

    def _key(self, number: int, text: Mapping[str, str]) -> tuple[str, str, str]:
        if not text["identifier"]:
            self._refuse(number, "identifier", _("The school's number is missing."))
        for name, limit in LIMITS.items():
            if len(text[name]) > limit or "\0" in text[name]:
                words = _("This is not a value that can be stored (at most %(limit)s characters).", limit=limit)
                self._refuse(number, name, words)
        year = short_year(text["school_year"])
        if year is None:
            words = _("“%(value)s” is not a school year such as 2017-2018.", value=_short(text["school_year"]))
            self._refuse(number, "school_year", words)
        if text["period"] not in PERIODS:
            words = _("“%(value)s” is not a period; it is S1 or EOY.", value=_short(text["period"]))
            self._refuse(number, "period", words)
        return text["identifier"], year or "", text["period"]

    def _figures(self, number: int, text: Mapping[str, str]) -> tuple[dict[str, int | float | None], tuple[str, ...]]:
        figures: dict[str, int | float | None] = {}
        suppressed = []
        for name in METRICS:
            typed = text[name]
            figures[name] = None
            if typed == SUPPRESSED:
                suppressed.append(name)
            elif typed:
                figures[name] = number_of(typed, whole=name in COUNTS)
                if figures[name] is None:
                    self._refuse(number, name, _("“%(value)s” is not a number from 0 up, or --.", value=_short(typed)))
        return figures, tuple(suppressed)

    def _check_sums(self, number: int, figures: Mapping[str, int | float | None]) -> None:
        for whole, parts in SUMS:
            total = figures[whole]
            known = [value for part in parts if (value := figures[part]) is not None]
            if total is not None and len(known) == len(parts) and sum(known) != total:
                words = _("The parts add up to %(sum)s, not to %(total)s.", sum=sum(known), total=total)
                self._refuse(number, whole, words)

    def _refuse(self, number: int, name: str, message: str) -> None:
        self.problems.append(Problem(number, HEADERS.get(name, ""), message))


def columns(header: Sequence[str]) -> dict[str, int]:
    """The index of each needed column, whatever the line breaks in its header. Raises Refused when a column is missing
    or appears twice."""
    wanted = {_folded(words): name for name, words in HEADERS.items()}
    places: dict[str, int] = {}
    for place, cell in enumerate(header):
        name = wanted.get(_folded(cell))
        if name in places:
            raise Refused("file", _("The column “%(column)s” appears twice in row 1.", column=HEADERS[name]))
        if name is not None:
            places[name] = place
    missing = [words for name, words in HEADERS.items() if name not in places]
    if missing:
        raise Refused("file", _("Row 1 is missing the column “%(column)s”.", column="”, “".join(missing[:3])))
    return places


def short_year(text: str) -> str | None:
    """'2017-2018' or '2017-18' as '2017-18'; None for anything else."""
    first, dash, second = text.partition("-")
    digits = first.isascii() and second.isascii() and first.isdigit() and second.isdigit()
    if not (dash and digits and len(first) == 4 and len(second) in (2, 4)):
        return None
    after = int(first) + 1
    return f"{first}-{after % 100:02d}" if second in (f"{after:04d}", f"{after % 100:02d}") else None


def number_of(text: str, whole: bool) -> int | float | None:
    """A figure of the file, with or without commas between thousands; None when it is not a number from 0 up."""
    plain = text.replace(",", "")
    if not plain.isascii() or not plain.replace(".", "", 1).isdigit() or len(plain) > 20:
        return None
    value = float(plain)
    if not math.isfinite(value) or value > LARGEST or (whole and not value.is_integer()):
        return None
    return int(value) if whole else value


def _folded(header: str) -> str:
    return " ".join(header.split()).casefold()


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


BATCH = 500
_COMPARED = (*METRICS, "suppressed")


@dataclass
class Tally:
    """Rows of the file by outcome."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0


@dataclass(frozen=True)
class ImportReport:
    """The result of an import of the published history."""

    tally: Tally
    problems: tuple[Problem, ...]


def import_history(actor: Actor, stream: TextIO, source: str, now: datetime) -> ImportReport:
    """Import a published file into the history in one transaction; valid rows are stored, the others listed in the
    report.

    Raises Refused, and stores nothing, when the file as a whole is unusable.
    """
    reading = Reading()
    with unit_of_work(actor, now) as uow:
        writer = _Writer(uow.session)
        rows = reading.rows(stream)
        while batch := list(islice(rows, BATCH)):
            writer.take(batch)
        writer.finish_schools()
        writer.tally.refused = reading.refused
        counts = asdict(writer.tally)
        uow.session.add(ImportRun(kind="metrics", source=source[:120], started_at=now, report=counts))
        uow.audit("metrics.imported", "published_year", None, {**counts, "source": source[:120]})
    return ImportReport(writer.tally, tuple(reading.problems))


class _Writer:
    """Reads the stored rows (one query per table) and writes the differences in batches."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.tally = Tally()
        standing = session.execute(select(PublishedSchool.identifier, PublishedSchool.id))
        self.schools: dict[str, int] = {row[0]: row[1] for row in standing}
        self.latest: dict[str, PublishedRow] = {}

    def take(self, batch: list[PublishedRow]) -> None:
        """Write one batch: new schools, new rows, changed rows."""
        self._add_schools(batch)
        standing = self._standing({self.schools[row.identifier] for row in batch})
        fresh, changed = [], []
        for row in batch:
            values = _values(self.schools[row.identifier], row)
            known = standing.get((values["published_school_id"], row.school_year, row.period))
            if known is None:
                fresh.append(values)
            elif any(known[name] != values[name] for name in _COMPARED):
                changed.append({**values, "id": known["id"]})
            else:
                self.tally.unchanged += 1
        if fresh:
            self.session.execute(insert(PublishedYear), fresh)
        if changed:
            self.session.execute(update(PublishedYear), changed)
        self.tally.created += len(fresh)
        self.tally.updated += len(changed)

    def finish_schools(self) -> None:
        """Give each school the name and network of the newest year in this file."""
        named = select(PublishedSchool.id, PublishedSchool.name, PublishedSchool.network)
        now = {row[0]: (row[1], row[2]) for row in self.session.execute(named)}
        changed = [
            _school(row) | {"id": self.schools[row.identifier]}
            for row in self.latest.values()
            if now[self.schools[row.identifier]] != (row.name, row.network)
        ]
        if changed:
            self.session.execute(update(PublishedSchool), changed)

    def _add_schools(self, batch: Iterable[PublishedRow]) -> None:
        missing: dict[str, dict[str, Any]] = {}
        for row in batch:
            before = self.latest.get(row.identifier)
            if before is None or before.school_year <= row.school_year:
                self.latest[row.identifier] = row
            if row.identifier not in self.schools:
                missing[row.identifier] = _school(row) | {"identifier": row.identifier}
        if missing:
            added = insert(PublishedSchool).returning(PublishedSchool.identifier, PublishedSchool.id)
            self.schools |= {row[0]: row[1] for row in self.session.execute(added, list(missing.values()))}

    def _standing(self, school_ids: set[int]) -> dict[tuple[int, str, str], dict[str, Any]]:
        names = ("published_school_id", "school_year", "period", "id", *_COMPARED)
        columns = [getattr(PublishedYear, name) for name in names]
        statement = select(*columns).where(PublishedYear.published_school_id.in_(sorted(school_ids)))
        return {(row[0], row[1], row[2]): dict(row._mapping) for row in self.session.execute(statement)}


def _school(row: PublishedRow) -> dict[str, Any]:
    return {"name": row.name, "network": row.network, "is_charter": row.network == CHARTER_NETWORK}


def _values(school_id: int, row: PublishedRow) -> dict[str, Any]:
    when = {"school_year": row.school_year, "period": row.period}
    return {"published_school_id": school_id, **when, "suppressed": list(row.suppressed), **row.figures}
