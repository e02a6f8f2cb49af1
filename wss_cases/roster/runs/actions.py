"""Keeping what an import was refused for: nothing else of it lands."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.access.actor import Actor, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.accounts.grants import in_force_at
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.roster.directory.models import ImportRun
from wss_cases.roster.import_files.report import Report

REFUSED = "roster.refused"
MOST_KEPT = 500
"""Problems that a record keeps; causes are all kept."""


def trimmed(document: dict[str, Any]) -> dict[str, Any]:
    """Return a report as it is kept."""
    return {**document, "problems": document["problems"][:MOST_KEPT]}


def keep_refused(actor: Actor, kind: str, source: str, report: Report, now: datetime) -> None:
    """Keep an import that was refused, with what it was refused for, and tell those who run the system."""
    kept = trimmed(report.as_document())
    # a database without a schema keeps nothing, and the refusal is said all the same
    with suppress(SQLAlchemyError), unit_of_work(actor, now) as uow:
        run = uow.add(ImportRun(kind=kind, source=source[:120], started_at=now, landed=False, report=kept))
        uow.record(run, REFUSED, source=source[:120])
        held = select(RoleGrant.user_id).where(RoleGrant.role == Role.SYSADMIN, in_force_at(now))
        for user_id in sorted(set(uow.session.scalars(held)) - {actor.user_id}):
            uow.notify(user_id, REFUSED, run, f"{REFUSED}:{user_id}:{run.id}")
