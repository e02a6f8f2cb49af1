"""The audit log for those who verify it: who did what to which record, never the record's contents."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import select

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.foundation.forms import day_in
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import (
    at_local,
    day_words_with_year,
    district_zone,
    local_date,
    moment_words,
    time_words,
)
from wss_cases.journal.audit.queries import keeping
from wss_cases.journal.models import AuditEntry
from wss_cases.journal.rooms import Room

PAGE = 50


@dataclass(frozen=True)
class AuditFilter:
    """The filters of the list; instants are from inclusive to exclusive, empty values filter nothing."""

    who: str = ""
    action: str = ""
    object_type: str = ""
    object_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class AuditRow:
    """One line of the log; `actor` is '' for the system itself, `page` the name of a read page, if any."""

    id: int
    at: datetime
    actor_id: int | None
    actor: str
    action: str
    object_type: str
    object_id: int | None
    page: str


def audit_rows(wanted: AuditFilter, before: int | None, limit: int) -> list[AuditRow]:
    """The newest lines that match the filter, older than the line `before` when given."""
    entry = AuditEntry
    who = select(entry.id, entry.at, entry.actor_id, UserAccount.name, entry.action, entry.object_type, entry.object_id)
    statement = who.add_columns(entry.changes["page"].as_string())
    statement = statement.outerjoin(UserAccount, UserAccount.id == entry.actor_id)
    if wanted.who:
        statement = statement.where(UserAccount.name.icontains(wanted.who, autoescape=True))
    if wanted.action:
        statement = statement.where(entry.action.startswith(wanted.action, autoescape=True))
    if wanted.object_type:
        statement = statement.where(entry.object_type == wanted.object_type)
    if wanted.object_id is not None:
        statement = statement.where(entry.object_id == wanted.object_id)
    if wanted.since is not None:
        statement = statement.where(entry.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(entry.at < wanted.until)
    if before is not None:
        statement = statement.where(entry.id < before)
    found = db.session.execute(statement.order_by(entry.id.desc()).limit(limit))
    return [AuditRow(row[0], row[1], row[2], row[3] or "", row[4], row[5], row[6], row[7] or "") for row in found]


blueprint = Blueprint("audit", __name__, url_prefix="/audit")

LONGEST = 200
FIELDS = ("who", "action", "type", "id", "from", "to")


@blueprint.get("")
@gate(Permission.AUDIT_READ)
def entries() -> Page:
    """The log, newest first, filtered by the address."""
    typed = {name: request.args.get(name, "").strip()[:LONGEST] for name in FIELDS}
    wanted, problems = read_filter(typed)
    before = id_in(request.args.get("before", ""))
    rows = audit_rows(wanted, before, PAGE + 1)
    kept: dict[str, Any] = {name: value for name, value in typed.items() if value}
    older = url_for("audit.entries", **kept, before=rows[PAGE - 1].id) if len(rows) > PAGE else None
    return render_template(
        "web/audit_log/list.html",
        rows=[_line(row) for row in rows[:PAGE]],
        typed=typed,
        types=sorted(db.metadata.tables),
        problems=problems,
        keeping=_keeping(),
        filtered=bool(kept),
        older=older,
        newest=url_for("audit.entries", **kept) if before is not None else None,
    )


def _keeping() -> list[str]:
    """When the log was last sealed and verified, in sentences."""
    kept = keeping()
    sealed = (
        _("Last sealed %(moment)s", moment=moment_words(kept.sealed_at, district_zone()))
        if kept.sealed_at
        else _("Not sealed yet")
    )
    waits = ngettext("%(num)d row waits for its seal", "%(num)d rows wait for their seal", kept.unsealed)
    if kept.verified_at is None:
        return [sealed, waits, _("No one has verified it yet")]
    moment = moment_words(kept.verified_at, district_zone())
    if kept.whole:
        return [sealed, waits, _("Last verified %(moment)s: as it was sealed", moment=moment)]
    return [sealed, waits, _("Last verified %(moment)s: it is NOT as it was sealed", moment=moment)]


def read_filter(typed: dict[str, str]) -> tuple[AuditFilter, list[tuple[str, str]]]:
    """The filter of these words, and (words, field) for each that could not be read and is ignored."""
    problems = []
    since, until = _day(typed["from"]), _day(typed["to"])
    if typed["from"] and since is None:
        problems.append((_("From: write the date like 2026-11-24."), "#from"))
    if typed["to"] and until is None:
        problems.append((_("To: write the date like 2026-11-24."), "#to"))
    object_id = id_in(typed["id"])
    if typed["id"] and object_id is None:
        problems.append((_("Record number: write digits only."), "#id"))
    return (
        AuditFilter(
            who=typed["who"],
            action=typed["action"],
            object_type=typed["type"],
            object_id=object_id,
            since=_start(since) if since else None,
            until=_start(until + timedelta(days=1)) if until else None,
        ),
        problems,
    )


def _start(day: date) -> datetime:
    return at_local(day, 0, 0, district_zone())


def _day(text: str) -> date | None:
    try:
        return day_in(text)
    except ValueError:
        return None


def _line(row: AuditRow) -> dict[str, str]:
    number = f" {row.object_id}" if row.object_id is not None else ""
    page = f" · {row.page}" if row.page else ""
    nobody = _("The system") if row.actor_id is None else str(row.actor_id)
    return {
        "id": str(row.id),
        "at": f"{day_words_with_year(local_date(row.at, district_zone()))}, {time_words(row.at, district_zone())}",
        "actor": row.actor or nobody,
        "action": row.action,
        "record": f"{row.object_type.replace('_', ' ')}{number}{page}",
    }


ROOM = Room(pages=(blueprint,))
