"""Held changes of an account: confirmed by the holder, agreed to by a second administrator, or stopped."""

import enum
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.credentials import FRESH_MINUTES, held_id_of, message_id_of
from wss_cases.accounts.grants import is_over
from wss_cases.accounts.held_changes import HeldChange, HeldKind
from wss_cases.accounts.managed_accounts import get_person
from wss_cases.accounts.people.pages import MOVED, end_grant, is_free
from wss_cases.accounts.sign_in.second_factor import RESET_ASKED, carry_out_reset
from wss_cases.accounts.sign_in.sessions import actions as sessions
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Overreach, Refused, existing
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.pages import Page
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work

STOPPED = {MOVED: HeldKind.ADDRESS, RESET_ASKED: HeldKind.FACTOR}
SETTLED = {HeldKind.ADDRESS: "account.address_agreed", HeldKind.FACTOR: "account.reset_agreed"}


class Stopped(enum.StrEnum):
    """Result of *This was not me*. WAITING: the held change is stopped; ROLE: the given role is ended; KEPT: the
    role stays because nobody else can give roles; NOTHING: the change stays and the administrators are told."""

    WAITING = "waiting"
    ROLE = "role"
    KEPT = "kept"
    NOTHING = "nothing"


def agree(actor: Actor, user_id: int, held_id: int, now: datetime) -> None:
    """Agree, as a second administrator, to another's change. Raises NotFound; Refused if both are one person."""
    with unit_of_work(actor, now) as uow:
        user = uow.load(UserAccount, user_id, Permission.ACCOUNT_ADDRESS)
        row = _open(uow, held_id, now)
        if row.user_id != user.id:
            raise NotFound
        refuse_one_person("", actor.user_id, [row.asked_by_id], now)
        _settle(uow, user, row)


def confirm_own(held_id: int, now: datetime) -> None:
    """Confirm a change by the link sent to the previous address. Raises NotFound if it is no longer held."""
    change = db.session.get(HeldChange, held_id)
    if change is None:
        raise NotFound
    user = db.session.get_one(UserAccount, change.user_id)
    with unit_of_work(Actor(user.id, user.name), now) as uow:
        row = _open(uow, held_id, now)
        _settle(uow, uow.session.get_one(UserAccount, row.user_id, with_for_update=True, populate_existing=True), row)


def say_not_me(message_id: int, now: datetime) -> Stopped:
    """Say by the link in an email about a change that the account's holder did not make it.

    A held change is stopped, a new address reverts to the previous one, a given role ends; whoever did it and all
    administrators are told. Raises NotFound the second time.
    """
    message = existing(db.session.get(OutboxMessage, message_id))
    user = db.session.get_one(UserAccount, message.recipient_id)
    with unit_of_work(Actor(user.id, user.name), now, f"not me:{message_id}") as uow:
        if uow.answered:
            raise NotFound
        uow.answer = user.id
        user = uow.session.get_one(UserAccount, user.id, with_for_update=True, populate_existing=True)
        schools, given = sessions.schools_of(uow, user), _given(uow, message)
        stopped = _stop_waiting(uow, user, message.kind) if given is None else _end_given(uow, user, given)
        if stopped is Stopped.KEPT:
            uow.record(user, sessions.NOT_ME_KEPT)
            sessions.tell_everyone_of(
                uow, user, sessions.NOT_ME_KEPT, (Role.SYSADMIN, Role.DISTRICT, Role.ADMINISTRATOR)
            )
        else:
            uow.record(user, sessions.NOT_ME)
            also = _who_did(uow, message)
            sessions.tell_administrators(uow, user, sessions.NOT_ME, of=schools, but={user.id}, also=also)
    return stopped


def _given(uow: UnitOfWork, message: OutboxMessage) -> RoleGrant | None:
    """The grant named in an email, if it is the recipient's and not over."""
    if message.object_type != RoleGrant.__tablename__:
        return None
    grant = uow.session.get(RoleGrant, message.object_id, with_for_update=True, populate_existing=True)
    theirs = grant is not None and grant.user_id == message.recipient_id and not is_over(grant, uow.now)
    return grant if theirs else None


