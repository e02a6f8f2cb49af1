"""What must stand in the database and lie in the office when everybody has stopped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select, text

from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxMessage, OutboxState

BELONGS = (
    "SELECT incident_id, 'person ' || role FROM incident_person",
    "SELECT subject_id, 'timeline ' || kind FROM timeline_entry WHERE subject_type = 'incident'",
    "SELECT object_id, 'audit ' || action FROM audit_entry"
    " WHERE object_type = 'incident' AND action <> 'incident.read'",
    "SELECT object_id, 'mail ' || kind FROM outbox_message WHERE object_type = 'incident'",
    "SELECT incident_id, 'routing' FROM routing_answer",
    "SELECT CAST(answer AS bigint), 'form' FROM request_key WHERE answer IS NOT NULL",
)
"""What one save leaves beside the report itself: together with it, or not at all."""


@dataclass(frozen=True)
class Saves:
    """The acknowledged saves that are missing, those that stand there twice, and those that stand there in part."""

    lost: list[str]
    doubled: list[str]
    half: list[str]


def judge_saves(app: Flask, acknowledged: Collection[str]) -> Saves:
    """Compare what was acknowledged with what stands in the database."""
    with app.app_context():
        ids = db.session.execute(text("SELECT id, narrative FROM incident ORDER BY id")).all()
        parts: dict[int, Counter[str]] = defaultdict(Counter)
        for query in BELONGS:
            for number, part in db.session.execute(text(query)):
                parts[number][part] += 1
        db.session.remove()
    counted = Counter(narrative for _id, narrative in ids)
    [(whole, _count)] = Counter(frozenset(parts[number].items()) for number, _words in ids).most_common(1)
    return Saves(
        lost=[key for key in acknowledged if not counted[key]],
        doubled=[key for key, count in counted.items() if count > 1],
        half=[words for number, words in ids if frozenset(parts[number].items()) != whole],
    )


def unsent(app: Flask) -> int:
    """Return how many mails are on their way."""
    with app.app_context():
        waiting = (OutboxState.WAITING, OutboxState.CLAIMED)
        found = len(db.session.scalars(select(OutboxMessage.id).where(OutboxMessage.state.in_(waiting))).all())
        db.session.remove()
    return found


def accepted_not_recorded(app: Flask, numbers: Iterable[str]) -> set[str]:
    """Return the mails that the office has and the database does not know as sent: the unavoidable gap."""
    with app.app_context():
        sent = select(OutboxMessage.message_id).where(OutboxMessage.state == OutboxState.SENT)
        known = set(db.session.scalars(sent))
        db.session.remove()
    return set(numbers) - known


def lost_mails(app: Flask, numbers: Iterable[str]) -> list[str]:
    """Return the mails that were to go and are not in the office."""
    with app.app_context():
        queued = set(db.session.scalars(select(OutboxMessage.message_id)))
        db.session.remove()
    return sorted(queued - set(numbers))
