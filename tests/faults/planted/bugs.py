"""Bugs planted in a process under test, to see that the oracles catch them. Nothing of this is in the product."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from secrets import token_hex
from smtplib import SMTPException
from typing import Any

from flask import has_request_context, request
from sqlalchemy import select, update

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.connecting import RoomSession
from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.mail.common import pages
from wss_cases.mail.common.rules import Planned
from wss_cases.mail.delivery import queue as delivery
from wss_cases.mail.delivery.transport import Post

LATER = 0.15


def plant(name: str) -> None:
    """Plant one bug by name in this process; an empty name plants none."""
    if name:
        PLANTS[name]()


def _acknowledge_before_commit() -> None:
    """The answer goes out, the commit follows a moment later."""
    commit = RoomSession.commit

    def later(self: RoomSession) -> None:
        if not (has_request_context() and request.method == "POST"):
            commit(self)
            return
        self.flush()
        db.session.registry.clear()
        threading.Timer(LATER, commit, args=[self]).start()

    RoomSession.commit = later  # type: ignore[method-assign]


def _history_in_a_second_commit() -> None:
    """The record is committed, its timeline and audit follow in a transaction of their own."""
    record = UnitOfWork.record

    def later(self: UnitOfWork, *arguments: Any, **more: Any) -> None:
        self.session.commit()
        threading.Event().wait(LATER)
        record(self, *arguments, **more)

    UnitOfWork.record = later  # type: ignore[method-assign]


def _no_dedupe_key() -> None:
    """Each run queues under keys of its own, and what rechecks a mail does not mind."""
    insert, compose = delivery._insert, delivery.compose

    def unique(uow: UnitOfWork, planned: Sequence[Planned]) -> Iterable[str]:
        return insert(uow, [replace(one, dedupe_key=f"{one.dedupe_key}#{token_hex(4)}") for one in planned])

    def whichever(message: OutboxMessage, now: datetime) -> EmailMessage | None:
        db.session.expunge_all()
        message.dedupe_key = message.dedupe_key.partition("#")[0]
        return compose(message, now)

    delivery._insert, delivery.compose = unique, whichever


def _claim_without_lease() -> None:
    """What a sender has taken it keeps, dead or alive."""
    pages.LEASE = timedelta(days=3650)


def _claim_without_marking() -> None:
    """Senders look at what waits, and take nothing."""
    looked: set[str] = set()

    def look(token: str, _schools: Any, _gathering: Any, now: datetime) -> list[int]:
        if token in looked:
            return []
        looked.add(token)
        waits = (OutboxMessage.state == OutboxState.WAITING, OutboxMessage.next_attempt_at <= now)
        return list(db.session.scalars(select(OutboxMessage.id).where(*waits).order_by(OutboxMessage.id)))

    def whichever(message_id: int, _token: str, _now: datetime) -> OutboxMessage | None:
        return db.session.get(OutboxMessage, message_id)

    def mark(message: OutboxMessage, _token: str, now: datetime, values: dict[str, Any], *_more: Any) -> None:
        with unit_of_work(SYSTEM, now) as uow:
            uow.no_audit()
            uow.session.execute(update(OutboxMessage).where(OutboxMessage.id == message.id).values(values))

    delivery._claim, delivery._renew, delivery._mark = look, whichever, mark


def _sent_whatever_is_answered() -> None:
    """A mail is marked as sent although the server refused it."""
    send = Post.send

    def careless(self: Post, *mail: Any) -> None:
        with contextlib.suppress(OSError, SMTPException):
            send(self, *mail)

    Post.send = careless  # type: ignore[method-assign]


PLANTS: dict[str, Callable[[], None]] = {
    "acknowledge before commit": _acknowledge_before_commit,
    "history in a second commit": _history_in_a_second_commit,
    "no dedupe key": _no_dedupe_key,
    "claim without lease": _claim_without_lease,
    "claim without marking": _claim_without_marking,
    "sent whatever is answered": _sent_whatever_is_answered,
}