def _end_given(uow: UnitOfWork, user: UserAccount, grant: RoleGrant) -> Stopped:
    try:
        end_grant(uow, user, grant)
    except Overreach:
        return Stopped.KEPT
    return Stopped.ROLE


def _stop_waiting(uow: UnitOfWork, user: UserAccount, kind: str) -> Stopped:
    waits = select(HeldChange).where(
        HeldChange.user_id == user.id, HeldChange.kind == STOPPED.get(kind), HeldChange.settled_at.is_(None)
    )
    rows = uow.session.scalars(waits.with_for_update()).all()
    for row in rows:
        row.settled_at = uow.now
        if row.kind is HeldKind.ADDRESS and is_free(uow, row.known_email):
            user.email = row.known_email
            sessions.end_links(uow, user)
    return Stopped.WAITING if rows else Stopped.NOTHING


def _who_did(uow: UnitOfWork, message: OutboxMessage) -> set[int]:
    """Who made the change that an email tells of: its audit row has the same time."""
    did = select(AuditEntry.actor_id).where(
        AuditEntry.object_type == UserAccount.__tablename__,
        AuditEntry.object_id == message.recipient_id,
        AuditEntry.at == message.created_at,
    )
    return {one for one in uow.session.scalars(did) if one is not None}


def settle_due(now: datetime, share: Share = WHOLE) -> dict[str, int]:
    """Settle changes that were held for their day; returns how many. Part of the scheduler's tick."""
    due = select(HeldChange.id).where(HeldChange.settled_at.is_(None), HeldChange.until <= now)
    settled = 0
    for held_id in list(db.session.scalars(due.order_by(HeldChange.id))):
        if not share.goes_on():
            break
        settled += 1
        with unit_of_work(SYSTEM, now) as uow:
            row = uow.session.get_one(HeldChange, held_id, with_for_update=True, populate_existing=True)
            user = uow.session.get_one(UserAccount, row.user_id, with_for_update=True, populate_existing=True)
            if row.settled_at is None and user.state is not AccountState.DISABLED:
                _settle(uow, user, row)
            else:
                row.settled_at = row.settled_at or now
                uow.no_audit()
    return {"settled": settled}


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
        sessions.send_invitation(uow, user)


blueprint = Blueprint("held", __name__)


def _by_link(subject_id: int | None, act: Callable[[int, datetime], object], template: str) -> Page:
    """The page of a link in an email, with its one act; the link is the proof."""
    number, is_sent, is_over = existing(subject_id), request.method == "POST", False
    came_to: object = None
    if is_sent:
        try:
            came_to = act(number, clock.now())
        except NotFound:
            is_over = True
    done = is_sent and not is_over
    return render_template(template, done=done, is_over=is_over, came_to=came_to), 410 if is_over else 200


@blueprint.route("/account/held/<token>", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def own(token: str) -> Page:
    """Confirm a change of one's own account; the link is the proof."""
    return _by_link(held_id_of(token), confirm_own, "accounts/people/held.html")


@blueprint.route("/account/not-me/<token>", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def not_me(token: str) -> Page:
    """Say that a change of one's account was not one's own; the link is the proof, and works once."""
    return _by_link(message_id_of(token), say_not_me, "accounts/people/not_me.html")


@blueprint.post("/people/<int:user_id>/held/<int:held_id>", endpoint="agree")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_ADDRESS)
def agree_page(user_id: int, held_id: int) -> Page:
    actor, now = current_actor(), clock.now()
    get_person(actor, user_id, now)
    try:
        agree(actor, user_id, held_id, now)
    except Refused as refusal:
        flash(refusal.message, "warning")
    return redirect(url_for("people.person", user_id=user_id), 303)


ROOM = Room(pages=(blueprint,))
