"""Imports of rosters: reading them, their report by file and cause, and the email when one is refused."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from wss_cases.access.actor import Actor, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.accounts.grants import in_force_at
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.roster.directory.models import ImportRun, School, StaffMember, Student
from wss_cases.roster.import_files import Cause, Report

ROSTER = "oneroster"
MOST_LISTED = 200
"""Most people without a school named in a report."""
DAILY = timedelta(hours=20)
AGAIN = timedelta(hours=1)
"""Wait after a refused run before the other server is asked again."""


def sources(session: Session) -> list[str]:
    taken = (ImportRun.kind == ROSTER, ImportRun.landed)
    return list(session.scalars(select(ImportRun.source).where(*taken).distinct().order_by(ImportRun.source)))


def last_landed(session: Session, source: str) -> dict[str, Any] | None:
    taken = (ImportRun.kind == ROSTER, ImportRun.source == source, ImportRun.landed)
    return session.scalar(select(ImportRun.report).where(*taken).order_by(ImportRun.id.desc()).limit(1))


def last_rosters() -> dict[str, datetime]:
    """When the last roster arrived from each feed."""
    taken = (ImportRun.kind == ROSTER, ImportRun.landed)
    rows = db.session.execute(
        select(ImportRun.source, func.max(ImportRun.started_at)).where(*taken).group_by(ImportRun.source)
    )
    return {row[0]: row[1] for row in rows}


def last_runs(most: int, before: int | None = None) -> list[ImportRun]:
    """The last imports of every kind, refused ones too, the newest first; `before`: an import's id."""
    statement = select(ImportRun).order_by(ImportRun.id.desc()).limit(most)
    if before is not None:
        statement = statement.where(ImportRun.id < before)
    return list(db.session.scalars(statement))


def get_run(run_id: int) -> ImportRun:
    return existing(db.session.get(ImportRun, run_id))


def is_due(kind: str, source: str, now: datetime) -> bool:
    """Whether a daily exchange with another server is due again."""
    mine = select(ImportRun).where(ImportRun.kind == kind, ImportRun.source == source).order_by(ImportRun.id.desc())
    last = db.session.scalars(mine.limit(1)).first()
    return last is None or now - last.started_at >= (DAILY if last.landed else AGAIN)


def last_refused() -> list[str]:
    """The feeds whose last roster was refused; a first one counts as long as no other came after it."""
    taken = ImportRun.kind == ROSTER
    newest = select(func.max(ImportRun.id)).where(taken).group_by(ImportRun.source)
    known = select(ImportRun.source).where(taken, ImportRun.landed)
    last = select(func.max(ImportRun.id)).where(taken).scalar_subquery()
    counts = ImportRun.source.in_(known) | (ImportRun.id == last)
    statement = select(ImportRun.source).where(ImportRun.id.in_(newest), ImportRun.landed.is_(False), counts)
    return list(db.session.scalars(statement.order_by(ImportRun.source)))


def list_unplaced(session: Session, source: str, report: Report) -> None:
    """Report how many students and staff of a feed have no school, and the first names."""
    for name, model in (("students", Student), ("staff", StaffMember)):
        here = (model.source == source, model.is_active, model.school_id.is_(None))
        number = session.scalar(select(func.count(model.id)).where(*here)) or 0
        first = select(model.sourced_id).where(*here).order_by(model.sourced_id).limit(MOST_LISTED)
        report.place(name, number, session.scalars(first) if number else ())


def still_unplaced() -> dict[str, int]:
    """How many active students and staff have no school today, whatever their feed."""
    counts = {}
    for name, model in (("students", Student), ("staff", StaffMember)):
        here = select(func.count(model.id)).where(model.is_active, model.school_id.is_(None))
        counts[name] = db.session.scalar(here) or 0
    return counts


def other_schools(session: Session, source: str) -> list[tuple[str, str, str, str]]:
    """Source, sourcedId, number and name of the active schools that did not come from a feed."""
    columns = (School.source, School.sourced_id, School.identifier, School.name)
    rows = session.execute(select(*columns).where(School.source != source, School.is_active))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


REFUSED = "roster.refused"
MOST_KEPT = 500
"""Problems stored in a record; causes are all stored."""


def trimmed(document: dict[str, Any]) -> dict[str, Any]:
    """A report as it is stored."""
    return {**document, "problems": document["problems"][:MOST_KEPT]}


