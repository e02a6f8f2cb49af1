"""The page on which a holder confirms a change from the address that was known before, and a second word to it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.credentials.links import held_id_of, message_id_of
from wss_cases.accounts.credentials.rules import FRESH_MINUTES
from wss_cases.accounts.managed_accounts.queries import get_person
from wss_cases.accounts.people.held import actions
from wss_cases.accounts.sign_in.sessions.signed_in import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.pages import Page

blueprint = Blueprint("held", __name__)


@blueprint.route("/account/held/<token>", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def own(token: str) -> Page:
    """Confirm a change of one's own account; the link is the proof."""
    held_id = existing(held_id_of(token))
    is_over = done = False
    if request.method == "POST":
        try:
            actions.confirm_own(held_id, clock.now())
        except NotFound:
            is_over = True
        done = not is_over
    status = 410 if is_over else 200
    return render_template("accounts/people/held.html", done=done, is_over=is_over), status


@blueprint.route("/account/not-me/<token>", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def not_me(token: str) -> Page:
    """Say that a change of one's account was not one's own; the link is the proof, and works once."""
    message_id = existing(message_id_of(token))
    is_over = done = False
    if request.method == "POST":
        try:
            actions.say_not_me(message_id, clock.now())
        except NotFound:
            is_over = True
        done = not is_over
    status = 410 if is_over else 200
    return render_template("accounts/people/not_me.html", done=done, is_over=is_over), status


@blueprint.post("/people/<int:user_id>/held/<int:held_id>")
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_ADDRESS)
def agree(user_id: int, held_id: int) -> Page:
    """Agree to what another administrator changed."""
    actor, now = current_actor(), clock.now()
    get_person(actor, user_id, now)
    try:
        actions.agree(actor, user_id, held_id, now)
    except Refused as refusal:
        flash(refusal.message)
    return redirect(url_for("people.person", user_id=user_id), 303)
