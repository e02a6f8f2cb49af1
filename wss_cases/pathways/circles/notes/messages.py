"""Mails about sealed notes: that they need another reader, and that somebody's word is asked. Never whose, or why."""

from typing import Any

from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.notes.models import NoteOpening

HAND_OVER = "circle.notes_hand_over"
LEFT = "circle.notes_left"
WORD_ASKED = "circle.notes_word_asked"
FOLDER = "circle_notes"


def _keepers_page(message: OutboxMessage) -> dict[str, Any]:
    period = db.session.get_one(CircleKeeper, message.object_id)
    return {"go": _("See who keeps it"), "href": link(f"/cases/{period.case_id}/pathways/{period.pathway_id}/keepers")}


def _hand_over(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return _keepers_page(message) | {
        "subject": _("Hand over your circle notes"),
        "words": _("Your work at the school ends within a week. Only you can let another keeper read what you wrote."),
    }


def _left(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return _keepers_page(message) | {
        "subject": _("Circle notes have lost their keeper"),
        "words": _("A keeper left and notes are sealed. Assign another keeper, and ask the author to agree."),
    }


def _word(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {
        "subject": _("Please answer: sealed circle notes"),
        "words": _(
            "A school asks to open notes to a keeper. Read why, and agree or not. You do not read the notes yourself."
        ),
        "go": _("Read the request"),
        "href": link(f"/circle-notes/{message.object_id}"),
    }


def _still_kept(message: OutboxMessage, actor: Actor) -> bool:
    period = db.session.get(CircleKeeper, message.object_id)
    if period is None or period.ended_at is not None:
        return False
    return actor.covers(period.school_id, *STAFF) and can(actor, Permission.CASE_READ, period)


def _still_asked(message: OutboxMessage, actor: Actor) -> bool:
    opening = db.session.get(NoteOpening, message.object_id)
    if opening is None or opening.opened_at is not None or not can(actor, Permission.CIRCLE_NOTE_OPEN, opening):
        return False
    return actor.user_id not in (opening.asked_by_id, opening.counsel_id)


MESSAGES = (
    MessageKind(HAND_OVER, FOLDER, _hand_over, _still_kept),
    MessageKind(LEFT, FOLDER, _left, _still_kept),
    MessageKind(WORD_ASKED, FOLDER, _word, _still_asked),
)
