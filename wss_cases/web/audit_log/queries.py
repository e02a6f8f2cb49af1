"""Reading the audit log for those who verify it: who did what to which record, never what it says."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry

PAGE = 50


@dataclass(frozen=True)
class AuditFilter:
    """What the list keeps; instants are from inclusive to exclusive, empty values keep everything."""

    who: str = ""
    action: str = ""
    object_type: str = ""
    object_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class AuditRow:
    """One line of the log; `actor` is '' for the system itself, `page` the name of the page that was read, if any."""

    id: int
    at: datetime
    actor_id: int | None
    actor: str
    action: str
    object_type: str
    object_id: int | None
    page: str


def audit_rows(wanted: AuditFilter, before: int | None, limit: int) -> list[AuditRow]:
    """Return the newest lines that the filter keeps, older than the line `before` when given."""
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
