"""The second factor: the page that asks for its code, the one that sets it up, and proving again who one is."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.forms import CodeForm, ConfirmForm, ConfirmWithCodeForm, EnrolForm
from wss_cases.accounts.credentials.links import secret_of, signed_secret
from wss_cases.accounts.credentials.queries import factor_state
from wss_cases.accounts.credentials.rules import FRESH_MINUTES, Proof, app_address, new_secret, proof_of, spaced
from wss_cases.accounts.managed_accounts.queries import get_person
from wss_cases.accounts.sign_in.second_factor import actions, resets
from wss_cases.accounts.sign_in.second_factor.actions import Checked
from wss_cases.accounts.sign_in.sessions.signed_in import HALF, enter, fresh_within, lead_on, load_signed_in
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import apply_refusal
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, code_picture
from wss_cases.foundation.school_time import district_zone
from wss_cases.foundation.sign_in.login import current_user, login_user

blueprint = Blueprint("second_factor", __name__)


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def code() -> Page:
    """Ask for the second factor of somebody whose password was right."""
    target = request.values.get("next", "")
    if HALF not in session:
        return redirect(url_for("accounts.sign_in", next=target or None), 303)
    form, status = CodeForm(), 200
    if form.validate_on_submit():
        result = actions.enter_code(session[HALF], form.code.data, request.remote_addr or "", clock.now())
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
@fresh_within(FRESH_MINUTES, for_first_factor=True)
@gate(Permission.SIGNED_IN)
def mine() -> Page:
    """Set up one's second factor, or see how it stands."""
    actor, must = current_actor(), current_user.must_have_factor
    assert actor.user_id is not None
    state = factor_state(actor.user_id)
    if state is not None:
        since = moment_words(state.since, district_zone())
        return render_template("accounts/sign_in/second_factor/factor.html", state=state, since=since, must_have=must)
    form, status = EnrolForm(), 200
    secret = secret_of(actor.user_id, form.signed.data or "") or ""
    if form.validate_on_submit() and secret:
        device = request.headers.get("User-Agent", "")
        try:
            made = actions.enrol(actor, secret, form.code.data, device, clock.now(), current_user.row.session_id)
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            login_user(load_signed_in(made.token))
            return render_template("accounts/sign_in/second_factor/recovery_codes.html", codes=made.codes)
    if request.method == "POST":
        status = 400
        if not secret:
            apply_refusal(form, Refused("", _("This page was open too long. Add the new code below to your app.")))
    secret = secret or new_secret()
    form.signed.data = signed_secret(actor.user_id, secret)
    drawn = code_picture(app_address(secret, current_user.row.email))
    return (
        render_template(
            "accounts/sign_in/second_factor/enrol.html", form=form, picture=drawn, secret=spaced(secret), must_have=must
        ),
        status,
    )


@blueprint.post("/account/second-factor/codes")
@fresh_within(FRESH_MINUTES)
@gate(Permission.SIGNED_IN)
def codes() -> Page:
    """Make new recovery codes and show them once."""
    return render_template(
        "accounts/sign_in/second_factor/recovery_codes.html", codes=actions.make_codes(current_actor(), clock.now())
    )


@blueprint.post("/account/second-factor/off")
@fresh_within(FRESH_MINUTES)
@gate(Permission.SIGNED_IN)
def off() -> Page:
    """Take one's second factor away, where it is not required."""
    actions.switch_off(current_actor(), current_user.must_have_factor, clock.now())
    flash(_("Your two-step sign-in is turned off."))
    return redirect(url_for("accounts.me"), 303)


@blueprint.route("/account/confirm", methods=["GET", "POST"])
@gate(Permission.SIGNED_IN)
def confirm() -> Page:
    """Prove again who one is, before something sensitive."""
    target, status, row = request.values.get("next", ""), 200, current_user.row
    proof = proof_of(row.by_sign_on, row.says_when, row.has_factor)
    form = CodeForm() if proof is Proof.CODE else ConfirmWithCodeForm() if row.has_factor else ConfirmForm()
    if form.validate_on_submit():
        password = form.password.data if "password" in form else ""
        typed = form.code.data if "code" in form else ""
        address = request.remote_addr or ""
        result = actions.confirm(current_actor(), row.session_id, password, typed, address, clock.now())
        if result.token:
            login_user(load_signed_in(result.token))
            return lead_on(target)
        status = 429 if result.wait else 400
        wrong = _words(Checked.WRONG) if proof is Proof.CODE else _("The password or the code is not right.")
        words = _words(Checked.WAIT) if result.wait else wrong
        apply_refusal(form, Refused("code" if proof is Proof.CODE else "password", words))
    elif request.method == "POST":
        status = 400
    return render_template(
        "accounts/sign_in/second_factor/confirm.html", form=form, next=target, proof=proof.value
    ), status


@blueprint.post("/people/<int:user_id>/second-factor/reset")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_FACTOR)
def reset(user_id: int) -> Page:
    """Ask that the second factor of somebody who lost it be taken away."""
    actor, now = current_actor(), clock.now()
    get_person(actor, user_id, now)
    resets.ask_reset(actor, user_id, now)
    flash(
        _("It is requested, and the person is told by email. It takes effect when they confirm it there, when a "
          "second administrator agrees, or after 24 hours.")
    )  # fmt: skip
    return redirect(url_for("people.person", user_id=user_id), 303)
