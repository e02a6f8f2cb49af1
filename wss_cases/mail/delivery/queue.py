"""Queuing and delivering emails, and bundling many emails to one person.

A bundled email is a row of its own, and each row in it names it (`carried_by_id`). Such a row is not sent alone, counts
as sent when the bundle is, and leaves it when it is no longer due. A bundle never takes rows that are queued after it
was made.
"""

import math
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ARRAY, ColumnElement, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.access.permissions import Permission
from wss_cases.foundation.db import database_now, db, table_of
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.operations import reach
from wss_cases.foundation.pages import link
from wss_cases.foundation.settings import setting
from wss_cases.journal.message_kinds import Mail, MailList, MessageKind, kind_of, kinds
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.mail.bounces import end_trouble, note_trouble, trouble_of
from wss_cases.mail.common import pages, rules
from wss_cases.mail.delivery.messages import compose, due_now
from wss_cases.mail.delivery.transport import Post

TOGETHER = "mail.together"
MOST_SINGLE = 5
"""More emails than this to one person at once are bundled."""


@dataclass
class Gathering:
    """What one round of deliveries bundled: the waiting rows are read again only after a new row came."""

    newest: int | None = None

    def gather(self, uow: UnitOfWork, now: datetime, *may_go: ColumnElement[bool]) -> None:
        """Step: bundle what waits for one person when it is more than a few.

        A dropped message that waits again makes no new row: the next round bundles it.
        """
        newest = select(func.max(OutboxMessage.id))
        if uow.session.scalar(newest) != self.newest:
            _gather(uow, now, *may_go)
            self.newest = uow.session.scalar(newest)


def _gather(uow: UnitOfWork, now: datetime, *may_go: ColumnElement[bool]) -> None:
    """Rows that no sender ever had: a sender may already have sent one under another Message-ID."""
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
    """The rows that a bundle stands for, in the order in which sweeps lock them."""
    statement = select(OutboxMessage).where(OutboxMessage.carried_by_id == message_id)
    statement = statement.order_by(OutboxMessage.dedupe_key)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return list(db.session.scalars(statement))


def settle(uow: UnitOfWork, message: OutboxMessage, now: datetime) -> None:
    """Step: drop rows that are no longer due, or have nothing to say, before their bundle is written. They may come
    due again later."""
    if message.kind == TOGETHER:
        for row in carried_by(message.id, lock=True):
            due = due_now(row, now)
            if due is None or due[0].says(row, due[1].actor) is None:
                row.state, row.carried_by_id = OutboxState.DROPPED, None
                uow.next_number(rules.EVER[OutboxState.DROPPED])


def follow(uow: UnitOfWork, message: OutboxMessage, values: dict[str, Any]) -> None:
    """Step: mark the rows of a bundle as sent, failed or waiting with it."""
    if message.kind == TOGETHER and carried_by(message.id, lock=True):
        rows = update(OutboxMessage).where(OutboxMessage.carried_by_id == message.id)
        uow.session.execute(rows.values(**values).execution_options(synchronize_session=False))


def _lists(message: OutboxMessage) -> MailList | None:
    """A bundle can be turned off where every email in it can."""
    lists = {kind.mail_list(row) for row in carried_by(message.id) if (kind := kind_of(row.kind))}
    return lists.pop() if len(lists) == 1 else None


def _says(message: OutboxMessage, actor: Actor) -> Mail | None:
    """The summary of each row; None while one is no longer due: the bundle waits until it is dropped."""
    mails = [kind.says(row, actor) for row in carried_by(message.id) if (kind := kind_of(row.kind))]
    if not mails or None in mails:
        return None
    count = len(mails)
    return Mail(
        ngettext("%(num)s follow-up is waiting for you", "%(num)s follow-ups are waiting for you", count),
        [_("These are waiting for you:")],
        link("/my-day"),
        _("Open My day"),
        items=[(*mail.summary, mail.href) for mail in mails if mail is not None],
    )


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    return db.session.scalar(select(sa.exists().where(OutboxMessage.carried_by_id == message.id))) is True


