"""Sending the head of the audit log to its auditors once a week, without anybody having to think of it."""

from datetime import datetime

from wss_cases.access.actor import SYSTEM, Role
from wss_cases.accounts.grants import holders_anywhere
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.audit_heads.messages import HEAD, head_key, week_of
from wss_cases.mail.common.queries import queued_keys
from wss_cases.mail.common.rules import Planned
from wss_cases.mail.delivery.actions import queue


def queue_heads(now: datetime) -> dict[str, int]:
    """Queue this week's head for every auditor who has none yet; returns how many were `queued`."""
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