def keep_refused(actor: Actor, kind: str, source: str, report: Report, now: datetime) -> None:
    """Store a refused import with its reason, and inform those who run the system."""
    document = trimmed(report.as_document())
    # A database without schema stores nothing; the refusal is shown anyway.
    with suppress(SQLAlchemyError), unit_of_work(actor, now) as uow:
        run = uow.add(ImportRun(kind=kind, source=source[:120], started_at=now, landed=False, report=document))
        uow.record(run, REFUSED, source=source[:120])
        statement = select(RoleGrant.user_id).where(RoleGrant.role == Role.SYSADMIN, in_force_at(now))
        for user_id in sorted(set(uow.session.scalars(statement)) - {actor.user_id}):
            uow.notify(user_id, REFUSED, run, f"{REFUSED}:{user_id}:{run.id}")


def _runs_it(message: OutboxMessage, actor: Actor) -> bool:
    return actor.has(Role.SYSADMIN)


MESSAGES = (
    MessageKind(
        REFUSED,
        leads_to(
            "/system/imports/{id}",
            _l("An import was refused"),
            _l(
                "A roster, or a file that belongs to one, was refused. None of it was imported: people, accounts, and"
                " work are as they were before."
            ),
            _l("The page says what was wrong and how often, in words you can pass on to the people who send the file."),
            go=_l("See what was wrong"),
        ),
        _runs_it,
    ),
)


MOST_ROWS = 200
"""Line numbers of one cause shown on a page."""
COUNTED = ("created", "updated", "unchanged", "refused")


def unplaced_words() -> list[str]:
    return nowhere_words({kind: {"count": count} for kind, count in still_unplaced().items()})


def report_parts(report: dict[str, Any]) -> dict[str, Any]:
    """An import's report for its page: the whole, by file, by cause, and who has no school.

    Every cause appears once, with its number of rows and which; the largest first.
    """
    problems = report.get("problems", [])
    causes = sorted((Cause(**cause) for cause in report.get("causes", [])), key=lambda cause: -cause.count)
    named = {(cause.file, cause.column) for cause in causes}
    unplaced = report.get("unplaced", {})
    return {
        "whole": [_placed(one["file"], one["message"]) for one in problems if one.get("row") is None],
        "files": [{"name": name, **counts_of(report, name)} for name in report.get("files", {})],
        "refused": _cause_rows(cause for cause in causes if cause.refused),
        "unknown": _cause_rows(cause for cause in causes if not cause.refused),
        "single": [
            _("%(file)s, row %(row)s: %(words)s", file=one["file"], row=one["row"], words=one["message"])
            for one in problems
            if one.get("row") is not None and (one["file"], one["column"]) not in named
        ],
        "unplaced": [
            {"title": words, "ids": ", ".join(unplaced[kind].get("sourced_ids", []))}
            for kind, words in zip(_placeless(unplaced), nowhere_words(unplaced), strict=True)
        ],
    }


def counts_of(report: dict[str, Any], name: str) -> dict[str, int]:
    counts = report["files"][name]
    numbers = {word: counts.get(word, 0) if isinstance(counts, dict) else 0 for word in COUNTED}
    return {**numbers, "unknown": report.get("unknown", {}).get(name, 0)}


def _placed(file: str, words: str) -> str:
    return f"{file}: {words}" if file else words


def _cause_rows(causes: Iterable[Cause]) -> list[dict[str, Any]]:
    return [
        {
            "title": f"{cause.file} {cause.column or ''}".strip(),
            "words": cause.words(),
            "number": cause.count,
            "rows": ", ".join(map(str, cause.rows[:MOST_ROWS])) + (" …" if cause.count > MOST_ROWS else ""),
        }
        for cause in causes
    ]


def _placeless(unplaced: dict[str, Any]) -> list[str]:
    return [kind for kind in _NOWHERE if unplaced.get(kind, {}).get("count")]


def nowhere_words(unplaced: dict[str, Any]) -> list[str]:
    """How many of each kind have no school, in words."""
    return [_NOWHERE[kind](unplaced[kind]["count"]) for kind in _placeless(unplaced)]


_NOWHERE: dict[str, Callable[[int], str]] = {
    "students": lambda num: ngettext("%(num)d student without a school", "%(num)d students without a school", num),
    "staff": lambda num: ngettext(
        "%(num)d member of staff without a school", "%(num)d members of staff without a school", num
    ),
    "schools": lambda num: ngettext("%(num)d school without a district", "%(num)d schools without a district", num),
    "roleless": lambda num: ngettext("%(num)d person without a role", "%(num)d people without a role", num),
}


ROOM = Room(messages=MESSAGES)
