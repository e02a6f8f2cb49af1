"""Signing in and out, ending sessions, links to set a password, and the emails about changes of an account."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.accounts import credentials
from wss_cases.accounts.account import rules
from wss_cases.accounts.account.models import (
    AccountState,
    Invitation,
    RoleGrant,
    SignInAttempt,
    UserAccount,
    UserSession,
)
from wss_cases.accounts.calendar_address import end_feeds
from wss_cases.accounts.grants import in_force_at
from wss_cases.accounts.held_changes import HeldKind, waiting
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.ids import fold_address, new_token, token_digest
from wss_cases.foundation.settings import setting
from wss_cases.foundation.sign_in import is_on
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work

SIGN_IN_CHANGED = "account.password_set"
BREAK_GLASS_USED = "account.break_glass_used"
ROLES_CHANGED = "account.roles_changed"
OWN_ROLES_CHANGED = "account.own_roles_changed"
OWN_ROLE_ENDED = "account.own_role_ended"
NOT_ME = "account.not_me"
NOT_ME_KEPT = "account.not_me_kept"
LEFT_BUT_KEPT = "account.left_but_kept"
LAST_OF_SCHOOL = "account.last_of_school"
WAVE = "account.wave"
"""People of the roster were invited in bulk."""
SLOWED = "account.slowed"
"""Someone opened more records in an hour than a person can."""


@dataclass(frozen=True)
class SignInResult:
    """Result of a sign-in: a session token, or none; `wait` after too many failures. `awaits_code`: the token opens
    only the page that asks for the second factor."""

    token: str | None
    wait: bool = False
    awaits_code: bool = False


def sign_in(
    email: str, password: str, address: str, device: str, now: datetime, browser: str = ""
) -> SignInResult:  # fmt: skip
    """Check a password and open a session. Known and unknown accounts answer alike and take as long. `browser`:
    number of a browser that signed in to this account before; its failures are counted separately, so that other
    people's failures do not lock the person out."""
    key = token_digest(f"{browser}:{fold_address(email)}" if browser else fold_address(email))
    if not take_a_try(key, "" if browser else address, now):
        return SignInResult(None, wait=True)
    user = db.session.scalars(select(UserAccount).where(UserAccount.email == fold_address(email))).one_or_none()
    matches = credentials.password_matches(user.password_hash if user else None, password)
    here = user is not None and credentials.may_use_password(user.email, [grant.role for grant in user.grants])
    if user is None or not matches or not here or user.state is not AccountState.ACTIVE:
        with unit_of_work(SYSTEM, now) as uow:
            uow.audit("session.refused", "user_account", user.id if user else None)
        return SignInResult(None)
    rehashed = credentials.hash_password(password) if credentials.needs_rehash(user.password_hash or "") else None
    token = new_token()
    with unit_of_work(Actor(user.id, user.name), now) as uow:
        uow.session.execute(delete(SignInAttempt).where(SignInAttempt.account_key == key))
        awaits_code = has_factor(uow.session, user.id)
        open_session(uow, user.id, token, device, awaits_code=awaits_code)
        if not awaits_code:
            alarm_if_break_glass(uow, user)
        if rehashed:
            uow.session.get_one(UserAccount, user.id).password_hash = rehashed
    return SignInResult(token, awaits_code=awaits_code)


def alarm_if_break_glass(uow: UnitOfWork, user: UserAccount) -> None:
    """Step: tell every system administrator that the emergency account for a failed sign-on was used."""
    if not is_on() or user.email != setting("BREAK_GLASS"):
        return
    tell_administrators(uow, user, BREAK_GLASS_USED)
    uow.record(user, BREAK_GLASS_USED)


def tell_administrators(
    uow: UnitOfWork,
    user: UserAccount,
    kind: str,
    *,
    of: Collection[int | None] = (),
    but: Collection[int | None] = (),
    also: Collection[int] = (),
) -> None:
    """Step: send a message about an account at any hour to all system administrators.

    `of`: ids of schools whose administrators get it. `also`: ids of further people. `but`: ids of people who do not.
    """
    which = RoleGrant.role == Role.SYSADMIN
    which |= (RoleGrant.role == Role.ADMINISTRATOR) & RoleGrant.school_id.in_(of)
    statement = select(RoleGrant.user_id).where(which, in_force_at(uow.now))
    for user_id in sorted({*uow.session.scalars(statement), *also} - set(but)):
        uow.notify(user_id, kind, user, f"{kind}:{user_id}:{user.id}:{uow.now.isoformat()}", at_any_hour=True)


