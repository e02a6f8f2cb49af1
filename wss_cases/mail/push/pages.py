"""One's own devices with push messages: the page, the requests of every page's script, and the offer to turn them on.

Every action works by forms; only the script can tell whether a browser can receive messages at all.
"""

import json
import secrets
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, session, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response
from wtforms import HiddenField
from wtforms.validators import Length

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might, require
from wss_cases.accounts.sign_in.saved_forms import device_words
from wss_cases.accounts.sign_in.sessions.pages import safe_next
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import _, _l, dotted, ngettext
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.keys import PushKey, seal
from wss_cases.foundation.pages import Page, panel_card
from wss_cases.foundation.school_time import district_zone, moment_words
from wss_cases.foundation.settings import setting
from wss_cases.foundation.sign_in import current_user
from wss_cases.journal.acts import Pages
from wss_cases.journal.models import OutboxState
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work, use_case
from wss_cases.mail.push import rules


class SubscriptionForm(BaseForm):
    """Filled by the page's script."""

    endpoint = HiddenField(default="", validators=[Length(max=rules.LONGEST_ENDPOINT)])
    p256dh = HiddenField(default="", validators=[Length(max=200)])
    auth = HiddenField(default="", validators=[Length(max=100)])

    def subscription(self) -> rules.Subscription:
        return rules.Subscription(self.endpoint.data or "", self.p256dh.data or "", self.auth.data or "")


TURNED_ON, ENDED = "push.turned_on", "push.ended"


class Here(StrEnum):
    """The answer to a browser with a subscription when its person signs in: keep it, end it, or renew it."""

    ON = "on"
    OFF = "off"
    RENEW = "renew"


@use_case
def turn_on(uow: UnitOfWork, session_id: int, given: rules.Subscription, agent: str) -> int:
    """Send messages to this browser; whoever got them there before no longer does. Raises Refused for an address
    outside the known push services, too many devices, or if push is not set up."""
    require(uow.actor, Permission.PUSH_USE, uow.actor)
    key = rules.newest_key()
    if key is None:
        raise Refused("", _("Push messages are not set up here. Ask the people who run the system."))
    rules.check_subscription(given, setting("PUSH_HOSTS"), setting("PUSH_NEAR"))
    before = rules.device_at(given.endpoint)
    if before is not None:
        end_device(uow, before)
    mine = select(func.count()).select_from(rules.PushDevice).where(rules.PushDevice.user_id == uow.actor.user_id)
    if (uow.session.scalar(mine.where(rules.is_live(uow.now))) or 0) >= rules.MOST_DEVICES:
        raise Refused("", _("You get messages on %(num)d devices already. End one first.", num=rules.MOST_DEVICES))
    sealed = seal(setting("WSS_KEYS"), rules.PURPOSE, json.dumps(asdict(given)))
    assert uow.actor.user_id is not None
    device = rules.PushDevice(
        user_id=uow.actor.user_id, session_id=session_id, endpoint_digest=token_digest(given.endpoint),
        sealed_text=sealed.text, sealed_key=sealed.key, key_name=sealed.key_name, server_key=key.name,
        agent=agent[:200], made_at=uow.now, seen_at=uow.now,
    )  # fmt: skip
    return uow.add_audited(device, TURNED_ON)


def seen_here(actor: Actor, session_id: int, endpoint: str, now: datetime) -> Here:
    """Check a browser's subscription after its person signed in: another person's is ended, their own is extended."""
    with unit_of_work(actor, now) as uow:
        uow.no_audit()
        device = rules.device_at(endpoint)
        if device is None:
            return Here.OFF
        lives = uow.session.scalar(
            select(rules.PushDevice.id).where(rules.PushDevice.id == device.id, rules.is_live(now))
        )
        key = rules.newest_key()
        if device.user_id != actor.user_id or lives is None or key is None:
            end_device(uow, device)
            return Here.OFF
        device.session_id, device.seen_at = session_id, now
        return Here.ON if device.server_key == key.name else Here.RENEW


