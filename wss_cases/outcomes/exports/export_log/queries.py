"""Who is told of a file, and which files were taken."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, true

from wss_cases.access.actor import Actor, Role
from wss_cases.access.scope import in_schools
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants import holders, in_force_at
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import today_at
from wss_cases.outcomes.exports.export_log.models import ExportRecord
from wss_cases.roster.directory.models import School

PAGE = 50


def second_persons(actor: Actor, school_id: int | None, now: datetime) -> list[int]:
    """Return who is told of a file, never who takes it: administrators of the school, else district, else system."""
    day = today_at(school_id, now)
    others = holders(Role.ADMINISTRATOR, school_id, day) if school_id is not None else []
    recipients = [user_id for user_id, _name in others if user_id != actor.user_id]
    able = (in_force_at(now), UserAccount.state == AccountState.ACTIVE, UserAccount.id != actor.user_id)
    for role, scope in ((Role.DISTRICT, RoleGrant.district), (Role.SYSADMIN, true())):
        if not recipients:
            statement = (
                select(UserAccount.id)
                .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
                .where(RoleGrant.role == role, scope, *able)
                .distinct()
                .order_by(UserAccount.id)
            )
            recipients = list(db.session.scalars(statement))
    return recipients


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Files that the actor may know of: of the own schools, of all for the district and the system's administrators."""
    if actor.has(Role.SYSADMIN):
        return true()
    return in_schools(ExportRecord.school_id, actor, Role.ADMINISTRATOR, Role.DISTRICT)


def may_know(actor: Actor, row: ExportRecord) -> bool:
    """The same of one file."""
    return actor.has(Role.SYSADMIN) or actor.covers(row.school_id, Role.ADMINISTRATOR, Role.DISTRICT)


def exports(actor: Actor, before: int | None = None, limit: int = PAGE) -> list[tuple[ExportRecord, str, str]]:
    """Return the files taken with their taker's name and their school's ('' for all), the newest first."""
    statement = (
        select(ExportRecord, UserAccount.name, School.name)
        .join(UserAccount, UserAccount.id == ExportRecord.user_id)
        .outerjoin(School, School.id == ExportRecord.school_id)
        .where(visible_to(actor))
    )
    if before is not None:
        statement = statement.where(ExportRecord.id < before)
    rows = db.session.execute(statement.order_by(ExportRecord.id.desc()).limit(limit))
    return [(row[0], row[1], row[2] or "") for row in rows]


def load_export(export_id: int) -> ExportRecord | None:
    """Return a file's record by id."""
    return db.session.get(ExportRecord, export_id)
