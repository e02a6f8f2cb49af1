"""Imports of rosters and calendars: all valid rows land in one transaction, or nothing does."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

from wss_cases.access.actor import Actor
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.directory.models import ImportRun, School
from wss_cases.roster.import_files import (
    BundleRefused,
    Counts,
    Problem,
    Report,
    RowRefused,
    ShrinkRefused,
    TooManyRefused,
    is_deleted,
)
from wss_cases.roster.oneroster import bundle as files
from wss_cases.roster.oneroster import reconcile
from wss_cases.roster.oneroster import run as feed
from wss_cases.roster.oneroster.people import Demographics, Enrollments, Relationships, Roles, UserFlags, Users
from wss_cases.roster.oneroster.staging import Item, Ledger, Links, batches, digest, ids_of, mark
from wss_cases.roster.runs import ROSTER, keep_refused, list_unplaced, sources, trimmed

SHRINK = 0.2
"""Share of the last import's rows that may be missing without confirmation."""
RENEWED = frozenset({"academicSessions", "courses", "classes", "enrollments"})
"""Files whose rows a new term replaces; missing rows there are not people who left."""
FEW = 3
"""Fewer refused rows than this never stop an import."""

HANDLERS: dict[str, type[feed.Handler]] = {
    "orgs": feed.Orgs,
    "academicSessions": feed.Sessions,
    "courses": feed.Courses,
    "classes": feed.Classes,
    "roles": Roles,
    "relationships": Relationships,
    "users": Users,
    "demographics": Demographics,
    "userFlags": UserFlags,
    "enrollments": Enrollments,
}
"""In the order in which the files depend on each other."""


class _DryRun(Exception):
    """Rolls back the unit of work of a dry run."""


class Accepted(NamedTuple):
    """What a person allows an import to do that would otherwise stop it; `refused` is a share in percent."""

    shrink: bool = False
    new_source: bool = False
    refused: int | None = None


NOTHING = Accepted()


def import_oneroster(
    actor: Actor,
    path: Path,
    now: datetime,
    source: str = "",
    *,
    accept: Accepted = NOTHING,
    dry_run: bool = False,
    progress: feed.Progress = lambda file, done: None,
    stream: IO[bytes] | None = None,
    first: Callable[[UnitOfWork], None] = lambda uow: None,
) -> Report:
    """Import a OneRoster 1.1 or 1.2 or SDS 2.1 folder or zip and return the report.

    `source` names the feed; without it the feed is the earlier one, or the bundle's root org. Refused rows are in the
    report, all others land together. `progress` gets a file and its number of read rows, then each step of writing
    (with 0). `stream` holds the zip when `path` is only its name; `first` runs before anything else in the same commit.

    Raises BundleRefused when nothing can land: an unreadable or unknown input, a new feed, too many missing or refused
    rows. The refusal and its reason are stored.
    """
    report = Report(source=source)
    try:
        with files.open_bundle(path, stream) as bundle:
            look = _look(bundle)
            with not_collecting(), unit_of_work(actor, now) as uow:
                first(uow)
                _take_in(uow, look, report, accept, progress)
                if dry_run:
                    raise _DryRun
        report.landed = True
    except _DryRun:
        pass
    except BundleRefused as refused:
        report.files, report.problems, refused.report = {}, refused.problems, report
        if not dry_run:
            keep_refused(actor, ROSTER, report.source or path.name, report, now)
        raise
    return report


class _Look(NamedTuple):
    """A bundle's properties before its rows are read; `whole` is its digest."""

    tables: dict[str, files.Table]
    format: files.Format
    modes: dict[str, files.Mode]
    orgs: dict[str, feed.Org]
    whole: str


