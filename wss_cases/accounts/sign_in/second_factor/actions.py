"""The second factor: set up, asked for, switched off. Secrets are stored sealed, codes as digests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import delete, func, select

from wss_cases.access.actor import Actor
from wss_cases.accounts.account.models import AccountState, SignInAttempt, UserAccount, UserSession
from wss_cases.accounts.account.rules import FAILURES_PER_ACCOUNT, THROTTLE_WINDOW
from wss_cases.accounts.credentials.models import RecoveryCode, SecondFactor
from wss_cases.accounts.credentials.passwords import password_matches
from wss_cases.accounts.credentials.rules import (
    MOST_FAILURES,
    PURPOSE,
    Proof,
    looks_like_recovery,
    new_recovery_codes,
    plain_recovery_code,
    proof_of,
    step_of,
)
from wss_cases.accounts.sign_in.sessions.actions import (
    SignInResult,
    alarm_if_break_glass,
    end_all_sessions,
    open_session,
    renew_token,
)
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import new_token, token_digest
from wss_cases.foundation.keys.envelope import seal, unseal
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work

FACTOR_ON = "account.factor_on"
FACTOR_OFF = "account.factor_off"
RECOVERY_USED = "account.recovery_used"
CODE_GUESSED = "account.code_guessed"


class Checked(Enum):
    """What a typed code came to."""

    RIGHT = "right"
    WRONG = "wrong"
    WAIT = "wait"


@dataclass(frozen=True)
class Enrolled:
    """A new second factor: the recovery codes to show once, and the token of the session that goes on."""

    codes: Sequence[str]
    token: str


def enter_code(half_token: str, code: str, address: str, now: datetime) -> SignInResult | None:
    """Turn a session that waits for its code into a full one with another token; None when that one is over."""
    waits = select(UserSession).where(UserSession.token_digest == token_digest(half_token), UserSession.awaits_code)
    half = db.session.scalars(waits).one_or_none()
    if half is None:
        return None
    user = db.session.get_one(UserAccount, half.user_id)
    token = new_token()
    with unit_of_work(Actor(user.id, user.name), now) as uow:
        row = uow.session.get_one(UserSession, half.id, with_for_update=True, populate_existing=True)
        account = uow.session.get_one(UserAccount, row.user_id, with_for_update=True, populate_existing=True)
        if row.revoked_at is not None or row.expires_at <= now or account.state is not AccountState.ACTIVE:
            uow.no_audit()
            return None
        checked = check_code(uow, account, code, address)
        if checked is not Checked.RIGHT:
            return SignInResult(None, wait=checked is Checked.WAIT)
        row.revoked_at = now
        full = open_session(uow, account.id, token, row.device)
        full.by_sign_on, full.says_when = row.by_sign_on, row.says_when
        if not row.by_sign_on:
            alarm_if_break_glass(uow, account)
    return SignInResult(token)


def check_code(uow: UnitOfWork, user: UserAccount, code: str, address: str, counted: str = "code") -> Checked:
    """Step: compare a code with the person's app or recovery codes and use it up; a wrong one is counted.

    The factor's row is locked first, so guesses sent at once are counted one after the other. `counted`: tries of one
    kind do not use up another's.
    """
    found = select(SecondFactor).where(SecondFactor.user_id == user.id).with_for_update()
    factor = uow.session.scalars(found.execution_options(populate_existing=True)).one_or_none()
    key = token_digest(f"{counted}:{user.id}")
    recent = select(func.count()).where(SignInAttempt.account_key == key, SignInAttempt.at > uow.now - THROTTLE_WINDOW)
    before = uow.session.scalar(recent) or 0
    if factor is None or before >= FAILURES_PER_ACCOUNT or factor.failures >= MOST_FAILURES:
        uow.audit("factor.throttled", "user_account", user.id)
        return Checked.WAIT
    if _use_code(uow, factor, user, code):
        factor.failures = 0
        uow.session.execute(delete(SignInAttempt).where(SignInAttempt.account_key == key))
        return Checked.RIGHT
    factor.failures += 1
    uow.session.add(SignInAttempt(account_key=key, address=address, at=uow.now))
    uow.audit("factor.refused", "user_account", user.id)
    if before + 1 == FAILURES_PER_ACCOUNT:
        tell_owner(uow, user, CODE_GUESSED)
    return Checked.WRONG


def _use_code(uow: UnitOfWork, factor: SecondFactor, user: UserAccount, code: str) -> bool:
    if looks_like_recovery(code):
        digest = token_digest(plain_recovery_code(code))
        unused = select(RecoveryCode).where(
            RecoveryCode.user_id == user.id, RecoveryCode.digest == digest, RecoveryCode.used_at.is_(None)
        )
        row = uow.session.scalars(unused.with_for_update()).one_or_none()
        if row is None:
            return False
        row.used_at = uow.now
        uow.record(user, RECOVERY_USED)
        tell_owner(uow, user, RECOVERY_USED)
        return True
    secret = unseal(setting("WSS_KEYS"), PURPOSE, factor.sealed_text, factor.sealed_key)
    step = step_of(secret, code, uow.now, factor.last_step)
    if step is None:
        return False
    factor.last_step = step
    uow.audit("factor.used", "user_account", user.id)
    return True


def enrol(
    actor: Actor, secret: str, code: str, device: str, now: datetime, session_id: int | None = None
) -> Enrolled:  # fmt: skip
    """Set up the actor's second factor and end every session that was opened without it; this one goes on as another.

    Raises Refused when the code is not the secret's, or when there is a second factor already.
    """
    step = step_of(secret, code, now, 0)
    if step is None:
        raise Refused("code", _("This code is no longer valid. Enter the six digits that the app shows now."))
    sealed = seal(setting("WSS_KEYS"), PURPOSE, secret)
    token = new_token()
    with unit_of_work(actor, now) as uow:
        user = _locked(uow, actor)
        if factor_row(uow, user.id) is not None:
            raise Refused("", _("You already have two-step sign-in."))
        uow.session.add(
            SecondFactor(
                user_id=user.id, sealed_text=sealed.text, sealed_key=sealed.key, key_name=sealed.key_name,
                since=now, last_step=step,
            )
        )  # fmt: skip
        codes = _replace_codes(uow, user)
        end_all_sessions(uow, user.id)
        goes_on = open_session(uow, user.id, token, device)
        if session_id is not None:
            before = uow.session.get_one(UserSession, session_id)
            goes_on.by_sign_on, goes_on.says_when = before.by_sign_on, before.says_when
            goes_on.factor_by_provider = before.factor_by_provider
        uow.record(user, FACTOR_ON)
        tell_owner(uow, user, FACTOR_ON)
    return Enrolled(codes, token)


def make_codes(actor: Actor, now: datetime) -> list[str]:
    """Replace the actor's recovery codes; the ones before end. Raises Refused without a second factor."""
    with unit_of_work(actor, now) as uow:
        user = _locked(uow, actor)
        if factor_row(uow, user.id) is None:
            raise Refused("", _("You do not have two-step sign-in."))
        codes = _replace_codes(uow, user)
        uow.record(user, "account.recovery_made")
    return codes