def schools_of(uow: UnitOfWork, user: UserAccount) -> list[int]:
    """Schools where a person has a role today; their administrators are told of changes one person made alone."""
    at = RoleGrant.school_id.is_not(None)
    statement = select(RoleGrant.school_id).where(RoleGrant.user_id == user.id, at, in_force_at(uow.now))
    return [school_id for school_id in uow.session.scalars(statement) if school_id is not None]


def tell_everyone_of(uow: UnitOfWork, user: UserAccount, kind: str, roles: Collection[Role]) -> None:
    """Step: tell everyone with one of these roles about an account, at any hour."""
    statement = select(RoleGrant.user_id).where(RoleGrant.role.in_(roles), in_force_at(uow.now))
    for user_id in sorted(set(uow.session.scalars(statement)) - {uow.actor.user_id}):
        uow.notify(user_id, kind, user, f"{kind}:{user_id}:{user.id}:{uow.now.isoformat()}", at_any_hour=True)


def tell_roles_changed(uow: UnitOfWork, user: UserAccount, grant: RoleGrant, *, given: bool) -> None:
    """Step: tell a person that a role was given or ended, and the other administrators, so that no one does it
    unseen. The email about a given role names the grant, so that *This was not me* can end it."""
    schools = [grant.school_id] if grant.role in rules.GIVEN_BY_SCHOOL else []
    tell_administrators(uow, user, ROLES_CHANGED, of=schools, but={uow.actor.user_id, user.id})
    kind, about = (OWN_ROLES_CHANGED, grant) if given else (OWN_ROLE_ENDED, user)
    if user.state is AccountState.ACTIVE:
        uow.notify(user.id, kind, about, f"{kind}:{user.id}:{uow.now.isoformat()}", at_any_hour=True)


def has_factor(session: Session, user_id: int) -> bool:
    statement = select(credentials.SecondFactor.id).where(credentials.SecondFactor.user_id == user_id)
    return session.execute(statement).first() is not None


def take_a_try(account_key: str, address: str, now: datetime) -> bool:
    """Count a try as failed before it is made, so that simultaneous tries get no more than sequential ones. A try
    over the limit is not counted, so that the window ends even while someone keeps trying. False: wait."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        mine = uow.add(SignInAttempt(account_key=account_key, address=address, at=now)).id
    recent = (SignInAttempt.at > now - rules.THROTTLE_WINDOW) & (SignInAttempt.id != mine)
    same_place = (SignInAttempt.address == address) & (SignInAttempt.address != "")
    statement = select(
        select(func.count()).where(SignInAttempt.account_key == account_key, recent).scalar_subquery(),
        select(func.count()).where(same_place, recent).scalar_subquery(),
    )
    account, source = db.session.execute(statement).one()
    if not rules.throttled(account, source):
        return True
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        uow.session.execute(delete(SignInAttempt).where(SignInAttempt.id == mine))
    return False


def open_session(uow: UnitOfWork, user_id: int, token: str, device: str, *, awaits_code: bool = False) -> UserSession:
    """Step: open a session for a token; one that awaits its code lasts only minutes."""
    row = UserSession(
        token_digest=token_digest(token),
        user_id=user_id,
        created_at=uow.now,
        last_seen_at=uow.now,
        expires_at=uow.now + credentials.HALF_LASTS if awaits_code else session_ends(uow.now, uow.now),
        device=device[:200],
        awaits_code=awaits_code,
        verified_at=uow.now,
    )
    uow.add(row)
    uow.audit("session.half_opened" if awaits_code else "session.opened", "user_session", row.id)
    return row


def sign_out(actor: Actor, session_id: int, now: datetime) -> None:
    """End one of the actor's own sessions at the server. Raises NotFound for another person's."""
    with unit_of_work(actor, now) as uow:
        row = uow.session.get(UserSession, session_id, with_for_update=True)
        if row is None or row.user_id != actor.user_id:
            raise NotFound
        row.revoked_at = row.revoked_at or now
        uow.audit("session.ended", "user_session", row.id)


def touch_session(actor: Actor, session_id: int, now: datetime) -> None:
    """Extend a session's idle limit."""
    with unit_of_work(actor, now) as uow:
        row = uow.session.get(UserSession, session_id, with_for_update=True)
        if row is not None and row.revoked_at is None and row.expires_at > now:
            row.last_seen_at = now
            row.expires_at = session_ends(row.created_at, now)
        uow.no_audit()


