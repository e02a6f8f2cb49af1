"""Signing in and out with a password, and one's own account: password, language, names, sessions."""

from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, session, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account import pages as forms
from wss_cases.accounts.account.models import Invitation, UserAccount
from wss_cases.accounts.account.rules import PASSWORD_MINIMUM, password_minimum
from wss_cases.accounts.calendar_address import end_feeds
from wss_cases.accounts.credentials import FRESH_MINUTES, SecondFactor, factor_state, invitation_id_of, may_use_password
from wss_cases.accounts.managed_accounts import has_begun, own_sessions
from wss_cases.accounts.sign_in.saved_forms import has_kept
from wss_cases.accounts.sign_in.second_factor import confirm
from wss_cases.accounts.sign_in.sessions import actions
from wss_cases.accounts.sign_in.sessions import pages as browser
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import apply_refusal
from wss_cases.foundation.i18n import _
from wss_cases.foundation.pages import PLAIN, Page, message_page
from wss_cases.foundation.school_time import district
from wss_cases.foundation.sign_in import current_user, is_on, login_user, logout_user
from wss_cases.journal.extension_points import panels_for
from wss_cases.journal.rooms import Place, Room
from wss_cases.journal.unit_of_work import unit_of_work


def accepts_password(invitation_id: int) -> bool:
    """Whether the account of an invitation gets a password rather than a link to the district's sign-on."""
    invitation = db.session.get(Invitation, invitation_id)
    user = db.session.get(UserAccount, invitation.user_id) if invitation else None
    if user is None:
        return True
    return may_use_password(user.email, [grant.role for grant in user.grants])


def shortest_password(invitation_id: int) -> int:
    """Minimum length of the password for an invitation's account; less with a second factor."""
    beside = select(SecondFactor.id).join(Invitation, Invitation.user_id == SecondFactor.user_id)
    factor_id = db.session.scalar(beside.where(Invitation.id == invitation_id))
    return password_minimum(factor_id is not None)


def change_password(
    actor: Actor, session_id: int, old: str, new: str, code: str, address: str, now: datetime
) -> str:  # fmt: skip
    """Change one's own password, end all other sessions and the calendar address; returns this session's new token.
    Proved by the password and, if there is one, the second factor, with the limits on wrong tries of confirmations.
    Raises Refused naming the field."""
    user = existing(db.session.get(UserAccount, actor.user_id))
    hashed = actions.new_hash(user, new, "new_password")
    with_factor = actions.has_factor(db.session(), user.id)
    proof = confirm(actor, session_id, old, code, address, now)
    if proof.token is None:
        raise Refused("old_password", _words(wait=proof.wait, with_factor=with_factor))
    with unit_of_work(actor, now) as uow:
        row = uow.session.get_one(UserAccount, actor.user_id, with_for_update=True, populate_existing=True)
        row.password_hash, row.password_set_at = hashed, now
        row.password_short = len(new) < PASSWORD_MINIMUM
        actions.end_all_sessions(uow, row.id, keep_session_id=session_id)
        end_feeds(uow, row.id)
        token = actions.renew_token(uow, session_id)
        uow.record(row, actions.SIGN_IN_CHANGED)
        actions.tell_password_set(uow, row)
    return token


def choose_initials(actor: Actor, initials: bool, now: datetime) -> None:
    with unit_of_work(actor, now) as uow:
        row = uow.session.get_one(UserAccount, actor.user_id, with_for_update=True, populate_existing=True)
        row.initials = initials
        uow.record(row, "account.renamed")


def _words(*, wait: bool, with_factor: bool) -> str:
    if wait:
        return _("Too many attempts. Wait 15 minutes; if you lost your phone, a system administrator can help.")
    return _("The password or the code is not right.") if with_factor else _("This is not your current password.")


blueprint = Blueprint("accounts", __name__)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def sign_in() -> Page:
    """Sign in; the session starts anew with another id."""
    target = request.values.get("next", "")
    if request.method == "GET" and current_user.is_authenticated:
        return browser.lead_on(target)
    form = forms.SignInForm()
    code = 200
    if form.validate_on_submit():
        device = request.headers.get("User-Agent", "")
        address = request.remote_addr or ""
        known = browser.known_browser(request.cookies.get(browser.cookie_name(), ""), form.email.data)
        result = actions.sign_in(form.email.data, form.password.data, address, device, clock.now(), known)
        if result.token and result.awaits_code:
            browser.begin_anew()
            session[browser.HALF] = result.token
            return redirect(url_for("second_factor.code", next=browser.safe_next(target)), 303)
        if result.token:
            return browser.enter(result.token, target)
        code = 429 if result.wait else 400
        words = (
            _("Too many attempts. Wait 15 minutes, or ask your administrator for a new link.")
            if result.wait
            else _("The email address or the password is not right.")
        )
        apply_refusal(form, Refused("email", words))
    elif request.method == "POST":
        code = 400
    return render_template(
        "accounts/sign_in/own_account/sign_in.html",
        form=form,
        next=target,
        demo=browser.demo_accounts(),
        district_name=district().name,
        sign_on=is_on(),
        begun=request.method == "POST" or has_begun(),
    ), code


