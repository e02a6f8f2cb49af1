"""The second factor: entering its code, setting it up, and proving one's identity again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from flask import flash, redirect, render_template, request, session, url_for
from sqlalchemy import delete, func, select

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts import credentials
from wss_cases.accounts.account.models import AccountState, SignInAttempt, UserAccount, UserSession
from wss_cases.accounts.account.pages import CodeForm, ConfirmForm, ConfirmWithCodeForm, EnrolForm
from wss_cases.accounts.account.rules import FAILURES_PER_ACCOUNT, THROTTLE_WINDOW
from wss_cases.accounts.calendar_address import end_feeds
from wss_cases.accounts.held_changes import HeldKind, hold, known_address, waiting
from wss_cases.accounts.managed_accounts import get_person
from wss_cases.accounts.sign_in.sessions import actions as sessions
from wss_cases.accounts.sign_in.sessions.pages import HALF, enter, fresh_within, lead_on, load_signed_in
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import apply_refusal
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import new_token, token_digest
from wss_cases.foundation.keys import seal, unseal
from wss_cases.foundation.pages import Page, code_picture
from wss_cases.foundation.school_time import district_zone, moment_words
from wss_cases.foundation.settings import setting
from wss_cases.foundation.sign_in import current_user, login_user
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work

FACTOR_ON = "account.factor_on"
FACTOR_OFF = "account.factor_off"
RECOVERY_USED = "account.recovery_used"
CODE_GUESSED = "account.code_guessed"


class Checked(Enum):
    RIGHT = "right"
    WRONG = "wrong"
    WAIT = "wait"


@dataclass(frozen=True)
class Enrolled:
    """A new second factor: the recovery codes to show once, and the token of the session that continues."""

    codes: Sequence[str]
    token: str


def enter_code(half_token: str, code: str, address: str, now: datetime) -> sessions.SignInResult | None:
    """Turn a session that waits for its code into a full one with another token; None if it is over."""
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
            return sessions.SignInResult(None, wait=checked is Checked.WAIT)
        row.revoked_at = now
        full = sessions.open_session(uow, account.id, token, row.device)
        full.by_sign_on, full.says_when = row.by_sign_on, row.says_when
        if not row.by_sign_on:
            sessions.alarm_if_break_glass(uow, account)
    return sessions.SignInResult(token)


def check_code(uow: UnitOfWork, user: UserAccount, code: str, address: str, counted: str = "code") -> Checked:
    """Step: check a code against the person's app or recovery codes and use it up; wrong ones are counted. The
    factor's row is locked first, so that simultaneous guesses are counted one by one. `counted`: each kind of try
    has its own limit."""
    statement = select(credentials.SecondFactor).where(credentials.SecondFactor.user_id == user.id).with_for_update()
    factor = uow.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    key = token_digest(f"{counted}:{user.id}")
    recent = select(func.count()).where(SignInAttempt.account_key == key, SignInAttempt.at > uow.now - THROTTLE_WINDOW)
    before = uow.session.scalar(recent) or 0
    if factor is None or before >= FAILURES_PER_ACCOUNT or factor.failures >= credentials.MOST_FAILURES:
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


def _use_code(uow: UnitOfWork, factor: credentials.SecondFactor, user: UserAccount, code: str) -> bool:
    if credentials.looks_like_recovery(code):
        digest = token_digest(credentials.plain_recovery_code(code))
        unused = select(credentials.RecoveryCode).where(
            credentials.RecoveryCode.user_id == user.id,
            credentials.RecoveryCode.digest == digest,
            credentials.RecoveryCode.used_at.is_(None),
        )
        row = uow.session.scalars(unused.with_for_update()).one_or_none()
        if row is None:
            return False
        row.used_at = uow.now
        uow.record(user, RECOVERY_USED)
        tell_owner(uow, user, RECOVERY_USED)
        return True
    secret = unseal(setting("WSS_KEYS"), credentials.PURPOSE, factor.sealed_text, factor.sealed_key)
    step = credentials.step_of(secret, code, uow.now, factor.last_step)
    if step is None:
        return False
    factor.last_step = step
    uow.audit("factor.used", "user_account", user.id)
    return True


def enrol(
    actor: Actor, secret: str, code: str, device: str, now: datetime, session_id: int | None = None
) -> Enrolled:  # fmt: skip
    """Set up the actor's second factor and end all sessions opened without it; this one continues under another
    token. Raises Refused for a wrong code, or if there is a second factor already."""
    step = credentials.step_of(secret, code, now, 0)
    if step is None:
        raise Refused("code", _("This code is no longer valid. Enter the six digits that the app shows now."))
    sealed = seal(setting("WSS_KEYS"), credentials.PURPOSE, secret)
    token = new_token()
    with unit_of_work(actor, now) as uow:
        user = _locked(uow, actor)
        if factor_row(uow, user.id) is not None:
            raise Refused("", _("You already have two-step sign-in."))
        uow.session.add(
            credentials.SecondFactor(
                user_id=user.id, sealed_text=sealed.text, sealed_key=sealed.key, key_name=sealed.key_name,
                since=now, last_step=step,
            )
        )  # fmt: skip
        codes = _replace_codes(uow, user)
        sessions.end_all_sessions(uow, user.id)
        goes_on = sessions.open_session(uow, user.id, token, device)
        if session_id is not None:
            before = uow.session.get_one(UserSession, session_id)
            goes_on.by_sign_on, goes_on.says_when = before.by_sign_on, before.says_when
            goes_on.factor_by_provider = before.factor_by_provider
        uow.record(user, FACTOR_ON)
        tell_owner(uow, user, FACTOR_ON)
    return Enrolled(codes, token)


def make_codes(actor: Actor, now: datetime) -> list[str]:
    """Replace the actor's recovery codes. Raises Refused without a second factor."""
    with unit_of_work(actor, now) as uow:
        user = _locked(uow, actor)
        if factor_row(uow, user.id) is None:
            raise Refused("", _("You do not have two-step sign-in."))
        codes = _replace_codes(uow, user)
        uow.record(user, "account.recovery_made")
    return codes