def session_ends(created_at: datetime, seen_at: datetime) -> datetime:
    """When a session ends by this installation's limits without further requests."""
    return rules.session_end(created_at, seen_at, setting("SESSION_IDLE"), setting("SESSION_ABSOLUTE"))


def end_all_sessions(uow: UnitOfWork, user_id: int, keep_session_id: int | None = None) -> int:
    """Step: end a person's sessions at the server, except the one to keep; returns how many were live."""
    ended = 0
    for row in uow.session.scalars(
        select(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
    ):
        if row.id != keep_session_id:
            row.revoked_at = uow.now
            ended += row.expires_at > uow.now
    return ended


def end_other_sessions(actor: Actor, session_id: int, now: datetime) -> int:
    """End all of the actor's sessions except this one; returns how many were live."""
    with unit_of_work(actor, now) as uow:
        assert actor.user_id is not None
        ended = end_all_sessions(uow, actor.user_id, keep_session_id=session_id)
        uow.audit("session.others_ended", "user_session", session_id, {"count": [None, ended]})
    return ended


def renew_token(uow: UnitOfWork, session_id: int) -> str:
    """Step: give a session another token after its person proved their identity; returns it."""
    token = new_token()
    row = uow.session.get_one(UserSession, session_id, with_for_update=True, populate_existing=True)
    row.token_digest, row.verified_at = token_digest(token), uow.now
    uow.session.flush()
    return token


def new_hash(user: UserAccount, password: str, field: str) -> str:
    """Hash of a new password. Raises Refused at the field if it is too short or easily guessed."""
    problem = rules.password_problem(
        password, user.email, user.name, rules.password_minimum(has_factor(db.session(), user.id))
    )
    if problem:
        raise Refused(field, problem)
    return credentials.hash_password(password)


def choose_language(actor: Actor, locale: str, now: datetime) -> None:
    with unit_of_work(actor, now) as uow:
        row = uow.session.get_one(UserAccount, actor.user_id, with_for_update=True, populate_existing=True)
        row.locale = locale
        uow.record(row, "account.renamed")


def accept_invitation(invitation_id: int, password: str, now: datetime) -> None:
    """Set the password of an invitation's account, once. Raises NotFound if it is used or expired, Refused."""
    row = db.session.get(Invitation, invitation_id)
    if row is None or row.used_at is not None or row.expires_at <= now:
        raise NotFound
    user = db.session.get_one(UserAccount, row.user_id)
    hashed = new_hash(user, password, "password")
    with unit_of_work(Actor(user.id, user.name), now) as uow:
        invitation = uow.session.get_one(Invitation, invitation_id, with_for_update=True, populate_existing=True)
        account = uow.session.get_one(UserAccount, user.id, with_for_update=True, populate_existing=True)
        if invitation.used_at is not None or account.state is AccountState.DISABLED:
            raise NotFound
        invitation.used_at = now
        account.password_hash, account.password_set_at = hashed, now
        account.password_short = len(password) < rules.PASSWORD_MINIMUM
        if account.state is AccountState.ACTIVE:  # no email about a first password
            tell_password_set(uow, account)
        account.state = AccountState.ACTIVE
        end_all_sessions(uow, account.id)
        end_feeds(uow, account.id)
        uow.record(account, SIGN_IN_CHANGED)


def tell_password_set(uow: UnitOfWork, user: UserAccount) -> None:
    """Step: tell a person that their password was set, at any hour."""
    uow.notify(user.id, SIGN_IN_CHANGED, user, f"{SIGN_IN_CHANGED}:{user.id}:{uow.now.isoformat()}", at_any_hour=True)


def send_invitation(uow: UnitOfWork, user: UserAccount) -> Invitation:
    """Step: make a new one-time link and queue its email; earlier links stop working. To an address that someone
    else changed it goes only once that address counts."""
    end_links(uow, user)
    change = waiting(user.id, uow.now).get(HeldKind.ADDRESS)
    goes_at = change.until if change else uow.now
    invitation = uow.add(Invitation(user_id=user.id, created_at=uow.now, expires_at=goes_at + rules.INVITATION_LASTS))
    uow.notify(user.id, "invitation", invitation, f"invitation:{invitation.id}", at_any_hour=True, not_before=goes_at)
    return invitation


def end_links(uow: UnitOfWork, user: UserAccount) -> None:
    open_ones = select(Invitation).where(Invitation.user_id == user.id, Invitation.used_at.is_(None))
    for earlier in uow.session.scalars(open_ones):
        earlier.expires_at = min(earlier.expires_at, uow.now)
