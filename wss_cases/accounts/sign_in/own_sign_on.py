"""The page that asks for the old password and code of an account before the district's sign-on opens it."""

from datetime import datetime

from flask import Blueprint, redirect, render_template, request, session, url_for

from wss_cases.access.actor import Actor
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import AccountState, UserAccount
from wss_cases.accounts.account.pages import ConfirmForm, ConfirmWithCodeForm
from wss_cases.accounts.credentials import factor_state, password_matches
from wss_cases.accounts.sign_in.second_factor import Checked, prove
from wss_cases.accounts.sign_in.sessions.actions import end_all_sessions
from wss_cases.accounts.sign_in.sso import CLAIM_SECONDS, OWNER, attach
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import apply_refusal
from wss_cases.foundation.i18n import _
from wss_cases.foundation.pages import Page
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import unit_of_work


def claim(
    user_id: int, issuer: str, subject: str, password: str, code: str, address: str, now: datetime
) -> Checked:  # fmt: skip
    """Link an account to a person of the sign-on who also knows its password and code; its sessions end. Raises
    NotFound if the account or that person can no longer be linked."""
    user = db.session.get(UserAccount, user_id)
    matches = password_matches(user.password_hash if user else None, password)
    if user is None:
        raise NotFound
    with unit_of_work(Actor(user.id, user.name), now) as uow:
        owner = uow.session.get_one(UserAccount, user_id, with_for_update=True, populate_existing=True)
        checked = prove(uow, owner, matches, code, address)
        if checked is Checked.RIGHT:
            if not attach(uow, owner, issuer, subject):
                raise NotFound
            end_all_sessions(uow, owner.id)
    return checked


blueprint = Blueprint("own_sign_on", __name__)


@blueprint.route("/sign-on/yours", methods=["GET", "POST"], endpoint="claim")
@gate(Permission.PUBLIC)
def claim_page() -> Page:
    """Ask someone who came through the sign-on for the password of the existing account."""
    now, status = clock.now(), 200
    user_id, issuer, subject, since, target = session.get(OWNER, [0, "", "", 0, ""])
    user = db.session.get(UserAccount, user_id)
    if user is None or now.timestamp() - since > CLAIM_SECONDS:
        session.pop(OWNER, None)
        return redirect(url_for("accounts.sign_in"), 303)
    has_password = user.password_hash is not None and user.state is AccountState.ACTIVE
    form = ConfirmWithCodeForm() if factor_state(user.id) else ConfirmForm()
    if has_password and form.validate_on_submit():
        code = form.code.data if isinstance(form, ConfirmWithCodeForm) else ""
        address = request.remote_addr or ""
        checked = claim(user.id, issuer, subject, form.password.data, code, address, now)
        if checked is Checked.RIGHT:
            session.pop(OWNER)
            return redirect(url_for("sign_on.go", next=target or None), 303)
        wait = checked is Checked.WAIT
        status = 429 if wait else 400
        words = _("Too many attempts. Wait 15 minutes; if you lost your phone, a system administrator can help.")
        apply_refusal(form, Refused("password", words if wait else _("The password or the code is not right.")))
    elif request.method == "POST":
        status = 400
    return render_template("accounts/sign_in/own_sign_on/claim.html", form=form, has_password=has_password), status


ROOM = Room(pages=(blueprint,))
