"""Mails to who was signed in to a training that was not held: that it counts no more, and that it counts again.

No names, no titles.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, func, or_, select

from wss_cases.access.actor import STAFF, Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.access.scope import in_schools
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.db import among, db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.plain_templates import link
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.tables.columns import Order
from wss_cases.foundation.tables.ordering import in_order, ranked
from wss_cases.journal.message_kinds import Mail, MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.roster.directory.models import School
from wss_cases.training.records.queries import KEEPERS, Because, TrainingGuess, TrainingRecord, TrainingSession
from wss_cases.training.topics import topic_names

CANCELED, PUT_BACK = "training_session.canceled", "training_session.put_back"
SENTENCES: Final = {
    "training_session.added": _l("Training session added: %(training)s"),
    "training_session.changed": _l("Training session changed. Before: %(training)s, %(day)s, %(hours)s hours"),
    "training_session.signed_in": _l("Signed in by list: %(number)s"),
    "training_session.code_drawn": _l("Code for signing in drawn"),
    CANCELED: (_l("Training session canceled: %(because)s"), {"because": Because.labels()}),
    PUT_BACK: _l("Training session put back"),
}


LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No letter that looks like another one on a wall."""
LENGTH: Final = 6
AHEAD, BACK = timedelta(days=366), timedelta(days=3 * 366)
"""How far from today a session can be."""
GUESS_WINDOW: Final = timedelta(minutes=15)
GUESSES: Final = 8
"""So many wrong codes somebody may type within the window. A code has 31 ** 6 forms and one day."""


def new_code() -> str:
    """Return a fresh code."""
    return "".join(secrets.choice(LETTERS) for _letter in range(LENGTH))


def plain_code(typed: str) -> str:
    """Return a typed code as it was drawn: small letters, spaces, and hyphens do not matter."""
    return "".join(letter for letter in typed[:80].upper() if letter.isalnum())


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


def _canceled(message: OutboxMessage, _actor: Actor) -> Mail:
    day = _day(message)
    words = _("A training that you were signed in to, on %(day)s, was not held. It no longer counts for you.", day=day)
    return _mail(_("A training was canceled"), words)


def _put_back(message: OutboxMessage, _actor: Actor) -> Mail:
    day = _day(message)
    words = _("We told you that the training on %(day)s was not held. It does count for you.", day=day)
    return _mail(_("A training counts again"), words)


def _mail(subject: str, words: str) -> Mail:
    return Mail(subject, [words], link("/training/mine"), _("See my trainings"))


def _day(message: OutboxMessage) -> str:
    return day_words_with_year(db.session.get_one(TrainingSession, message.object_id).held_on)


def _is_canceled(message: OutboxMessage, actor: Actor) -> bool:
    """Whether the cancellation of which the mail tells is the one that stands, not one before the session was back."""
    session = db.session.get_one(TrainingSession, message.object_id)
    stands = session.canceled_because is Because.NOT_HELD and session.canceled_at == message.created_at
    return stands and actor.user_id in was_signed_in(session.id)


def _counts_again(message: OutboxMessage, actor: Actor) -> bool:
    """Whether somebody is signed in to the session again, of which the last mail to them said that it was canceled."""
    told = select(OutboxMessage.sent_at).where(
        OutboxMessage.kind == CANCELED, OutboxMessage.object_id == message.object_id,
        OutboxMessage.recipient_id == message.recipient_id, OutboxMessage.id < message.id,
    )  # fmt: skip
    last = db.session.scalar(told.order_by(OutboxMessage.id.desc()).limit(1))
    return last is not None and actor.user_id in signed_in(message.object_id)


MESSAGES = (MessageKind(CANCELED, _canceled, _is_canceled), MessageKind(PUT_BACK, _put_back, _counts_again))