def switch_off(actor: Actor, must_have: bool, now: datetime) -> None:
    """Remove the actor's second factor. Raises Refused if it is required, or the password is too short without it."""
    with unit_of_work(actor, now) as uow:
        user = _locked(uow, actor)
        if must_have:
            raise Refused("", _("Your role requires two-step sign-in."))
        if user.password_short:
            raise Refused("", _("First choose a password of 15 characters or more: yours is too short to use alone."))
        remove_factor(uow, user)
        uow.record(user, FACTOR_OFF)
        tell_owner(uow, user, FACTOR_OFF)


def confirm(
    actor: Actor, session_id: int, password: str, code: str, address: str, now: datetime
) -> sessions.SignInResult:
    """Record that the person at this session proved their identity again; it continues under another token. They
    need the password and the code if there is one; only the code after a sign-on that cannot be asked again."""
    user = db.session.get(UserAccount, actor.user_id)
    matches = credentials.password_matches(user.password_hash if user else None, password)
    with unit_of_work(actor, now) as uow:
        account = _locked(uow, actor)
        here = uow.session.get_one(UserSession, session_id)
        has_one = factor_row(uow, account.id) is not None
        by_code = credentials.proof_of(here.by_sign_on, here.says_when, has_one) is credentials.Proof.CODE
        alone = check_code(uow, account, code, address, "code again") if by_code else None
        checked = alone or prove(uow, account, matches, code, address)
        if checked is not Checked.RIGHT:
            return sessions.SignInResult(None, wait=checked is Checked.WAIT)
        token = sessions.renew_token(uow, session_id)
        uow.audit("session.confirmed", "user_session", session_id)
    return sessions.SignInResult(token)


def prove(uow: UnitOfWork, user: UserAccount, matches: bool, code: str, address: str) -> Checked:
    """Step: check the compared password, and the code of a person with a second factor."""
    checked = _password_again(uow, user, matches, address)
    if checked is Checked.RIGHT and factor_row(uow, user.id) is not None:
        checked = check_code(uow, user, code, address, "code again")
    return checked


def _password_again(uow: UnitOfWork, user: UserAccount, matches: bool, address: str) -> Checked:
    # Counted separately: a stranger's wrong sign-ins must not stop someone who is signed in.
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


def factor_row(uow: UnitOfWork, user_id: int) -> credentials.SecondFactor | None:
    """Step: a person's second factor, locked, or None."""
    statement = select(credentials.SecondFactor).where(credentials.SecondFactor.user_id == user_id).with_for_update()
    return uow.session.scalars(statement).one_or_none()


