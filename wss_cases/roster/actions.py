"""Taking in rosters and calendars: everything that is sound lands in one transaction, or nothing does."""

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit import UnitOfWork, unit_of_work
from wss_cases.roster.models import ImportRun, School
from wss_cases.roster.oneroster.belonging import Demographics, Enrollments, Relationships, UserFlags
from wss_cases.roster.oneroster.bundle import Bundle, Table, open_bundle
from wss_cases.roster.oneroster.formats import Format, Mode, detect, modes, open_tables, read_manifest
from wss_cases.roster.oneroster.orgs import Classes, Courses, Orgs, Sessions, read_orgs, root_of
from wss_cases.roster.oneroster.people import Roles, Users
from wss_cases.roster.oneroster.report import BundleRefused, Counts, Problem, Report, RowRefused
from wss_cases.roster.oneroster.run import Handler, Run
from wss_cases.roster.oneroster.settle import settle_enrolments, settle_grades, settle_links
from wss_cases.roster.oneroster.values import is_deleted
from wss_cases.roster.oneroster.writing import Item, Ledger, batches, digest, ids_of, mark

SHRINK = 0.2
"""The share of rows of the last import that may not be missing without being asked about."""

TIME_ZONE = "America/Chicago"
HANDLERS: dict[str, type[Handler]] = {
    "orgs": Orgs,
    "academicSessions": Sessions,
    "courses": Courses,
    "classes": Classes,
    "roles": Roles,
    "relationships": Relationships,
    "users": Users,
    "demographics": Demographics,
    "userFlags": UserFlags,
    "enrollments": Enrollments,
}
"""In the order in which the files depend on each other."""


class _DryRun(Exception):
    """Ends the unit of work of a dry run."""


def import_oneroster(
    actor: Actor,
    path: Path,
    now: datetime,
    source: str = "",
    *,
    accept_shrink: bool = False,
    dry_run: bool = False,
) -> Report:
    """Take in a OneRoster 1.1 or 1.2 or SDS 2.1 folder or zip and return the report.

    `source` names the feed; without it the root org does. Rows that are refused are in the report, all others land
    together. Raises BundleRefused when nothing can land: a broken or unknown input, or too many missing rows.
    """
    with open_bundle(path) as bundle:
        tables, found, how = _look(bundle)
        orgs = read_orgs(tables.get("orgs"))
        report = Report(source=source or root_of(orgs))
        if not 0 < len(report.source) <= 120:
            message = _("There is no root org to name the roster by. Name it with --source.")
            raise BundleRefused(Problem("orgs.csv", None, None, message))
        try:
            with unit_of_work(actor, now) as uow:
                today = clock.local_date(now, TIME_ZONE)
                run = Run(uow, report.source, found, how, report, today, orgs)
                _carry_out(run, tables, accept_shrink)
                report.finish()
                _keep_report(uow, report, found, now)
                if dry_run:
                    raise _DryRun
            report.landed = True
        except _DryRun:
            pass
    return report


def _look(bundle: Bundle) -> tuple[dict[str, Table], Format, dict[str, Mode]]:
    manifest = read_manifest(bundle)
    tables = open_tables(bundle)
    found = detect(tables, manifest)
    how = modes(tables, manifest)
    return {name: table for name, table in tables.items() if how[name] is not Mode.ABSENT}, found, how


def _carry_out(run: Run, tables: dict[str, Table], accept_shrink: bool) -> None:
    session = run.uow.session
    run.schools = ids_of(session, School, run.source)
    run.is_first = session.scalar(select(ImportRun.id).where(ImportRun.source == run.source).limit(1)) is None
    if run.format is not Format.ONEROSTER_1_1 and "users" in tables:
        aside = Report(files={"users.csv": Counts()})
        run.add_known("users", (row["sourcedId"] for _number, row, _joined in tables["users"].rows(aside)))
    for name, handler in HANDLERS.items():
        if name in tables:
            _take_file(run, name, tables[name], handler(run))  # type: ignore[call-arg]
    if run.shrunk and not accept_shrink:
        raise BundleRefused(*run.shrunk)
    if not any(_rows(counts) for counts in run.report.files.values()) and not accept_shrink:
        raise BundleRefused(Problem("users.csv", None, None, _("The roster is empty: no file has a row.")))
    settle_enrolments(run)
    settle_links(run)
    settle_grades(run)


def _rows(counts: Counts) -> int:
    return counts.created + counts.updated + counts.unchanged + counts.refused


def _take_file(run: Run, name: str, table: Table, handler: Handler) -> None:
    counts = run.report.files.setdefault(table.file, Counts())
    ledger = Ledger(run.uow.session, run.source, name)
    if name == "orgs":
        run.add_known("orgs", run.orgs)
    for batch in batches(table.rows(run.report)):
        items = []
        for number, row, joined in batch:
            try:
                items.append(_read(handler, ledger, row, joined))
            except RowRefused as refused:
                run.report.refuse(table.file, number, refused)
        before = (counts.created, counts.updated)
        changed = ledger.write(items, counts)
        handler.apply(items)
        run.add_known(name, (item.key for item in items))
        if changed:
            written: dict[str, Any] = {"file": table.file, "source": run.source}
            written |= {"created": counts.created - before[0], "updated": counts.updated - before[1]}
            run.uow.audit("roster.rows", "imported_row", None, written)
    if run.modes[name] is Mode.BULK:
        _end_missing(run, table, ledger, handler)


def _read(handler: Handler, ledger: Ledger, row: dict[str, str], joined: str) -> Item:
    key = handler.key(row)
    seen = mark(key)
    if seen in ledger.seen:
        raise RowRefused(
            "sourcedId" if "sourcedId" in row else None, _("The same record stands further up already.")
        )
    ledger.seen.add(seen)
    deleted = is_deleted(row)
    return Item(key, digest(joined), deleted, None if deleted else handler.read(row))


def _end_missing(run: Run, table: Table, ledger: Ledger, handler: Handler) -> None:
    missing, remembered = ledger.missing()
    if not missing:
        return
    words = {"missing": len(missing), "number": remembered - run.report.files[table.file].created}
    if len(missing) >= SHRINK * words["number"]:
        message = _(
            "%(missing)d of the %(number)d rows of the last import are missing. Nothing was imported. "
            "If this is right, run again with --accept-shrink.",
            **words,
        )
        run.shrunk.append(Problem(table.file, None, None, message))
    ended = _("%(missing)d rows of the last import are missing; what they stood for was ended.", **words)
    run.report.problems.append(Problem(table.file, None, None, ended))
    ledger.forget([row_id for row_id, _key in missing])
    for batch in batches(key for _id, key in missing):
        handler.gone(batch)
    run.uow.audit("roster.missing", "imported_row", None, {"file": table.file, "missing": len(missing)})


def _keep_report(uow: UnitOfWork, report: Report, found: Format, now: datetime) -> None:
    document = report.as_document()
    kept = {**document, "format": found.value, "problems": document["problems"][:500]}
    run = ImportRun(kind="oneroster", source=report.source, started_at=now, report=kept)
    uow.add(run)
    uow.record(run, "roster.imported", source=report.source)