def switch_off(actor: Actor, must_have: bool, now: datetime) -> None:
    """Take the actor's second factor away. Raises Refused where it is required, or the password is short."""
    with unit_of_work(actor, now) as uow:
        user = _locked(uow, actor)
        if must_have:
            raise Refused("", _("Your role requires two-step sign-in."))
        if user.password_short:
            raise Refused("", _("First choose a password of 15 characters or more: yours is too short to use alone."))
        remove_factor(uow, user)
        uow.record(user, FACTOR_OFF)
        tell_owner(uow, user, FACTOR_OFF)


def confirm(actor: Actor, session_id: int, password: str, code: str, address: str, now: datetime) -> SignInResult:
    """Note that the person at this session has just proved again who they are; it goes on under another token.

    By the password and, where there is one, the code; by the code alone where a sign-on let in who cannot be asked
    again there.
    """
    user = db.session.get(UserAccount, actor.user_id)
    matches = password_matches(user.password_hash if user else None, password)
    with unit_of_work(actor, now) as uow:
        account = _locked(uow, actor)
        here = uow.session.get_one(UserSession, session_id)
        has_one = factor_row(uow, account.id) is not None
        by_code = proof_of(here.by_sign_on, here.says_when, has_one) is Proof.CODE
        alone = check_code(uow, account, code, address, "code again") if by_code else None
        checked = alone or prove(uow, account, matches, code, address)
        if checked is not Checked.RIGHT:
            return SignInResult(None, wait=checked is Checked.WAIT)
        token = renew_token(uow, session_id)
        uow.audit("session.confirmed", "user_session", session_id)
    return SignInResult(token)


def prove(uow: UnitOfWork, user: UserAccount, matches: bool, code: str, address: str) -> Checked:
    """Step: check the password, compared already, and the code of whoever has a second factor."""
    checked = _password_again(uow, user, matches, address)
    if checked is Checked.RIGHT and factor_row(uow, user.id) is not None:
        checked = check_code(uow, user, code, address, "code again")
    return checked


def _password_again(uow: UnitOfWork, user: UserAccount, matches: bool, address: str) -> Checked:
    # counted apart: wrong sign-ins of a stranger must not stop somebody who is signed in
    key = token_digest(f"again:{user.id}")
    recent = select(func.count()).where(SignInAttempt.account_key == key, SignInAttempt.at > uow.now - THROTTLE_WINDOW)
    if (uow.session.scalar(recent) or 0) >= FAILURES_PER_ACCOUNT:
        uow.audit("session.refused", "user_account", user.id)
        return Checked.WAIT
    if not matches:
        uow.session.add(SignInAttempt(account_key=key, address=address, at=uow.now))
        uow.audit("session.refused", "user_account", user.id)
        return Checked.WRONG
    return Checked.RIGHT


def factor_row(uow: UnitOfWork, user_id: int) -> SecondFactor | None:
    """Step: return a person's second factor, locked, or None."""
    found = select(SecondFactor).where(SecondFactor.user_id == user_id).with_for_update()
    return uow.session.scalars(found).one_or_none()


def _locked(uow: UnitOfWork, actor: Actor) -> UserAccount:
    return uow.session.get_one(UserAccount, actor.user_id, with_for_update=True, populate_existing=True)


def _replace_codes(uow: UnitOfWork, user: UserAccount) -> list[str]:
    uow.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = new_recovery_codes()
    uow.session.add_all(
        RecoveryCode(user_id=user.id, digest=token_digest(plain_recovery_code(code)), made_at=uow.now) for code in codes
    )
    return codes


def remove_factor(uow: UnitOfWork, user: UserAccount) -> None:
    """Step: take a second factor and its recovery codes away."""
    uow.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    uow.session.execute(delete(SecondFactor).where(SecondFactor.user_id == user.id))


def tell_owner(uow: UnitOfWork, user: UserAccount, kind: str) -> None:
    """Step: tell the account's owner at once what became of the second factor."""
    uow.notify(user.id, kind, user, f"{kind}:{user.id}:{uow.now.isoformat()}", at_any_hour=True)