MESSAGES = (MessageKind(TOGETHER, _says, _still_due, mail_list=_lists),)


BATCH = 5
SHARED = ("state", "sent_at", "last_error")
"""Columns that a bundle shares with its rows."""


def queue(uow: UnitOfWork, planned: Sequence[rules.Planned]) -> set[str]:
    """Step: queue messages, each once by its dedupe key; returns the keys that this call queued.

    A message that was dropped because it was not due waits again: it is due again.
    """
    # Each key once and in one order, so that two processes queuing the same rows do not deadlock.
    each = {message.dedupe_key: message for message in planned}
    queued = set(_insert(uow, [each[key] for key in sorted(each)])) if each else set()
    if queued:
        uow.audit("reminders.queued", "outbox_message", None, {"count": [None, len(queued)]})
    reach("queue.before_commit")
    return queued


def _insert(uow: UnitOfWork, planned: Sequence[rules.Planned]) -> Iterable[str]:
    each = {
        "dedupe_key": [message.dedupe_key for message in planned],
        "kind": [message.kind for message in planned],
        "recipient_id": [message.recipient_id for message in planned],
        "object_type": [message.object_type for message in planned],
        "object_id": [message.object_id for message in planned],
        "school_id": [message.school_id for message in planned],
        "at_any_hour": [message.at_any_hour for message in planned],
        "message_id": [secrets.token_hex(16) for _message in planned],
    }
    shared = {
        "created_at": uow.now,
        "next_attempt_at": uow.now,
        "state": OutboxState.WAITING,
        "attempts": 0,
        "last_error": "",
    }
    table = table_of(OutboxMessage)
    if uow.session.get_bind().dialect.name == "postgresql":
        # One array per column: rendering parameters for each row would take longer than inserting.
        arrays = [literal(values, ARRAY(table.c[name].type)) for name, values in each.items()]
        rows = func.unnest(*arrays).table_valued(*each).render_derived()
        same = [literal(value, table.c[name].type) for name, value in shared.items()]
        source = select(*[rows.c[name] for name in each], *same)
        new = postgresql.insert(table).from_select([*each, *shared], source)
        return uow.session.scalars(_once(new))
    values = [shared | dict(zip(each, row, strict=True)) for row in zip(*each.values(), strict=True)]
    return uow.session.scalars(_once(sqlite.insert(table)), values)


def _once(new: Any) -> Any:
    """Let a message that was dropped because it was not due wait again; leave every other one unchanged."""
    table = table_of(OutboxMessage)
    again = {"state": OutboxState.WAITING, "next_attempt_at": new.excluded.next_attempt_at}
    return new.on_conflict_do_update(
        index_elements=["dedupe_key"], set_=again, where=table.c.state == OutboxState.DROPPED
    ).returning(table.c.dedupe_key)


def deliver(now: datetime, seconds: float | None = None) -> dict[str, int]:
    """Send what is due and allowed at this instant; returns how many were sent, wait again, or failed for good.

    Each row is leased by the database's clock, checked again, sent, and marked. A sender that dies loses nothing: the
    lease ends and the email goes out with the same Message-ID. After `seconds` (None: no limit) it begins no other
    message, so that a slow server does not delay the caller.
    """
    end = math.inf if seconds is None else time.monotonic() + seconds
    counts = {verdict.value: 0 for verdict in rules.Verdict}
    post = Post(setting("SMTP_URL"), setting("MAIL_FOLDER"), setting("MAIL_SECONDS"))
    token = secrets.token_hex(16)
    schools, gathering = rules.open_schools(now), Gathering()
    try:
        while time.monotonic() < end and (claimed := _claim(token, schools, gathering, now)):
            reach("deliver.after_claim")
            for message_id in claimed:
                if time.monotonic() >= end:
                    break
                verdict = _attempt(post, message_id, token, now)
                if verdict is not None:
                    counts[verdict.value] += 1
    finally:
        post.close()
        pages.give_back(OutboxMessage, token, now)
    return counts


