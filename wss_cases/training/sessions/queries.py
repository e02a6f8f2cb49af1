"""Reading training sessions, who was at one, and which of them a code belongs to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from wss_cases.access.actor import STAFF, Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.school_time import today_at
from wss_cases.training.records.models import TrainingGuess, TrainingRecord, TrainingSession
from wss_cases.training.records.queries import KEEPERS
from wss_cases.training.sessions.rules import GUESS_WINDOW, plain_code

SHOWN = 100


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of sessions to those of schools for whose trainings one answers; the district's to itself."""
    return statement.where(in_schools(TrainingSession.school_id, actor, *KEEPERS))


def sessions_of(actor: Actor, school_id: int | None) -> Sequence[tuple[TrainingSession, int]]:
    """Return the last sessions of a school, and the district's to whoever may see them, with how many were there."""
    there = (
        select(func.count(TrainingRecord.id))
        .where(TrainingRecord.session_id == TrainingSession.id, TrainingRecord.taken_back_at.is_(None))
        .scalar_subquery()
    )
    statement = visible_to(select(TrainingSession), actor).add_columns(there)
    if school_id is not None:
        own = TrainingSession.school_id == school_id
        statement = statement.where(or_(own, TrainingSession.school_id.is_(None)) if _district(actor) else own)
    newest = statement.order_by(TrainingSession.held_on.desc(), TrainingSession.id.desc()).limit(SHOWN)
    return [(row[0], row[1]) for row in db.session.execute(newest)]


def _district(actor: Actor) -> bool:
    return actor.everywhere(Role.DISTRICT)


def get_session(actor: Actor, session_id: int) -> TrainingSession:
    """Return a session that the actor may keep. Raises NotFound."""
    wanted = select(TrainingSession).where(TrainingSession.id == session_id)
    row: TrainingSession = existing(db.session.scalar(visible_to(wanted, actor)))
    require(actor, Permission.TRAINING_MANAGE, row)
    return row


def signed_in(session_id: int) -> dict[int, TrainingRecord]:
    """Return who was at a session: user id to what they have on record for it."""
    statement = select(TrainingRecord).where(
        TrainingRecord.session_id == session_id, TrainingRecord.taken_back_at.is_(None)
    )
    return {row.user_id: row for row in db.session.scalars(statement.order_by(TrainingRecord.id))}


def session_of_code(actor: Actor, typed: str, now: datetime) -> TrainingSession | None:
    """Return the session of today, of a school where the actor works or of the district, whose code was typed."""
    code = plain_code(typed)
    if not code:
        return None
    rows = db.session.scalars(select(TrainingSession).where(TrainingSession.code == code))
    return next((row for row in rows if _takes(row, actor, now)), None)


def _takes(row: TrainingSession, actor: Actor, now: datetime) -> bool:
    works = actor.has(*STAFF) if row.school_id is None else row.school_id in actor.school_ids(*STAFF)
    return works and row.held_on == today_at(row.school_id, now)


def guesses(user_id: int, now: datetime) -> int:
    """Return how many wrong codes somebody typed within the window."""
    statement = select(func.count(TrainingGuess.id)).where(
        TrainingGuess.user_id == user_id, TrainingGuess.at > now - GUESS_WINDOW
    )
    return db.session.scalar(statement) or 0
