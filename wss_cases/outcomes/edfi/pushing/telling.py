"""Telling those who run the system of a nightly push that did not succeed: once a day, and only where to look."""

from sqlalchemy import select

from wss_cases.access.actor import Role
from wss_cases.accounts.grants import holders_anywhere
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import ImportRun

FAILED = "edfi.push_failed"


def tell_failed(uow: UnitOfWork, run: ImportRun) -> None:
    """Step: tell of a run that stopped, or of which the server did not take everything."""
    today = today_at(None, uow.now)
    for user_id, _name in holders_anywhere(Role.SYSADMIN, today):
        uow.notify(user_id, FAILED, run, f"{FAILED}:{user_id}:{today.isoformat()}")


def tell_unended(uow: UnitOfWork, kind: str, source: str) -> None:
    """Step: tell of the last run to a server where its process did not come to the end of it."""
    mine = select(ImportRun).where(ImportRun.kind == kind, ImportRun.source == source).order_by(ImportRun.id.desc())
    last = uow.session.scalars(mine.limit(1)).first()
    if last is not None and not last.landed and "problems" not in last.report:
        tell_failed(uow, last)
