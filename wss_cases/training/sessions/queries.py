"""Reading training sessions, who was at one, and which of them a code belongs to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from wss_cases.access.actor import STAFF, Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import among, db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.tables.columns import Order
from wss_cases.foundation.tables.ordering import in_order, ranked
from wss_cases.roster.directory.models import School
from wss_cases.training.records.models import TrainingGuess, TrainingRecord, TrainingSession
from wss_cases.training.records.queries import KEEPERS
from wss_cases.training.sessions.rules import GUESS_WINDOW, plain_code
from wss_cases.training.topics import topic_names

PAGE = 50


@dataclass(frozen=True)
class Held:
    """A session of the list, its school's name ('' for the district's), and how many people are signed in."""

    row: TrainingSession
    school: str
    people: int


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of sessions to those of schools for whose trainings one answers; the district's to itself."""
    return statement.where(in_schools(TrainingSession.school_id, actor, *KEEPERS))


def sessions_of(
    actor: Actor, school_id: int | None, order: Order, after: int | None = None, limit: int = PAGE + 1
) -> list[Held]:
    """Return the sessions of a school, and the district's to whoever may see them, in an order, behind the one whose id
    is `after`; of every school in reach where none is given."""
    there = (
        select(func.count(TrainingRecord.id))
        .where(TrainingRecord.session_id == TrainingSession.id, TrainingRecord.taken_back_at.is_(None))
        .correlate(TrainingSession)
        .scalar_subquery()
    )
    by: Any = {"day": TrainingSession.held_on, "people": there}.get(order.key)
    if by is None:
        by = ranked(TrainingSession.topic, topic_names())
    last = None
    if after is not None:
        place = db.session.execute(visible_to(select(by), actor).where(TrainingSession.id == after)).first()
        last = (place[0], after) if place is not None else None
    every: Any = select(TrainingSession, School.name, there)
    statement = visible_to(every.outerjoin(School, School.id == TrainingSession.school_id), actor)
    if school_id is not None:
        own = TrainingSession.school_id == school_id
        everywhere = actor.everywhere(Role.DISTRICT)
        statement = statement.where(or_(own, TrainingSession.school_id.is_(None)) if everywhere else own)
    found = in_order(statement, TrainingSession.id, by, down=order.down, limit=limit, last=last)
    return [Held(row[0], row[1] or "", row[2]) for row in db.session.execute(found)]


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


def was_signed_in(session_id: int) -> dict[int, TrainingRecord]:
    """Return who was at a canceled session, as `signed_in` does of one that stands."""
    return {row.user_id: row for row in db.session.scalars(gone_with(session_id))}


def gone_with(session_id: int) -> Select[TrainingRecord]:
    """Return the select of what people have on record from a canceled session, which comes back with it."""
    with_it = (TrainingRecord.session_id == session_id, TrainingRecord.taken_back_with_session)
    return select(TrainingRecord).where(*with_it).order_by(TrainingRecord.id)


def standing_again(there: Iterable[TrainingRecord]) -> set[tuple[int, str, date]]:
    """Return person, topic and day of what the people of these records have on record and was not taken back."""
    people = sorted({one.user_id for one in there})
    statement = select(TrainingRecord.user_id, TrainingRecord.topic, TrainingRecord.completed_on).where(
        among(TrainingRecord.user_id, people), TrainingRecord.taken_back_at.is_(None)
    )
    return {(row[0], row[1], row[2]) for row in db.session.execute(statement)}


def session_of_code(actor: Actor, typed: str, now: datetime) -> TrainingSession | None:
    """Return the session of today, of a school where the actor works or of the district, whose code was typed; also a
    canceled one."""
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