def _claim(token: str, schools: Sequence[int], gathering: Gathering, now: datetime) -> list[int]:
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        may_go = or_(OutboxMessage.at_any_hour, OutboxMessage.school_id.is_(None), OutboxMessage.school_id.in_(schools))
        gathering.gather(uow, now, may_go, pages.NOT_PAUSED)
        return pages.claim(uow, OutboxMessage, token, now, BATCH, may_go, OutboxMessage.carried_by_id.is_(None))


def _attempt(post: Post, message_id: int, token: str, now: datetime) -> rules.Verdict | None:
    """Send one claimed message; None when it was dropped or is no longer ours."""
    message = _renew(message_id, token, now)
    if message is None:
        return None
    try:
        mail = compose(message, now)
    except SQLAlchemyError:
        raise
    except Exception as error:  # a message that cannot be written must not hold up the others
        return _later(message, token, now, error)
    if mail is None:
        drop(message_id, token, now)
        return None
    db.session.remove()  # no connection stays open while a server is contacted
    reach("deliver.before_send")
    try:
        post.send(mail, f"{message.id:08d}-{message.message_id}")
    except Exception as error:  # any error ends this attempt only
        return _later(message, token, now, error, str(mail["To"]))
    reach("deliver.after_send")
    values = {"state": OutboxState.SENT, "sent_at": now, "last_error": "", "attempts": message.attempts + 1}

    def count(uow: UnitOfWork) -> None:
        end_trouble(uow, message.recipient_id, arrived=True)
        uow.next_number(rules.EVER[OutboxState.SENT])

    _mark(message, token, now, values, count)
    reach("deliver.after_mark")
    return rules.Verdict.SENT


def drop(message_id: int, token: str, now: datetime) -> None:
    """Drop an unneeded message, unless the reason has just been reversed.

    The reversal locks this row as well: it either sees the row dropped and queues it again, or this function sees the
    reversal.
    """
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        message = pages.ours(uow, OutboxMessage, message_id, token)
        if message is not None:
            settle(uow, message, now)
            needed = compose(message, now) is not None or bool(carried_by(message.id))
            message.state = OutboxState.WAITING if needed else OutboxState.DROPPED
            message.claim_token, message.lease_until = None, None
            if not needed:
                uow.next_number(rules.EVER[OutboxState.DROPPED])


def _renew(message_id: int, token: str, now: datetime) -> OutboxMessage | None:
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        message = pages.ours(uow, OutboxMessage, message_id, token)
        if message is not None:
            message.lease_until = database_now() + pages.LEASE
            settle(uow, message, now)
        return message


def _later(message: OutboxMessage, token: str, now: datetime, error: Exception, address: str = "") -> rules.Verdict:
    verdict, values = rules.after_error(error, message.attempts + 1, now)
    trouble = trouble_of(error) if verdict is rules.Verdict.FAILED and address else None

    def note(uow: UnitOfWork) -> None:
        if trouble is not None:
            note_trouble(uow, message.recipient_id, address, trouble)

    _mark(message, token, now, values, note)
    return verdict


def _mark(
    message: OutboxMessage, token: str, now: datetime, values: dict[str, Any], then: Callable[[UnitOfWork], None]
) -> None:
    """Mark a message with the result of its attempt, if it is still ours."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        if pages.mark(uow, OutboxMessage, message.id, token, values):
            shared = {name: value for name, value in values.items() if name in SHARED}
            follow(uow, message, shared)
            then(uow)


def retry_failed(actor: Actor, message_id: int, now: datetime) -> None:
    """Queue a failed message again, with the same Message-ID. Raises NotFound, Refused."""
    with unit_of_work(actor, now) as uow:
        message = uow.load(OutboxMessage, message_id, Permission.SYSTEM_HEALTH)
        if message.state is not OutboxState.FAILED:
            raise Refused("", _("This email is no longer on the failed list."))
        message.state, message.attempts, message.next_attempt_at = OutboxState.WAITING, 0, now
        message.carried_by_id = None
        follow(uow, message, {"state": OutboxState.WAITING})
        end_trouble(uow, message.recipient_id)
        uow.audit("mail.retried", "outbox_message", message.id, {"state": ["failed", "waiting"]})


ROOM = Room(messages=MESSAGES)
