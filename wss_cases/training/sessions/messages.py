"""Mails to who was signed in to a training that was not held: that it counts no more, and that it counts again.

No names, no titles.
"""

from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.training.records.models import TrainingSession
from wss_cases.training.records.states import Because
from wss_cases.training.sessions.queries import signed_in, was_signed_in
from wss_cases.training.sessions.states import CANCELED, PUT_BACK

FOLDER = "training_session"


def _canceled(message: OutboxMessage, _actor: Actor) -> dict[str, Any]:
    day = _day(message)
    words = _("A training that you were signed in to, on %(day)s, was not held. It no longer counts for you.", day=day)
    return _context(_("A training was canceled"), words)


def _put_back(message: OutboxMessage, _actor: Actor) -> dict[str, Any]:
    day = _day(message)
    words = _("We told you that the training on %(day)s was not held. It does count for you.", day=day)
    return _context(_("A training counts again"), words)


def _context(subject: str, words: str) -> dict[str, Any]:
    return {"subject": subject, "words": words, "go": _("See my trainings"), "href": link("/training/mine")}


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


MESSAGES = (
    MessageKind(CANCELED, FOLDER, _canceled, _is_canceled),
    MessageKind(PUT_BACK, FOLDER, _put_back, _counts_again),
)
