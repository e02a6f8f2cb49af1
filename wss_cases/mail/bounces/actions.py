"""Addresses at which mail does not arrive: noted when it fails, ended when it arrives, tried again, mended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, or_, select, update

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.people.pages import change_address
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.journal.models import AuditEntry, OutboxMessage, OutboxState
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.mail.bounces.queries import looked_after_by
from wss_cases.mail.bounces.reports import Report, Returned
from wss_cases.mail.bounces.rules import Trouble
from wss_cases.mail.common.models import MailTrouble
from wss_cases.mail.common.states import TroubleKind

MAIL_TEST = "mail.test"
ADDRESS_CHANGED = "mail.address_changed"
RECENT = timedelta(days=7)
"""A report that does not say which mail it is about is believed of somebody who was written to lately."""


@dataclass(frozen=True)
class Taken:
    """What a report changed: mail to this address does not arrive."""

    address: str
    status: str


def note_trouble(uow: UnitOfWork, user_id: int, address: str, trouble: Trouble) -> None:
    """Step: mail to this address of a person fails; nothing where they have another address by now."""
    account = uow.session.get(UserAccount, user_id, populate_existing=True)
    if account is None or account.email != address:
        return
    values = {"user_id": user_id, "address": address, "since": uow.now, **vars(trouble)}
    fresh = insert_once(uow.session, MailTrouble, values, ["user_id"])
    row = uow.session.scalars(select(MailTrouble).where(MailTrouble.user_id == user_id)).one()
    if not fresh:
        known = row.address == address and row.status == trouble.status
        row.since = row.since if row.address == address else uow.now
        row.address, row.kind, row.status = address, trouble.kind, trouble.status
        if known:
            return
    uow.audit("mail.fails", "user_account", user_id, {"status": [None, trouble.status]})


def end_trouble(uow: UnitOfWork, user_id: int, arrived: bool = False) -> None:
    """Step: mail to a person is believed to arrive. After `arrived`, what came back for good is no less true."""
    gone = delete(MailTrouble).where(MailTrouble.user_id == user_id)
    if arrived:
        returned = and_(MailTrouble.kind == TroubleKind.BOUNCED, MailTrouble.status.like("5%"))
        gone = gone.where(~returned)
    if uow.session.execute(gone.returning(MailTrouble.id)).first() is not None:
        uow.audit("mail.arrives" if arrived else "mail.tried_again", "user_account", user_id)


def _requeue(uow: UnitOfWork, *which: object) -> int:
    again = (
        update(OutboxMessage)
        .where(OutboxMessage.state == OutboxState.FAILED, *which)  # type: ignore[arg-type]
        .values(state=OutboxState.WAITING, attempts=0, next_attempt_at=uow.now)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    return len(uow.session.execute(again).all())


def retry_person(actor: Actor, user_id: int, now: datetime) -> int:
    """Send what failed for one person again, as far as it is still due; returns how many. Raises NotFound.

    For oneself, and for whoever looks after that person's account. A mail of its own shows that it works.
    """
    with unit_of_work(actor, now) as uow:
        person = select(UserAccount).where(UserAccount.id == user_id)
        if user_id != actor.user_id:
            person = person.where(looked_after_by(actor, now))
        account = existing(uow.session.scalars(person.with_for_update()).one_or_none())
        again = _requeue(uow, OutboxMessage.recipient_id == user_id)
        end_trouble(uow, user_id)
        uow.notify(user_id, MAIL_TEST, account, f"{MAIL_TEST}:{user_id}:{now:%Y%m%d%H}", at_any_hour=True)
        uow.audit("mail.retried", "user_account", user_id, {"count": [None, again]})
        return again


def retry_all(actor: Actor, now: datetime) -> int:
    """Send all that failed again, as far as it is still due; returns how many. Raises NotFound."""
    if not might(actor, Permission.SYSTEM_HEALTH):
        raise NotFound
    with unit_of_work(actor, now) as uow:
        again = _requeue(uow)
        uow.session.execute(delete(MailTrouble))
        uow.audit("mail.retried", "outbox_message", None, {"count": [None, again]})
        return again


@use_case
def mend_address(uow: UnitOfWork, user_id: int, email: str) -> int:
    """Give a person another address, tell them there, and send what failed. Raises NotFound, Refused, Stale."""
    account = change_address(uow, user_id, email, uow.version)
    _requeue(uow, OutboxMessage.recipient_id == user_id)
    end_trouble(uow, user_id)
    uow.notify(user_id, ADDRESS_CHANGED, account, f"{ADDRESS_CHANGED}:{user_id}:{account.version}", at_any_hour=True)
    return user_id


def take_bounce(report: Report, now: datetime) -> list[Taken]:
    """Note what a mail server reports of a mail that we sent; returns what was noted.

    Anybody can write a report, so it must name a mail of ours by its Message-ID, which nobody guesses; one that names
    no mail at all is believed only of an address to which we wrote lately.
    """
    taken = []
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        for returned in report.recipients:
            if returned.action == "failed" and (found := _told_of(uow, report, returned)) is not None:
                note_trouble(uow, found.id, found.email, Trouble(TroubleKind.BOUNCED, returned.status))
                taken.append(Taken(found.email, returned.status))
    return taken


def _told_of(uow: UnitOfWork, report: Report, returned: Returned) -> UserAccount | None:
    """The person a report is about, the mail that came back marked as failed."""
    if report.message_id:
        sent = select(OutboxMessage).where(OutboxMessage.message_id == report.message_id.rpartition("@")[0])
        message = uow.session.scalars(sent.with_for_update()).one_or_none()
        if message is None:
            return None
        if message.state is OutboxState.SENT:
            message.state, message.last_error = OutboxState.FAILED, f"bounced ({returned.status})"
        account = uow.session.get_one(UserAccount, message.recipient_id)
        return None if _has_moved(uow, account, message, returned) else account
    lately = exists().where(
        OutboxMessage.recipient_id == UserAccount.id,
        OutboxMessage.state == OutboxState.SENT,
        OutboxMessage.sent_at > uow.now - RECENT,
    )
    named = or_(*(UserAccount.email == address for address in returned.addresses))
    return uow.session.scalars(select(UserAccount).where(named, lately)).first()


def _has_moved(uow: UnitOfWork, account: UserAccount, message: OutboxMessage, returned: Returned) -> bool:
    # a server that passes mail on reports the address behind it, so another name alone says nothing
    if account.email in returned.addresses or message.sent_at is None:
        return False
    changed = select(AuditEntry.id).where(
        AuditEntry.object_type == "user_account",
        AuditEntry.object_id == account.id,
        AuditEntry.action == "account.address_changed",
        AuditEntry.at > message.sent_at,
    )
    return uow.session.scalars(changed.limit(1)).first() is not None
