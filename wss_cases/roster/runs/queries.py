"""Which imports there were."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.roster.directory.models import ImportRun, School, StaffMember, Student
from wss_cases.roster.import_files.report import Report

ROSTER = "oneroster"
MOST_LISTED = 200
"""People without a school whom a report names."""
DAILY = timedelta(hours=20)
AGAIN = timedelta(hours=1)
"""How long after a run that was refused the other server is asked again."""


def sources(session: Session) -> list[str]:
    """Return the feeds that a roster has come from, in the order of their names."""
    taken = (ImportRun.kind == ROSTER, ImportRun.landed)
    return list(session.scalars(select(ImportRun.source).where(*taken).distinct().order_by(ImportRun.source)))


def last_landed(session: Session, source: str) -> dict[str, Any] | None:
    """Return the report of the last roster that was taken in from a feed."""
    taken = (ImportRun.kind == ROSTER, ImportRun.source == source, ImportRun.landed)
    return session.scalar(select(ImportRun.report).where(*taken).order_by(ImportRun.id.desc()).limit(1))


def last_rosters() -> dict[str, datetime]:
    """Return when a roster last came from each feed."""
    taken = (ImportRun.kind == ROSTER, ImportRun.landed)
    rows = db.session.execute(
        select(ImportRun.source, func.max(ImportRun.started_at)).where(*taken).group_by(ImportRun.source)
    )
    return {row[0]: row[1] for row in rows}


def last_runs(most: int, before: int | None = None) -> list[ImportRun]:
    """Return the last imports of every kind, refused ones too, the newest first; `before`: an import's id."""
    statement = select(ImportRun).order_by(ImportRun.id.desc()).limit(most)
    if before is not None:
        statement = statement.where(ImportRun.id < before)
    return list(db.session.scalars(statement))


def get_run(run_id: int) -> ImportRun:
    """Return an import. Raises NotFound."""
    return existing(db.session.get(ImportRun, run_id))


def is_due(kind: str, source: str, now: datetime) -> bool:
    """Return whether what is done with another server once a day is to be done again."""
    mine = select(ImportRun).where(ImportRun.kind == kind, ImportRun.source == source).order_by(ImportRun.id.desc())
    last = db.session.scalars(mine.limit(1)).first()
    return last is None or now - last.started_at >= (DAILY if last.landed else AGAIN)


def last_refused() -> list[str]:
    """Return the feeds whose last roster was refused; one that never came in counts while no other came after it."""
    taken = ImportRun.kind == ROSTER
    newest = select(func.max(ImportRun.id)).where(taken).group_by(ImportRun.source)
    known = select(ImportRun.source).where(taken, ImportRun.landed)
    last = select(func.max(ImportRun.id)).where(taken).scalar_subquery()
    counts = ImportRun.source.in_(known) | (ImportRun.id == last)
    statement = select(ImportRun.source).where(ImportRun.id.in_(newest), ImportRun.landed.is_(False), counts)
    return list(db.session.scalars(statement.order_by(ImportRun.source)))


def list_unplaced(session: Session, source: str, report: Report) -> None:
    """Put in the report how many students and staff of a feed stand without a school, and the first ones."""
    for name, model in (("students", Student), ("staff", StaffMember)):
        here = (model.source == source, model.is_active, model.school_id.is_(None))
        number = session.scalar(select(func.count(model.id)).where(*here)) or 0
        first = select(model.sourced_id).where(*here).order_by(model.sourced_id).limit(MOST_LISTED)
        report.place(name, number, session.scalars(first) if number else ())


def still_unplaced() -> dict[str, int]:
    """Return how many active students and staff have no school today, whatever feed they came from."""
    counts = {}
    for name, model in (("students", Student), ("staff", StaffMember)):
        here = select(func.count(model.id)).where(model.is_active, model.school_id.is_(None))
        counts[name] = db.session.scalar(here) or 0
    return counts


def other_schools(session: Session, source: str) -> list[tuple[str, str, str, str]]:
    """Return source, sourcedId, number and name of the active schools that did not come from a feed."""
    columns = (School.source, School.sourced_id, School.identifier, School.name)
    rows = session.execute(select(*columns).where(School.source != source, School.is_active))
    return [(row[0], row[1], row[2], row[3]) for row in rows]