def end_device(uow: UnitOfWork, device: rules.PushDevice) -> None:
    """Step: delete a device and its waiting messages."""
    uow.audit(ENDED, "push_device", device.id)
    uow.session.delete(device)
    uow.session.flush()


def queue_push(uow: UnitOfWork, device_id: int, outbox_id: int | None, key: str, ends_at: datetime) -> bool:
    """Step: queue one message for one device; False if it is queued already."""
    values = {
        "device_id": device_id, "outbox_id": outbox_id, "dedupe_key": key, "ends_at": ends_at,
        "message_id": secrets.token_hex(16), "created_at": uow.now, "next_attempt_at": uow.now,
        "state": OutboxState.WAITING, "attempts": 0, "last_error": "",
    }  # fmt: skip
    return insert_once(uow.session, rules.PushDelivery, values, ["dedupe_key"])


def device_row(device: rules.PushDevice, last: rules.PushDelivery | None, session_id: int) -> dict[str, Any]:
    words, tone = _last_words(last)
    zone = district_zone()
    return {
        "id": device.id,
        "title": name_of(device.agent),
        "meta": dotted(
            _("turned on from the session you are in now") if device.session_id == session_id else "",
            _("on since %(moment)s", moment=moment_words(device.made_at, zone)),
            reason_words(last.last_error, last.status) if last is not None else "",
        ),
        "tag": words,
        "tone": tone,
    }


def name_of(agent: str) -> str:
    browser, machine = device_words(agent)
    both = _("%(browser)s on %(machine)s", browser=browser, machine=machine) if browser and machine else ""
    return both or browser or machine or _("A browser that does not say which")


def reason_words(code: str, status: int | None) -> str:
    return str(rules.REASONS[code]) % {"status": status} if code in rules.REASONS else ""


def failure_words(code: str, status: int | None, at: datetime) -> str:
    when = moment_words(at, district_zone())
    return _("Last failure on %(when)s: %(why)s", when=when, why=reason_words(code, status))


def _last_words(last: rules.PushDelivery | None) -> tuple[str, str]:
    if last is None:
        return _("No message yet"), "slate"
    when = moment_words(last.sent_at or last.created_at, district_zone())
    if last.state is OutboxState.SENT:
        return _("Last message %(when)s", when=when), "moss"
    if last.state is OutboxState.FAILED:
        return _("The last message did not arrive"), "brick"
    return (_("A message is on its way"), "sun") if last.state is not OutboxState.DROPPED else (_("In use"), "moss")


pages = Pages("push", __name__, url_prefix="/account/push")
NOT_NOW, NOT_NOW_SECONDS = "no-push", 180 * 24 * 3600
"""Cookie of a browser whose person does not want to be asked there."""
SEEN = "push-seen"
"""Session key: this browser has asked whose its messages are. Signing in clears it."""


def panel(actor: Actor) -> tuple[str, dict[str, Any]] | None:
    if rules.newest_key() is None or not might(actor, Permission.PUSH_USE):
        return None
    devices = len(rules.own_devices(actor.user_id, clock.now()))
    words = _("Off. A phone or computer can show a message when danger is reported or a legal deadline is close.")
    if devices:
        words = ngettext(
            "%(num)d device gets a message when something cannot wait.",
            "%(num)d devices get a message when something cannot wait.",
            devices,
        )
    go = (_("Set up messages"), url_for("push.mine"))
    return panel_card(_("Messages on your devices"), words, id="push", go=go)


def offer(actor: Actor, wanted: bool) -> dict[str, Any] | None:
    """The offer to turn on messages in this browser; None if its person may not, or declined. `wanted`: whether
    there is a reason to ask, never before the first report of danger."""
    key = rules.newest_key()
    if not wanted or key is None or NOT_NOW in request.cookies or not might(actor, Permission.PUSH_USE):
        return None
    return _form(actor, key) | {"next": request.full_path.rstrip("?")}