def _take_in(uow: UnitOfWork, look: _Look, report: Report, accept: Accepted, progress: feed.Progress) -> None:
    progress("compared", 0)
    report.source = report.source or feed.source_of(uow.session, look.orgs)
    if not 0 < len(report.source) <= 120:
        message = _("There is no root org to name the roster by. Name it with --source.")
        raise BundleRefused(Problem("orgs.csv", None, None, message))
    if not accept.new_source:
        feed.refuse_unknown(uow.session, report.source, look.orgs)
    if not files.as_before(uow.session, report, look.whole):
        today, links = today_at(None, uow.now), Links(uow.session)
        run = feed.Run(uow, report.source, look.format, look.modes, report, today, look.orgs, links, progress)
        _carry_out(run, look.tables, accept)
        report.finish()
        list_unplaced(uow.session, report.source, report)
        feed.list_unplaced_orgs(run, report)
    _keep_report(uow, report, look)


@contextmanager
def not_collecting() -> Iterator[None]:
    """Stop garbage collection inside the block: there are no cycles, and it would search a million live rows."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _look(bundle: files.Bundle) -> _Look:
    manifest = files.read_manifest(bundle)
    tables = files.open_tables(bundle)
    format_ = files.detect(tables, manifest)
    how = files.modes(tables, manifest)
    present = {name: table for name, table in tables.items() if how[name] is not files.Mode.ABSENT}
    return _Look(present, format_, how, feed.read_orgs(present.get("orgs")), files.bundle_digest(bundle))


def _carry_out(run: feed.Run, tables: dict[str, files.Table], accept: Accepted) -> None:
    run.schools = ids_of(run.uow.session, School, run.source)
    run.is_first = run.source not in sources(run.uow.session)
    if run.format is not files.Format.ONEROSTER_1_1 and "users" in tables:
        aside = Report(files={"users.csv": Counts()})
        keys = (row["sourcedId"] for _number, row, _joined in tables["users"].rows(aside))
        run.add_known("users", map(mark, keys))
    handlers = {name: handler(run) for name, handler in HANDLERS.items() if name in tables}
    for name, handler in handlers.items():
        _take_file(run, name, tables[name], handler)
    stop_where_too_many(run.report, accept.refused)
    run.shrunk += reconcile.many_disabled(run, SHRINK, FEW)
    if run.shrunk and not accept.shrink:
        raise ShrinkRefused(*run.shrunk)
    if not any(counts.rows for counts in run.report.files.values()) and not accept.shrink:
        raise BundleRefused(Problem("users.csv", None, None, _("The roster is empty: no file has a row.")))
    run.progress("people", 0)
    for handler in handlers.values():
        handler.finish()
    reconcile.settle_posts(run)
    reconcile.end_accounts(run)
    run.progress("enrolments", 0)
    reconcile.settle_enrolments(run)
    run.progress("guardians", 0)
    reconcile.settle_links(run)
    reconcile.settle_grades(run)


def stop_where_too_many(report: Report, share: int | None) -> None:
    """Raise TooManyRefused when a larger share of any file's rows is refused than the district allows."""
    share = setting("ROSTER_MOST_REFUSED") if share is None else share
    stopped, needed = [], 0
    for file, counts in report.files.items():
        if counts.refused >= FEW and 100 * counts.refused > share * counts.rows:
            words = _(
                "%(refused)d of %(rows)d rows are refused, more than %(share)d %%. Nothing was imported. Correct the "
                "file, or run again with --most-refused and a larger share.",
                refused=counts.refused, rows=counts.rows, share=share,
            )  # fmt: skip
            stopped.append(Problem(file, None, None, words))
            needed = max(needed, -(-100 * counts.refused // counts.rows))
    if stopped:
        raise TooManyRefused(*stopped, *report.refused, share=needed)


def _take_file(run: feed.Run, name: str, table: files.Table, handler: feed.Handler) -> None:
    counts = run.report.files.setdefault(table.file, Counts())
    ledger = Ledger(run.uow.session, run.source, name)
    if name == "orgs":
        run.add_known("orgs", map(mark, run.orgs))
    for items in batches(_items(run, table, ledger, handler)):
        created, updated = counts.created, counts.updated
        changed = ledger.write(items, counts)
        handler.apply(items)
        run.add_known(name, (item.mark for item in items))
        run.progress(table.file, counts.rows)
        if changed:
            written = {"created": counts.created - created, "updated": counts.updated - updated}
            run.uow.audit("roster.rows", "imported_row", None, {"file": table.file, "source": run.source, **written})
    _stop_where_many_end(run, table, ledger)
    if run.modes[name] is files.Mode.BULK:
        _end_missing(run, table, ledger, handler)


def _stop_where_many_end(run: feed.Run, table: files.Table, ledger: Ledger) -> None:
    if table.name not in ("orgs", "users") or ledger.ended < FEW:
        return
    number = ledger.number() + ledger.ended - run.report.files[table.file].created
    if ledger.ended >= SHRINK * number:
        message = _(
            "%(ended)d of the %(number)d rows of the last import are marked as gone. Nothing was imported. "
            "If this is right, run again with --accept-shrink.",
            ended=ledger.ended, number=number,
        )  # fmt: skip
        run.shrunk.append(Problem(table.file, None, None, message))


def _items(run: feed.Run, table: files.Table, ledger: Ledger, handler: feed.Handler) -> Iterator[Item]:
    """Yield what each valid row says; the others are refused in the report."""
    run.table = table
    for number, row, joined in table.rows(run.report):
        try:
            item = _read(run, handler, ledger, row, joined)
        except RowRefused as refused:
            run.report.refuse(table.file, number, refused)
            if table.name == "roles":
                run.doubtful.add(row.get("userSourcedId", ""))
        else:
            if table.odd:
                run.report.without(table.file, number, dict.fromkeys(table.odd))
            yield item
        table.odd.clear()


def _read(run: feed.Run, handler: feed.Handler, ledger: Ledger, row: dict[str, str], joined: str) -> Item:
    key = handler.key(row)
    seen = mark(key)
    if seen in ledger.seen:
        column = "sourcedId" if "sourcedId" in row else None
        raise RowRefused(column, _("The same record already appears earlier:"), key)
    ledger.seen.add(seen)
    deleted = is_deleted(row)
    if deleted is None:
        run.odd("status", row["status"], _("This status is not known and was read as active:"))
    return Item(key, seen, digest(joined), bool(deleted), None if deleted else handler.read(row))


def _end_missing(run: feed.Run, table: files.Table, ledger: Ledger, handler: feed.Handler) -> None:
    missing, remembered = ledger.missing()
    if not missing:
        return
    words = {"missing": len(missing), "number": remembered - run.report.files[table.file].created}
    if table.name == "roles":
        # In a new term the same role may have a new id.
        words["missing"] = words["number"] - len(ledger.seen)
    if table.name not in RENEWED and words["missing"] >= max(1, SHRINK * words["number"]):
        message = _(
            "%(missing)d of the %(number)d rows of the last import are missing. Nothing was imported. "
            "If this is right, run again with --accept-shrink.",
            **words,
        )
        run.shrunk.append(Problem(table.file, None, None, message))
    if table.name not in RENEWED:
        words["missing"] = len(missing)
        ended = _("%(missing)d rows of the last import are missing; what they stood for was ended.", **words)
        run.report.problems.append(Problem(table.file, None, None, ended))
    ledger.forget([row_id for row_id, _key in missing])
    for batch in batches(key for _id, key in missing):
        handler.gone(batch)
    run.uow.audit("roster.missing", "imported_row", None, {"file": table.file, "missing": len(missing)})


def _keep_report(uow: UnitOfWork, report: Report, look: _Look) -> None:
    stored = trimmed(report.as_document()) | {"format": look.format.value, "bundle": look.whole}
    stored["state"] = files.state(uow.session, report.source)
    run = uow.add(ImportRun(kind=ROSTER, source=report.source, started_at=uow.now, landed=True, report=stored))
    uow.record(run, "roster.imported", source=report.source)