def _locked(uow: UnitOfWork, actor: Actor) -> UserAccount:
    return uow.session.get_one(UserAccount, actor.user_id, with_for_update=True, populate_existing=True)


def _replace_codes(uow: UnitOfWork, user: UserAccount) -> list[str]:
    uow.session.execute(delete(credentials.RecoveryCode).where(credentials.RecoveryCode.user_id == user.id))
    codes = credentials.new_recovery_codes()
    uow.session.add_all(
        credentials.RecoveryCode(
            user_id=user.id, digest=token_digest(credentials.plain_recovery_code(code)), made_at=uow.now
        )
        for code in codes
    )
    return codes


def remove_factor(uow: UnitOfWork, user: UserAccount) -> None:
    """Step: remove a second factor and its recovery codes."""
    uow.session.execute(delete(credentials.RecoveryCode).where(credentials.RecoveryCode.user_id == user.id))
    uow.session.execute(delete(credentials.SecondFactor).where(credentials.SecondFactor.user_id == user.id))


def tell_owner(uow: UnitOfWork, user: UserAccount, kind: str) -> None:
    """Step: notify the account's owner at once of a change to the second factor."""
    uow.notify(user.id, kind, user, f"{kind}:{user.id}:{uow.now.isoformat()}", at_any_hour=True)


FACTOR_RESET = "account.factor_reset"
RESET_ASKED = "account.reset_asked"
RESET_OF_ANOTHER = "account.reset_of_another"


def carry_out_reset(uow: UnitOfWork, user: UserAccount) -> None:
    """Step: remove a second factor; all sessions of its person end, and they are told. A password too short to stand
    alone goes too, and a link for a new one is sent."""
    if factor_row(uow, user.id) is None:
        return
    remove_factor(uow, user)
    sessions.end_all_sessions(uow, user.id)
    end_feeds(uow, user.id)
    if user.password_short and user.state is AccountState.ACTIVE:
        user.password_hash, user.password_short = None, False
        sessions.send_invitation(uow, user)
    uow.record(user, FACTOR_RESET)
    tell_owner(uow, user, FACTOR_RESET)


blueprint = Pages("second_factor", __name__)


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def code() -> Page:
    """Ask for the second factor after a right password."""
    target = request.values.get("next", "")
    if HALF not in session:
        return redirect(url_for("accounts.sign_in", next=target or None), 303)
    form, status = CodeForm(), 200
    if form.validate_on_submit():
        result = enter_code(session[HALF], form.code.data, request.remote_addr or "", clock.now())
        if result is None:
            session.pop(HALF)
            flash(_("That took too long. Sign in again."))
            return redirect(url_for("accounts.sign_in", next=target or None), 303)
        if result.token:
            return enter(result.token, target)
        status = 429 if result.wait else 400
        apply_refusal(form, Refused("code", _words(Checked.WAIT if result.wait else Checked.WRONG)))
    elif request.method == "POST":
        status = 400
    return render_template("accounts/sign_in/second_factor/code.html", form=form, next=target), status


def _words(checked: Checked) -> str:
    if checked is Checked.WAIT:
        return _("Too many attempts. Wait 15 minutes; if you lost your phone, a system administrator can help.")
    return _("This code is not right, or it was used before. Wait for the next one, or use a recovery code.")


@blueprint.route("/account/second-factor", methods=["GET", "POST"])
@fresh_within(credentials.FRESH_MINUTES, for_first_factor=True)
@gate(Permission.SIGNED_IN)
def mine() -> Page:
    """Set up one's second factor, or see its state."""
    actor, must = current_actor(), current_user.must_have_factor
    assert actor.user_id is not None
    state = credentials.factor_state(actor.user_id)
    if state is not None:
        since = moment_words(state.since, district_zone())
        return render_template("accounts/sign_in/second_factor/factor.html", state=state, since=since, must_have=must)
    form, status = EnrolForm(), 200
    secret = credentials.secret_of(actor.user_id, form.signed.data or "") or ""
    if form.validate_on_submit() and secret:
        device = request.headers.get("User-Agent", "")
        try:
            made = enrol(actor, secret, form.code.data, device, clock.now(), current_user.row.session_id)
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            login_user(load_signed_in(made.token))
            return render_template("accounts/sign_in/second_factor/recovery_codes.html", codes=made.codes)
    if request.method == "POST":
        status = 400
        if not secret:
            apply_refusal(form, Refused("", _("This page was open too long. Add the new code below to your app.")))
    secret = secret or credentials.new_secret()
    form.signed.data = credentials.signed_secret(actor.user_id, secret)
    drawn = code_picture(credentials.app_address(secret, current_user.row.email))
    return (
        render_template(
            "accounts/sign_in/second_factor/enrol.html",
            form=form,
            picture=drawn,
            secret=credentials.spaced(secret),
            must_have=must,
        ),
        status,
    )


