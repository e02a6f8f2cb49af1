"""The page on which a holder confirms a change from the address that was known before, and a second word to it."""

from collections.abc import Callable
from datetime import datetime

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


def _by_link(subject_id: int | None, act: Callable[[int, datetime], object], template: str) -> Page:
    """The page of a link in a mail: its one act, done by whoever holds the link, once."""
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
    return _by_link(held_id_of(token), actions.confirm_own, "accounts/people/held.html")


@blueprint.route("/account/not-me/<token>", methods=["GET", "POST"])
@gate(Permission.PUBLIC)
def not_me(token: str) -> Page:
    """Say that a change of one's account was not one's own; the link is the proof, and works once."""
    return _by_link(message_id_of(token), actions.say_not_me, "accounts/people/not_me.html")


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
        flash(refusal.message, "warning")
    return redirect(url_for("people.person", user_id=user_id), 303)
