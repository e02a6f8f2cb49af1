"""Reading training sessions: the list, one session, and who was there."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, func, or_, select

from wss_cases.access.actor import Actor, Role, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.tables.columns import Order
from wss_cases.foundation.tables.ordering import in_order, ranked
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school
from wss_cases.training.records.models import KEEPERS, TrainingRecord, TrainingSession
from wss_cases.training.topics import topic_names

SENTENCES: Final = {
    "training_session.added": _l("Training session added: %(training)s"),
    "training_session.changed": _l("Training session changed. Before: %(training)s, %(day)s, %(hours)s hours"),
    "training_session.moved": _l("Training session moved. Before: %(place)s"),
    "training_session.signed_in": _l("Signed in by list: %(number)s"),
    # written until revision 0138, which removed canceling and the code on the wall
    "training_session.code_drawn": _l("Code for signing in drawn"),
    "training_session.canceled": (
        _l("Training session canceled: %(because)s"),
        {"because": {"not_held": _l("It was not held, or will not be"), "in_error": _l("It was entered by mistake")}},
    ),
    "training_session.put_back": _l("Training session put back"),
}
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


def place_of(school_id: int | None) -> str:
    """The name of a session's school, or words for the whole district."""
    school = get_school(school_id) if school_id is not None else None
    return school.name if school else _("For the whole district")
