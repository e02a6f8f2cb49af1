"""One's own devices that get push messages: a page, what the script of every page asks, and the offer to turn them on.

Everything a person must do works by forms; that a browser can get messages at all only its script can say.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.sign_in.sessions.pages import safe_next
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.keys.push_keys import PushKey
from wss_cases.foundation.pages import Page
from wss_cases.foundation.settings.reading import setting
from wss_cases.foundation.sign_in.login import current_user
from wss_cases.mail.push import actions, queries
from wss_cases.mail.push.forms import SubscriptionForm
from wss_cases.mail.push.presenters import device_row
from wss_cases.mail.push.rules import LONGEST_ENDPOINT

blueprint = Blueprint("push", __name__, url_prefix="/account/push")
NOT_NOW, NOT_NOW_SECONDS = "no-push", 180 * 24 * 3600
"""That a browser's person does not want to be asked there."""
SEEN = "push-seen"
"""The cookie's place for that this browser has asked whose its messages are; signing in forgets it."""


def panel(actor: Actor) -> tuple[str, dict[str, Any]] | None:
    """What stands on the account's page of somebody who may get messages."""
    if queries.newest_key() is None or not might(actor, Permission.PUSH_USE):
        return None
    return "mail_pages/push/panel.html", {"devices": len(queries.own_devices(actor.user_id, clock.now()))}


def offer(actor: Actor, wanted: bool) -> dict[str, Any] | None:
    """Return the offer of a page to turn messages on in this browser; None where its person may not, or said no.

    `wanted`: whether there is a reason to ask: never before the first report of danger.
    """
    key = queries.newest_key()
    if not wanted or key is None or NOT_NOW in request.cookies or not might(actor, Permission.PUSH_USE):
        return None
    return _form(actor, key) | {"next": request.full_path.rstrip("?")}


def offer_on_my_day(actor: Actor, now: datetime) -> dict[str, Any] | None:
    """Return the offer for somebody who hears of danger, once they have, while none of their devices gets messages."""
    asked = actor.has(*CASE_TEAM) and NOT_NOW not in request.cookies
    return offer(actor, wanted=asked and queries.heard_of_danger_without_push(actor, now))


def _form(actor: Actor, key: PushKey) -> dict[str, Any]:
    return {"form": SubscriptionForm(formdata=None), "key": key.public, "team": actor.has(*CASE_TEAM), "next": ""}


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.PUSH_USE)
def mine() -> Page:
    """The devices that get messages; sending the form adds this browser."""
    if request.method == "POST":
        form = SubscriptionForm()
        if not form.validate():
            raise Refused(
                "", _("This browser’s push service is not one that this site sends to. Nothing was turned on.")
            )
        return _done(lambda: _turn_on(form), _("This device gets messages now. Send a test message to see one."))
    actor, now, key = current_actor(), clock.now(), queries.newest_key()
    devices = queries.own_devices(actor.user_id, now)
    last = queries.last_messages([device.id for device in devices])
    return render_template(
        "mail_pages/push/devices.html",
        rows=[device_row(device, last.get(device.id), current_user.row.session_id) for device in devices],
        offer=_form(actor, key) if key is not None else None,
    )


def key_to_ask_with(actor: Actor) -> str:
    """Return the key for a page whose browser has yet to ask whose its messages are; '' where it need or may not.

    The page of one's devices asks each time: one of them may have been turned off from elsewhere.
    """
    asks = SEEN not in session or request.endpoint == f"{blueprint.name}.mine"
    key = queries.newest_key() if asks and might(actor, Permission.PUSH_USE) else None
    return key.public if key is not None else ""


def _turn_on(form: SubscriptionForm) -> int:
    agent = request.headers.get("User-Agent", "")
    return actions.turn_on(submitted(form), current_user.row.session_id, form.subscription(), agent)


@blueprint.post("/<int:device_id>/test")
@gate(Permission.PUSH_USE)
def test(device_id: int) -> Page:
    """Send a test message to one of one's own devices."""
    words = _("The test message is on its way. It arrives within a minute.")
    return _done(lambda: actions.send_test(submitted(BaseForm()), device_id), words)


@blueprint.post("/<int:device_id>/end")
@gate(Permission.PUSH_USE)
def end(device_id: int) -> Page:
    """End messages to one of one's own devices."""
    words = _("That device gets no more messages.")
    return _done(lambda: actions.turn_off(submitted(BaseForm()), device_id), words)


def _done(act: Callable[[], int], words: str) -> Page:
    try:
        act()
    except Refused as refusal:
        flash(refusal.message, "warning")
    else:
        flash(words)
    return redirect(url_for(".mine"), 303)


@blueprint.post("/seen")
@gate(Permission.PUSH_USE)
def seen() -> Response:
    """Say to a browser with a subscription whether it is this person's: another's ends here."""
    endpoint = request.form.get("endpoint", "")[:LONGEST_ENDPOINT]
    here = actions.seen_here(current_actor(), current_user.row.session_id, endpoint, clock.now())
    session[SEEN] = True
    return jsonify(here=here.value)


@blueprint.post("/not-now")
@gate(Permission.PUSH_USE)
def not_now() -> Page:
    """Ask no more in this browser; the account's page still offers it."""
    answer = redirect(safe_next(request.form.get("next")) or url_for("web.home"), 303)
    secure = setting("SESSION_COOKIE_SECURE")
    answer.set_cookie(NOT_NOW, "1", max_age=NOT_NOW_SECONDS, httponly=True, samesite="Lax", secure=secure)
    return answer
