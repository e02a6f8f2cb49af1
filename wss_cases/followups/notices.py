"""The single mail of one follow-up: what kind of thing waits, since when, and a link. Never a name or a title."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.engine import can
from wss_cases.access.permissions import Permission
from wss_cases.accounts.queries_cover import stands_in
from wss_cases.followups.models import FollowUp, FollowUpState
from wss_cases.followups.states import KINDS
from wss_cases.foundation.clock import local_date, now
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.db import db
from wss_cases.foundation.letters import link
from wss_cases.journal.models import OutboxMessage
from wss_cases.notices.registry import MessageKind
from wss_cases.notices.states import MailList
from wss_cases.roster.queries import get_school

FOLLOW_UP_DUE = "followup.due"


def dedupe_key(follow_up_id: int, due_on: str, cover_id: int | None = None) -> str:
    """Return the key under which the mail of a follow-up for one due date is queued once (for who stands in, once)."""
    own = f"followup:{follow_up_id}:{due_on}"
    return own if cover_id is None else f"{own}:cover:{cover_id}"


def _context(message: OutboxMessage, actor: Actor) -> dict[str, Any] | None:
    row = db.session.get(FollowUp, message.object_id)
    if row is None:
        return None
    return {
        "what": str(KINDS.get(row.kind, KINDS["other"])),
        "due": day_words(row.due_on),
        "href": link(f"/follow-ups/{row.id}"),
    }


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    row = db.session.get(FollowUp, message.object_id)
    if row is None or row.state is not FollowUpState.OPEN or not can(actor, Permission.FOLLOWUP_READ, row):
        return False
    due_on = row.due_on.isoformat()
    if row.owner_id == actor.user_id:
        return message.dedupe_key == dedupe_key(row.id, due_on)
    school = get_school(row.school_id)
    today = local_date(now(), school.time_zone if school else "UTC")
    return message.dedupe_key == dedupe_key(row.id, due_on, actor.user_id) and stands_in(
        actor.user_id, row.owner_id, row.school_id, today
    )


def _list(message: OutboxMessage) -> MailList | None:
    """What speaks for itself always comes; the rest comes singly to whoever chose that."""
    row = db.session.get(FollowUp, message.object_id)
    always = row is None or row.single_mail or row.same_day
    return None if always else MailList.SINGLE


MESSAGES = (MessageKind(FOLLOW_UP_DUE, "follow_up", _context, _still_due, mail_list=_list),)
