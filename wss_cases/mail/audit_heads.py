"""Sends the head of the audit log to its auditors every week: their mailbox is out of reach of anyone here."""

import json
from datetime import date, datetime, timedelta

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.accounts.grants import holders_anywhere
from wss_cases.foundation.clock import now
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _
from wss_cases.foundation.pages import link
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.audit.queries import head_document
from wss_cases.journal.message_kinds import Mail, MessageKind, Paragraph
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.common.rules import Planned, queued_keys
from wss_cases.mail.delivery.queue import queue

HEAD = "audit.head"


def week_of(instant: datetime) -> date:
    today = today_at(None, instant)
    return today - timedelta(days=today.weekday())


def head_key(user_id: int, week: date) -> str:
    return f"{HEAD}:{user_id}:{week.isoformat()}"


def _head(message: OutboxMessage, actor: Actor) -> Mail:
    head = head_document(now())
    return Mail(
        _("The head of the audit log, seal %(number)s", number=head["number"]),
        [
            _("Keep this email. It can prove later that nothing up to this seal was changed."),
            _(
                'Save the lines below as a file, and ask the system administrator to run "flask audit verify --head" '
                "with it."
            ),
            Paragraph(json.dumps(head, indent=2), fixed=True),
        ],
        link("/audit"),
        _("Open the audit log"),
    )


def _of_this_week(message: OutboxMessage, actor: Actor) -> bool:
    return actor.has(Role.AUDITOR) and message.dedupe_key == head_key(message.recipient_id, week_of(now()))


MESSAGES = (MessageKind(HEAD, _head, _of_this_week),)


def queue_heads(now: datetime) -> dict[str, int]:
    """Queue this week's head for every auditor without one; returns how many were `queued`."""
    db.session.remove()
    auditors = holders_anywhere(Role.AUDITOR, today_at(None, now))
    planned = [
        Planned(user_id, HEAD, "user_account", user_id, None, head_key(user_id, week_of(now)))
        for user_id, _name in auditors
    ]
    if {one.dedupe_key for one in planned} <= queued_keys({one.dedupe_key for one in planned}):
        return {"queued": 0}
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        return {"queued": len(queue(uow, planned))}


ROOM = Room(messages=MESSAGES)