@blueprint.post("/account/second-factor/codes")
@fresh_within(credentials.FRESH_MINUTES)
@gate(Permission.SIGNED_IN)
def codes() -> Page:
    return render_template(
        "accounts/sign_in/second_factor/recovery_codes.html", codes=make_codes(current_actor(), clock.now())
    )


@blueprint.post("/account/second-factor/off")
@fresh_within(credentials.FRESH_MINUTES)
@gate(Permission.SIGNED_IN)
def off() -> Page:
    switch_off(current_actor(), current_user.must_have_factor, clock.now())
    flash(_("Your two-step sign-in is turned off."))
    return redirect(url_for("accounts.me"), 303)


@blueprint.route("/account/confirm", methods=["GET", "POST"], endpoint="confirm")
@gate(Permission.SIGNED_IN)
def confirm_page() -> Page:
    """Prove one's identity again before a sensitive act."""
    target, status, row = request.values.get("next", ""), 200, current_user.row
    proof = credentials.proof_of(row.by_sign_on, row.says_when, row.has_factor)
    form = CodeForm() if proof is credentials.Proof.CODE else ConfirmWithCodeForm() if row.has_factor else ConfirmForm()
    if form.validate_on_submit():
        password = form.password.data if "password" in form else ""
        typed = form.code.data if "code" in form else ""
        address = request.remote_addr or ""
        result = confirm(current_actor(), row.session_id, password, typed, address, clock.now())
        if result.token:
            login_user(load_signed_in(result.token))
            return lead_on(target)
        status = 429 if result.wait else 400
        wrong = (
            _words(Checked.WRONG) if proof is credentials.Proof.CODE else _("The password or the code is not right.")
        )
        words = _words(Checked.WAIT) if result.wait else wrong
        apply_refusal(form, Refused("code" if proof is credentials.Proof.CODE else "password", words))
    elif request.method == "POST":
        status = 400
    return render_template(
        "accounts/sign_in/second_factor/confirm.html", form=form, next=target, proof=proof.value
    ), status


@blueprint.button(
    "/people/<int:user_id>/second-factor/reset",
    Subject(UserAccount, lambda actor, user_id: get_person(actor, user_id, clock.now())), Permission.ACCOUNT_FACTOR,
    guard=fresh_within(credentials.FRESH_MINUTES), endpoint="reset",
    then=lambda user, _answer: url_for("people.person", user_id=user.id),
    done=_l(
        "It is requested, and the person is told by email. It takes effect when they confirm it there, when a "
        "second administrator agrees, or after 24 hours."
    ),
)  # fmt: skip
def ask_reset(uow: UnitOfWork, user: UserAccount) -> None:
    """Request the removal of someone's second factor because the phone is lost; they and the others are told. It
    happens when they confirm from their address, a second administrator agrees, or a day has passed."""
    if user.id == uow.actor.user_id:
        raise Refused("", _("Another system administrator resets yours."))
    if factor_row(uow, user.id) is None:
        raise Refused("", _("This person does not have two-step sign-in."))
    if HeldKind.FACTOR in waiting(user.id, uow.now):
        raise Refused("", _("This was already requested."))
    hold(uow, user, HeldKind.FACTOR, known_address(user.id, uow.now))
    uow.record(user, RESET_ASKED)
    tell_owner(uow, user, RESET_ASKED)
    sessions.tell_administrators(
        uow, user, RESET_OF_ANOTHER, of=sessions.schools_of(uow, user), but={uow.actor.user_id, user.id}
    )


ROOM = Room(pages=(blueprint,))
