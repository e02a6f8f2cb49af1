"""The audit log of a bench: sealed up to its last row as a scheduler of years would have left it, and sealed on."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import delete, func, insert, select

from wss_cases.foundation import clock
from wss_cases.foundation.db import db, table_of
from wss_cases.foundation.settings import setting
from wss_cases.journal.audit.actions import last_seal, unsealed
from wss_cases.journal.audit.rules import ENTRY_FIELDS, GENESIS, PURPOSE, keyring, seal_of
from wss_cases.journal.models import AuditEntry, AuditSeal, OutboxMessage, OutboxState
from wss_cases.mail.common.pages import Heartbeat


def seal_the_last() -> None:
    """Put one link of the chain over the last row, with the key and the hash that the scheduler goes on from."""
    columns = [getattr(AuditEntry, name) for name in ENTRY_FIELDS]
    row = dict(db.session.execute(select(*columns).order_by(AuditEntry.id.desc()).limit(1)).mappings().one())
    name, key = next(iter(keyring(setting("WSS_KEYS").derived(PURPOSE)).items()))
    link = {
        "number": 1, "entry_id": row["id"], "settled_id": row["id"], "prev": GENESIS, "key_id": name,
        "sealed_at": clock.now(),
    }  # fmt: skip
    db.session.execute(delete(table_of(AuditSeal)))
    db.session.execute(insert(table_of(AuditSeal)).values(**link, hash=seal_of(key, link, row)))
    db.session.commit()
    db.session.remove()


def caught_up(app: Flask) -> bool:
    """Whether a scheduler has swept, and nothing waits to be sealed or sent."""
    with app.app_context():
        head, waits = last_seal(db.session), OutboxMessage.state == OutboxState.WAITING
        swept = db.session.scalar(select(func.count()).where(Heartbeat.swept_at.is_not(None)))
        left = db.session.execute(unsealed(head.settled_id if head else 0).limit(1)).first()
        due = select(OutboxMessage.id).where(waits, OutboxMessage.next_attempt_at <= clock.now())
        is_done = bool(swept) and left is None and db.session.execute(due.limit(1)).first() is None
        db.session.remove()
    return is_done


def sealing_words(app: Flask) -> str:
    """Say what was sealed meanwhile, and what failed in the scheduler."""
    with app.app_context():
        seals = db.session.scalar(select(func.count()).select_from(AuditSeal)) or 0
        failed = db.session.scalar(select(func.sum(Heartbeat.failures))) or 0
        db.session.remove()
    if not seals > 1 or failed:
        raise RuntimeError(f"{seals - 1} rows sealed meanwhile, {failed} ticks of the scheduler failed")
    return f"{seals - 1} rows of the audit log sealed meanwhile; no tick of the scheduler failed"
