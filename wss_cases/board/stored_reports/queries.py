"""Stored board reports, and subscriptions: who reads which, and what waits to be made."""

from typing import Any, Final

from sqlalchemy import and_, exists, or_, select, true
from sqlalchemy.orm import aliased

from wss_cases.access.actor import Actor, Role
from wss_cases.access.scope import in_schools
from wss_cases.board.report.rules import BOARD, reads_report
from wss_cases.board.stored_reports.models import BoardReport, BoardSubscription
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.roster.directory.models import School

PAGE: Final = 30


def visible_to(statement: Any, actor: Actor) -> Any:
    """Keep the reports of what the actor answers for today, as `rules_board.reads_report` does."""
    if actor.is_system or actor.everywhere(Role.DISTRICT):
        return statement.where(true())
    theirs = aliased(School)
    of_it = and_(theirs.network == BoardReport.network, theirs.is_active)
    own = in_schools(theirs.id, actor, Role.DISTRICT)
    whole = and_(exists().where(of_it), ~exists().where(of_it, ~own))
    of_school = and_(BoardReport.school_id.is_not(None), in_schools(BoardReport.school_id, actor, *BOARD))
    return statement.where(or_(of_school, and_(BoardReport.network.is_not(None), whole)))


def load_report(report_id: int) -> BoardReport | None:
    """Return a report without its PDF, whoever asks."""
    return db.session.get(BoardReport, report_id)


def report_for(actor: Actor, report_id: int) -> BoardReport:
    """Return a report that the actor reads. Raises NotFound for any other."""
    report = existing(load_report(report_id))
    if not reads_report(actor, report):
        raise NotFound
    return report


def stored_reports(actor: Actor, before: int | None, limit: int = PAGE) -> list[tuple[BoardReport, str | None]]:
    """Return the newest reports that the actor reads, each with its school's name; None for those of several."""
    statement = select(BoardReport, School.name).outerjoin(School, School.id == BoardReport.school_id)
    if before is not None:
        statement = statement.where(BoardReport.id < before)
    rows = db.session.execute(visible_to(statement, actor).order_by(BoardReport.id.desc()).limit(limit))
    return [(row[0], row[1]) for row in rows]


def subscriptions_of(actor: Actor) -> list[tuple[BoardSubscription, str | None]]:
    """Return a person's own subscriptions, each with its school's name; None for those of several."""
    statement = (
        select(BoardSubscription, School.name)
        .outerjoin(School, School.id == BoardSubscription.school_id)
        .where(BoardSubscription.user_id == actor.user_id, BoardSubscription.ended_at.is_(None))
        .order_by(BoardSubscription.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def live_subscriptions() -> list[BoardSubscription]:
    """Return every subscription that was not ended."""
    statement = select(BoardSubscription).where(BoardSubscription.ended_at.is_(None))
    return list(db.session.scalars(statement.order_by(BoardSubscription.id)))


def is_wanted(report: BoardReport) -> bool:
    """Whether who subscribed to a report still does."""
    row = db.session.get(BoardSubscription, report.subscription_id) if report.subscription_id else None
    return row is not None and row.ended_at is None