def offer_on_my_day(actor: Actor, now: datetime) -> dict[str, Any] | None:
    """The offer for someone who was told of danger while none of their devices gets messages."""
    may_ask = actor.has(*CASE_TEAM) and NOT_NOW not in request.cookies
    return offer(actor, wanted=may_ask and rules.heard_of_danger_without_push(actor, now))


def _form(actor: Actor, key: PushKey) -> dict[str, Any]:
    return {"form": SubscriptionForm(formdata=None), "key": key.public, "team": actor.has(*CASE_TEAM), "next": ""}


@pages.route("", methods=["GET", "POST"])
@gate(Permission.PUSH_USE)
def mine() -> Page:
    """The devices that get messages; submitting adds this browser."""
    if request.method == "POST":
        form = SubscriptionForm()
        if not form.validate():
            raise Refused(
                "", _("This browser’s push service is not one that this site sends to. Nothing was turned on.")
            )
        agent = request.headers.get("User-Agent", "")
        try:
            turn_on(submitted(form), current_user.row.session_id, form.subscription(), agent)
        except Refused as refusal:
            flash(refusal.message, "warning")
        else:
            flash(_("This device gets messages now. Send a test message to see one."))
        return redirect(url_for(".mine"), 303)
    actor, now, key = current_actor(), clock.now(), rules.newest_key()
    devices = rules.own_devices(actor.user_id, now)
    last = rules.last_messages([device.id for device in devices])
    return render_template(
        "mail_pages/push/devices.html",
        rows=[device_row(device, last.get(device.id), current_user.row.session_id) for device in devices],
        offer=_form(actor, key) if key is not None else None,
    )


def key_to_ask_with(actor: Actor) -> str:
    """The key for a page whose browser must ask whose its messages are; '' if not needed or not allowed. The page of
    devices asks each time, because one may have been turned off elsewhere."""
    asks = SEEN not in session or request.endpoint == f"{pages.name}.mine"
    key = rules.newest_key() if asks and might(actor, Permission.PUSH_USE) else None
    return key.public if key is not None else ""


@pages.button(
    "/<int:device_id>/test", rules.PushDevice, Permission.PUSH_USE, then=".mine", endpoint="test", tells_refusals=True,
    done=_l("The test message is on its way. It arrives within a minute."),
)  # fmt: skip
def send_test(uow: UnitOfWork, device: rules.PushDevice) -> None:
    """Queue a test for one of the actor's devices. Raises Refused for a second one within a minute."""
    uow.no_audit()
    if not queue_push(uow, device.id, None, f"test:{device.id}:{uow.now:%Y%m%d%H%M}", uow.now + rules.TEST.use):
        raise Refused("", _("A test was sent less than a minute ago. Wait for it, then send another."))


@pages.button(
    "/<int:device_id>/end", rules.PushDevice, Permission.PUSH_USE, then=".mine", endpoint="end",
    done=_l("That device gets no more messages."),
)  # fmt: skip
def turn_off(uow: UnitOfWork, device: rules.PushDevice) -> int:
    """End messages to one of the actor's devices at once."""
    device_id = device.id
    end_device(uow, device)
    return device_id


@pages.post("/seen")
@gate(Permission.PUSH_USE)
def seen() -> Response:
    """Tell a browser with a subscription whether it is this person's; another person's is ended."""
    endpoint = request.form.get("endpoint", "")[: rules.LONGEST_ENDPOINT]
    here = seen_here(current_actor(), current_user.row.session_id, endpoint, clock.now())
    session[SEEN] = True
    return jsonify(here=here.value)


@pages.post("/not-now")
@gate(Permission.PUSH_USE)
def not_now() -> Page:
    """Stop asking in this browser; the account page still offers it."""
    answer = redirect(safe_next(request.form.get("next")) or url_for("web.home"), 303)
    secure = setting("SESSION_COOKIE_SECURE")
    answer.set_cookie(NOT_NOW, "1", max_age=NOT_NOW_SECONDS, httponly=True, samesite="Lax", secure=secure)
    return answer


ROOM = Room(pages=(pages,), panels=(Panel(Place.OWN_ACCOUNT, 30, panel),), loaders={"push_device": rules.load_device})
