"""Settling what waits for an account: its holder confirms, a second administrator agrees, or a day has passed."""

from datetime import datetime

from sqlalchemy import select

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import AccountState, UserAccount
from wss_cases.accounts.held_changes.models import HeldChange, HeldKind
from wss_cases.accounts.people.actions import MOVED, is_free
from wss_cases.accounts.sign_in.invitations.actions import end_links, send_invitation
from wss_cases.accounts.sign_in.second_factor.actions import RESET_ASKED, carry_out_reset
from wss_cases.accounts.sign_in.sessions.actions import NOT_ME, schools_of, tell_administrators
from wss_cases.accounts.two_persons.queries import refuse_one_person
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work

STOPPED = {MOVED: HeldKind.ADDRESS, RESET_ASKED: HeldKind.FACTOR}
SETTLED = {HeldKind.ADDRESS: "account.address_agreed", HeldKind.FACTOR: "account.reset_agreed"}


def agree(actor: Actor, user_id: int, held_id: int, now: datetime) -> None:
    """Agree, as a second administrator, to what another one changed. Raises NotFound, Refused for one person."""
    with unit_of_work(actor, now) as uow:
        user = uow.load(UserAccount, user_id, Permission.ACCOUNT_ADDRESS)
        row = _open(uow, held_id, now)
        if row.user_id != user.id:
            raise NotFound
        refuse_one_person("", actor.user_id, [row.asked_by_id], now)
        _settle(uow, user, row)


def confirm_own(held_id: int, now: datetime) -> None:
    """Confirm from the address that was known before: the link there is the proof. Raises NotFound once it is over."""
    found = db.session.get(HeldChange, held_id)
    if found is None:
        raise NotFound
    user = db.session.get_one(UserAccount, found.user_id)
    with unit_of_work(Actor(user.id, user.name), now) as uow:
        row = _open(uow, held_id, now)
        _settle(uow, uow.session.get_one(UserAccount, row.user_id, with_for_update=True, populate_existing=True), row)


def say_not_me(message_id: int, now: datetime) -> None:
    """Say, as whom a mail told of a change of their account, that they know nothing of it; the link is the proof.

    What waits is stopped, a new address goes back to the one before, and every administrator is told. Raises
    NotFound once it was said.
    """
    message = existing(db.session.get(OutboxMessage, message_id))
    user = db.session.get_one(UserAccount, message.recipient_id)
    with unit_of_work(Actor(user.id, user.name), now, f"not me:{message_id}") as uow:
        if uow.request_row is None or uow.answered:
            raise NotFound
        uow.request_row.answer = str(user.id)
        user = uow.session.get_one(UserAccount, user.id, with_for_update=True, populate_existing=True)
        waits = select(HeldChange).where(
            HeldChange.user_id == user.id, HeldChange.kind == STOPPED.get(message.kind), HeldChange.settled_at.is_(None)
        )
        for row in uow.session.scalars(waits.with_for_update()):
            row.settled_at = now
            if row.kind is HeldKind.ADDRESS and is_free(uow, row.known_email):
                user.email = row.known_email
                end_links(uow, user)
        uow.record(user, NOT_ME)
        tell_administrators(uow, user, NOT_ME, of=schools_of(uow, user), but={user.id})


def settle_due(now: datetime) -> dict[str, int]:
    """Let what has waited its day count; returns how many. Part of the scheduler's tick."""
    due = select(HeldChange.id).where(HeldChange.settled_at.is_(None), HeldChange.until <= now)
    ids = list(db.session.scalars(due))
    for held_id in ids:
        with unit_of_work(SYSTEM, now) as uow:
            row = uow.session.get_one(HeldChange, held_id, with_for_update=True, populate_existing=True)
            user = uow.session.get_one(UserAccount, row.user_id, with_for_update=True, populate_existing=True)
            if row.settled_at is None and user.state is not AccountState.DISABLED:
                _settle(uow, user, row)
            else:
                row.settled_at = row.settled_at or now
                uow.no_audit()
    return {"settled": len(ids)}


def _open(uow: UnitOfWork, held_id: int, now: datetime) -> HeldChange:
    row = uow.session.get(HeldChange, held_id, with_for_update=True, populate_existing=True)
    if row is None or row.settled_at is not None or row.until <= now:
        raise NotFound
    return row


def _settle(uow: UnitOfWork, user: UserAccount, row: HeldChange) -> None:
    row.settled_at = uow.now
    row.settled_by_id = uow.actor.user_id if uow.actor.user_id != user.id else None
    uow.session.flush()
    uow.record(user, SETTLED[row.kind])
    if row.kind is HeldKind.FACTOR:
        carry_out_reset(uow, user)
    elif user.state is AccountState.INVITED:
        send_invitation(uow, user)