@blueprint.post("/sign-out")
@gate(Permission.SIGNED_IN)
def sign_out() -> Response:
    """End this session at the server and clear its data here."""
    actions.sign_out(current_actor(), current_user.row.session_id, clock.now())
    logout_user()
    session.clear()
    answer: Response = redirect(url_for("accounts.sign_in"), 303)
    # Other people's reports waiting on this device are sealed; clearing its storage would lose them.
    answer.headers["Clear-Site-Data"] = '"cache"' if "keep_sealed" in request.form else '"cache", "storage"'
    return answer


@blueprint.post("/session/keep")
@gate(Permission.SIGNED_IN)
def keep_session() -> Response:
    """Extend this session's idle limit; returns when it ends, and whether that end is final."""
    actions.touch_session(current_actor(), current_user.row.session_id, clock.now())
    signed_in = browser.load_signed_in(current_user.token)
    ends: datetime | None = signed_in.row.expires_at if signed_in else None
    return jsonify(ends=ends.isoformat() if ends else None, last=signed_in.at_last_end if signed_in else True)


def _to_sign_in() -> tuple[str, str]:
    return _("Sign in"), url_for("accounts.sign_in")


@blueprint.route("/invitation/<token>", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def invitation(token: str) -> Page:
    """Set a password from a one-time link."""
    invitation_id = existing(invitation_id_of(token))
    form = forms.NewPasswordForm()
    by_sign_on = not accepts_password(invitation_id)
    code = 200 if request.method == "GET" else 400
    if not by_sign_on and form.validate_on_submit():
        try:
            actions.accept_invitation(invitation_id, form.password.data, clock.now())
        except NotFound:
            words = _(
                "It was already used, or it is older than seven days. Ask your school’s administrator for a new one."
            )
            return message_page(_("This link has expired"), words, frame=PLAIN, go=_to_sign_in()), 410
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            words = _("You can sign in with it now. If you were signed in elsewhere, those sessions have ended.")
            return message_page(_("Your password is set"), words, frame=PLAIN, go=_to_sign_in())
    return render_template(
        "accounts/sign_in/own_account/invitation.html",
        form=form,
        token=token,
        sign_on=by_sign_on,
        minimum=shortest_password(invitation_id),
    ), code


@blueprint.get("/account")
@gate(Permission.SIGNED_IN)
def me() -> Page:
    return _account_page(_password_form(formdata=None), 200)


def _password_form(**given: Any) -> forms.ChangePasswordForm:
    return (forms.ChangePasswordWithCodeForm if current_user.row.has_factor else forms.ChangePasswordForm)(**given)


def _account_page(password_form: forms.ChangePasswordForm, code: int) -> Page:
    actor = current_actor()
    return (
        render_template(
            "accounts/sign_in/own_account/account.html",
            email=current_user.row.email,
            district_account=not may_use_password(current_user.row.email, [grant.role for grant in actor.grants]),
            password_form=password_form,
            locale_form=forms.LanguageForm(formdata=None, locale=actor.locale),
            names_form=forms.NamesForm(formdata=None, shown="initials" if actor.initials else "names"),
            kept=has_kept(actor.user_id, clock.now()),
            sessions=len(own_sessions(actor.user_id or 0, clock.now())),
            panels=panels_for(Place.OWN_ACCOUNT, actor),
            factor=factor_state(actor.user_id or 0),
            must_have=current_user.must_have_factor,
            minimum=password_minimum(current_user.row.has_factor),
        ),
        code,
    )


@blueprint.post("/account/password")
@gate(Permission.SIGNED_IN)
def password() -> Page:
    form = _password_form()
    if form.validate_on_submit():
        code = form.code.data if isinstance(form, forms.ChangePasswordWithCodeForm) else ""
        try:
            token = change_password(
                current_actor(),
                current_user.row.session_id,
                form.old_password.data,
                form.new_password.data,
                code,
                request.remote_addr or "",
                clock.now(),
            )
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            login_user(browser.load_signed_in(token))
            words, account = _("All your other sessions have ended."), (_("Your account"), url_for("accounts.me"))
            return message_page(_("Your password is changed"), words, go=account)
    return _account_page(form, 400)


@blueprint.post("/account/language")
@gate(Permission.SIGNED_IN)
def language() -> Page:
    form = forms.LanguageForm()
    if not form.validate_on_submit():
        raise Refused("locale", _("Choose a language."))
    actions.choose_language(current_actor(), form.locale.data, clock.now())
    session["locale"] = form.locale.data
    return redirect(url_for("accounts.me"), 303)


@blueprint.post("/account/names")
@gate(Permission.SIGNED_IN)
def names() -> Page:
    form = forms.NamesForm()
    if not form.validate_on_submit():
        raise Refused("shown", _("Choose names or initials."))
    choose_initials(current_actor(), form.shown.data == "initials", clock.now())
    return redirect(url_for("accounts.me"), 303)


@blueprint.post("/account/sessions/<int:session_id>/end")
@browser.fresh_within(FRESH_MINUTES)
@gate(Permission.SIGNED_IN)
def end_session(session_id: int) -> Page:
    """End another of one's own sessions."""
    actions.sign_out(current_actor(), session_id, clock.now())
    return redirect(url_for("sessions.mine"), 303)


ROOM = Room(pages=(blueprint,))
