"""Mails about follow-ups: that one waits, that one is late, that some were given on. Never a name or a title."""

from datetime import date
from typing import Any

from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.coverage import stands_in
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.queries import has_open
from wss_cases.followups.core.rules import due_words
from wss_cases.followups.core.states import KINDS
from wss_cases.followups.reminders.plan import Item
from wss_cases.followups.reminders.presenters import escalation_words
from wss_cases.followups.reminders.queries import item as due_item
from wss_cases.followups.reminders.recipients import escalation_reason
from wss_cases.followups.reminders.rules import UNDELIVERABLE
from wss_cases.foundation.clock import now
from wss_cases.foundation.db import db
from wss_cases.foundation.plain_templates import link
from wss_cases.foundation.school_time import local_date
from wss_cases.journal.message_kinds import MailList, MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.roster.directory.queries import school_days

FOLLOW_UP_DUE = "followup.due"
FOLLOW_UP_LATE = "followup.late"
FOLLOW_UPS_GIVEN = "followups.given"


def due_key(follow_up_id: int, day: date, user_id: int) -> str:
    """Return the key under which a person is told once of a follow-up for the day from which it reminds."""
    return f"followup:{follow_up_id}:{day.isoformat()}:{user_id}"


def late_key(follow_up_id: int, due_on: date, level: int, user_id: int) -> str:
    """Return the key under which a level of lateness reaches a person once."""
    return f"{FOLLOW_UP_LATE}:{follow_up_id}:{due_on.isoformat()}:{level}:{user_id}"


def given_key(user_id: int, day: date) -> str:
    """Return the key under which a person is told once a day that they took over what somebody left."""
    return f"{FOLLOW_UPS_GIVEN}:{user_id}:{day.isoformat()}"


def _readable(message: OutboxMessage, actor: Actor) -> Item | None:
    row = db.session.get(FollowUp, message.object_id)
    return due_item(message.object_id) if row and can(actor, Permission.FOLLOWUP_READ, row) else None


def _due(message: OutboxMessage, actor: Actor) -> dict[str, Any] | None:
    item = due_item(message.object_id)
    if item is None:
        return None
    today = local_date(now(), item.time_zone)
    return {
        "what": str(KINDS.get(item.kind, KINDS["other"])),
        "due": due_words(item.due_on, today, school_days(item.school_id)).words,
        "href": link(f"/follow-ups/{item.id}"),
    }


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    instant, item = now(), _readable(message, actor)
    if item is None or actor.user_id is None or instant < item.begins:
        return False
    if message.dedupe_key != due_key(item.id, item.day, actor.user_id):
        return False
    if actor.user_id == item.owner_id:
        return True
    return stands_in(actor.user_id, item.owner_id, item.school_id, local_date(instant, item.time_zone))


def _late(message: OutboxMessage, actor: Actor) -> dict[str, Any] | None:
    item = due_item(message.object_id)
    reason = escalation_reason(item, actor.user_id, now()) if item else None
    if item is None or reason is None:
        return None
    return {
        "what": str(KINDS.get(item.kind, KINDS["other"])),
        "why": escalation_words(reason),
        "overdue": reason.level != UNDELIVERABLE,
        "href": link(f"/follow-ups/{item.id}"),
    }


def _still_late(message: OutboxMessage, actor: Actor) -> bool:
    item = _readable(message, actor)
    reason = escalation_reason(item, actor.user_id, now()) if item else None
    if item is None or reason is None or actor.user_id is None:
        return False
    return message.dedupe_key == late_key(item.id, item.due_on, reason.level, actor.user_id)


def _given(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {"href": link("/follow-ups")}


def _still_theirs(message: OutboxMessage, actor: Actor) -> bool:
    return (
        actor.user_id is not None
        and actor.covers(message.school_id, *STAFF)
        and has_open(actor.user_id, message.school_id)
    )


def _list(message: OutboxMessage) -> MailList | None:
    """What speaks for itself always comes; the rest comes singly to whoever chose that."""
    item = due_item(message.object_id)
    return None if item is None or item.individual else MailList.SINGLE


def _in_one(message: OutboxMessage) -> bool:
    """What is of the same day always has a mail of its own."""
    item = due_item(message.object_id)
    return item is not None and not item.same_day


MESSAGES = (
    MessageKind(FOLLOW_UP_DUE, "follow_up", _due, _still_due, mail_list=_list, in_one=_in_one),
    MessageKind(FOLLOW_UP_LATE, "follow_up_late", _late, _still_late, in_one=_in_one),
    MessageKind(FOLLOW_UPS_GIVEN, "follow_ups_given", _given, _still_theirs),
)
