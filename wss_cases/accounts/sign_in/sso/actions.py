"""Signing in through the district's own sign-on, and linking an invited account to its person there."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.accounts.account.models import AccountState, Invitation, UserAccount
from wss_cases.accounts.calendar_address.actions import end_feeds
from wss_cases.accounts.sign_in.sessions.actions import SignInResult, end_all_sessions, has_factor, open_session
from wss_cases.accounts.sign_in.sso.models import SignOn
from wss_cases.accounts.sign_in.sso.rules import asked_for_factor, proved_at
from wss_cases.foundation.db import db
from wss_cases.foundation.ids import new_token
from wss_cases.foundation.sign_in.identity import Identity
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work


def sign_on(identity: Identity, demanded: Collection[str], device: str, now: datetime) -> SignInResult:
    """Open a session for whom the provider named; without a linked, active account there is none.

    Where a second factor is demanded of the provider and it does not say so, there is none either; where none is
    demanded, the account's own is asked for.
    """
    found = select(SignOn.user_id).where(SignOn.issuer == identity.issuer, SignOn.subject == identity.subject)
    user_id = db.session.scalars(found).one_or_none()
    user = db.session.get(UserAccount, user_id) if user_id is not None else None
    if user is None or user.state is not AccountState.ACTIVE or not is_strong(identity, demanded):
        with unit_of_work(SYSTEM, now) as uow:
            uow.audit("session.sign_on_refused", "user_account", user.id if user else None)
        return SignInResult(None)
    token = new_token()
    with unit_of_work(Actor(user.id, user.name), now) as uow:
        awaits_code = not demanded and has_factor(uow.session, user.id)
        row = open_session(uow, user.id, token, device, awaits_code=awaits_code)
        row.by_sign_on, row.factor_by_provider = True, bool(demanded)
        row.says_when, row.verified_at = identity.auth_time is not None, proved_at(identity.auth_time, now)
    return SignInResult(token, awaits_code=awaits_code)


def is_strong(identity: Identity, demanded: Collection[str]) -> bool:
    """Whether the provider asked for a second factor, where that is demanded of it."""
    return not demanded or asked_for_factor(identity.acr, identity.amr, demanded)


def link(invitation_id: int, identity: Identity, now: datetime) -> bool:
    """Link an invitation's account to a person of the provider, once; False when that cannot be.

    The one-time link proves the account, the provider the person: no address is compared.
    """
    with unit_of_work(SYSTEM, now) as uow:
        invitation = uow.session.get(Invitation, invitation_id, with_for_update=True, populate_existing=True)
        if invitation is None or invitation.used_at is not None or invitation.expires_at <= now:
            uow.no_audit()
            return False
        user = uow.session.get_one(UserAccount, invitation.user_id, with_for_update=True, populate_existing=True)
        if not attach(uow, user, identity.issuer, identity.subject):
            return False
        invitation.used_at = now
        end_all_sessions(uow, user.id)
    return True


def link_mine(actor: Actor, session_id: int, identity: Identity, now: datetime) -> bool:
    """Link the account of whoever is signed in to another person of the provider; every other session ends."""
    with unit_of_work(actor, now) as uow:
        user = uow.session.get_one(UserAccount, actor.user_id, with_for_update=True, populate_existing=True)
        linked = attach(uow, user, identity.issuer, identity.subject)
        if linked:
            end_all_sessions(uow, user.id, keep_session_id=session_id)
    return linked


def attach(uow: UnitOfWork, user: UserAccount, issuer: str, subject: str) -> bool:
    """Step: let an account be opened by this person of the provider and nobody else; False for another account's.

    Its password ends, which would go around the provider.
    """
    same = (SignOn.issuer == issuer) & (SignOn.subject == subject)
    links = uow.session.scalars(select(SignOn).where(same | (SignOn.user_id == user.id))).all()
    if user.state is AccountState.DISABLED or any(row.user_id != user.id for row in links):
        uow.audit("session.sign_on_refused", "user_account", user.id)
        return False
    for row in links:
        uow.session.delete(row)
    uow.session.flush()
    uow.session.add(SignOn(user_id=user.id, issuer=issuer, subject=subject, linked_at=uow.now))
    user.state = AccountState.ACTIVE
    user.password_hash, user.password_short = None, False
    end_feeds(uow, user.id)
    uow.record(user, "account.linked")
    return True
