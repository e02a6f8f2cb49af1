"""Importing the district's published history."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TextIO

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from wss_cases.access.actor import Actor
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.outcomes.published.models import CHARTER_NETWORK, METRICS, PublishedSchool, PublishedYear
from wss_cases.outcomes.published.rules import Problem, PublishedRow, Reading
from wss_cases.roster.directory.models import ImportRun

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
