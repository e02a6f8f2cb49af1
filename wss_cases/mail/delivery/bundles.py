"""One mail in place of many to one person.

The mail is a row of its own, and each row that it stands for names it (`carried_by_id`): such a row is sent by nobody
else, is sent when that mail is, and leaves it when it is due no more. What is queued later is in no mail made before.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, func, select, update

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MailList, MessageKind, kind_of, kinds
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.mail.common.queries import EVER
from wss_cases.mail.delivery.rendering import due_now

TOGETHER = "mail.together"
MOST_SINGLE = 5
"""Of so many that may go to one person at once each has a mail of its own."""


@dataclass
class Gathering:
    """What one round of deliveries has gathered: everything that waits is read again only when a row came since."""

    newest: int | None = None

    def gather(self, uow: UnitOfWork, now: datetime, *may_go: ColumnElement[bool]) -> None:
        """Step: put what waits for one person into one mail, where it is more than a few.

        A message that was dropped and waits anew comes without a new row: it is gathered by the next round.
        """
        newest = select(func.max(OutboxMessage.id))
        if uow.session.scalar(newest) != self.newest:
            _gather(uow, now, *may_go)
            self.newest = uow.session.scalar(newest)


def _gather(uow: UnitOfWork, now: datetime, *may_go: ColumnElement[bool]) -> None:
    """Nothing that was ever given to a sender: whoever has it already would get it under another Message-ID."""
    fresh = (
        OutboxMessage.state == OutboxState.WAITING,
        OutboxMessage.next_attempt_at <= now,
        OutboxMessage.kind.in_(sorted(name for name, kind in kinds().items() if kind.in_one)),
        OutboxMessage.attempts == 0,
        OutboxMessage.lease_until.is_(None),
        OutboxMessage.carried_by_id.is_(None),
        *may_go,
    )
    many = select(OutboxMessage.recipient_id).where(*fresh).group_by(OutboxMessage.recipient_id)
    for recipient_id in uow.session.scalars(many.having(func.count() > MOST_SINGLE)).all():
        theirs = select(OutboxMessage).where(*fresh, OutboxMessage.recipient_id == recipient_id)
        rows = uow.session.scalars(theirs.order_by(OutboxMessage.dedupe_key).with_for_update(skip_locked=True))
        carry = [row for row in rows if (kind := kind_of(row.kind)) and kind.in_one and kind.in_one(row)]
        if len(carry) > MOST_SINGLE:
            _carry(uow, carry)


def _carry(uow: UnitOfWork, rows: Sequence[OutboxMessage]) -> None:
    first = rows[0]
    number = secrets.token_hex(16)
    together = OutboxMessage(
        dedupe_key=f"{TOGETHER}:{number}", kind=TOGETHER, recipient_id=first.recipient_id,
        object_type="user_account", object_id=first.recipient_id, school_id=first.school_id, created_at=uow.now,
        next_attempt_at=uow.now, message_id=number,
    )  # fmt: skip
    uow.session.add(together)
    uow.session.flush()
    for row in rows:
        row.carried_by_id = together.id
    uow.session.flush()


def carried_by(message_id: int, *, lock: bool = False) -> list[OutboxMessage]:
    """Return what a mail stands for, in the order in which sweeps touch it."""
    statement = select(OutboxMessage).where(OutboxMessage.carried_by_id == message_id)
    statement = statement.order_by(OutboxMessage.dedupe_key)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return list(db.session.scalars(statement))


def settle(uow: UnitOfWork, message: OutboxMessage, now: datetime) -> None:
    """Step: let go of what is due no more, before its mail is written: it may come due again, and is told then.

    So is what is due and has nothing to say, as by itself: the others do not wait for its words.
    """
    if message.kind == TOGETHER:
        for row in carried_by(message.id, lock=True):
            due = due_now(row, now)
            if due is None or due[0].context(row, due[1].actor) is None:
                row.state, row.carried_by_id = OutboxState.DROPPED, None
                uow.next_number(EVER[OutboxState.DROPPED])


def follow(uow: UnitOfWork, message: OutboxMessage, values: dict[str, Any]) -> None:
    """Step: what a mail stands for is sent, has failed or waits again with it."""
    if message.kind == TOGETHER and carried_by(message.id, lock=True):
        rows = update(OutboxMessage).where(OutboxMessage.carried_by_id == message.id)
        uow.session.execute(rows.values(**values).execution_options(synchronize_session=False))


def _lists(message: OutboxMessage) -> MailList | None:
    """What it stands for may be done without where all of that may."""
    found = {kind.mail_list(row) for row in carried_by(message.id) if (kind := kind_of(row.kind))}
    return found.pop() if len(found) == 1 else None


def _context(message: OutboxMessage, actor: Actor) -> dict[str, Any] | None:
    """Say each in its own words; None where one is due no more just now: it waits until that is let go."""
    told = [kind.context(row, actor) for row in carried_by(message.id) if (kind := kind_of(row.kind))]
    lines = [line for line in told if line is not None]
    if len(lines) < len(told) or not lines:
        return None
    return {"lines": lines, "count": len(lines), "href": link("/my-day")}


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    return db.session.scalar(select(sa.exists().where(OutboxMessage.carried_by_id == message.id))) is True


MESSAGES = (MessageKind(TOGETHER, "together", _context, _still_due, mail_list=_lists),)
