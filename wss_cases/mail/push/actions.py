"""A person turns push messages on in a browser, tries them, and ends them, there or from elsewhere."""

import json
import secrets
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.keys.envelope import seal
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.models import OutboxState
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.mail.push.models import PushDelivery, PushDevice
from wss_cases.mail.push.queries import device_at, is_live, newest_key
from wss_cases.mail.push.rules import MOST_DEVICES, PURPOSE, Subscription, check_subscription
from wss_cases.mail.push.states import TEST

TURNED_ON, ENDED = "push.turned_on", "push.ended"


class Here(StrEnum):
    """What a browser with a subscription is told when its person signs in: leave it, give it up, or bind it anew."""

    ON = "on"
    OFF = "off"
    RENEW = "renew"


@use_case
def turn_on(uow: UnitOfWork, session_id: int, given: Subscription, agent: str) -> int:
    """Send messages to a browser from now on; whoever got them there before gets none anymore.

    Raises Refused for an address that is not of a push service, for too many devices, and where push is not set up.
    """
    require(uow.actor, Permission.PUSH_USE, uow.actor)
    key = newest_key()
    if key is None:
        raise Refused("", _("Push messages are not set up here. Ask the people who run the system."))
    check_subscription(given, setting("PUSH_HOSTS"), setting("PUSH_NEAR"))
    before = device_at(given.endpoint)
    if before is not None:
        end_device(uow, before)
    mine = select(func.count()).select_from(PushDevice).where(PushDevice.user_id == uow.actor.user_id)
    if (uow.session.scalar(mine.where(is_live(uow.now))) or 0) >= MOST_DEVICES:
        raise Refused("", _("You get messages on %(num)d devices already. End one first.", num=MOST_DEVICES))
    sealed = seal(setting("WSS_KEYS"), PURPOSE, json.dumps(asdict(given)))
    assert uow.actor.user_id is not None
    device = PushDevice(
        user_id=uow.actor.user_id, session_id=session_id, endpoint_digest=token_digest(given.endpoint),
        sealed_text=sealed.text, sealed_key=sealed.key, key_name=sealed.key_name, server_key=key.name,
        agent=agent[:200], made_at=uow.now, seen_at=uow.now,
    )  # fmt: skip
    return uow.add_audited(device, TURNED_ON)


@use_case
def turn_off(uow: UnitOfWork, device_id: int) -> int:
    """End messages to one of one's own devices at once. Raises NotFound."""
    end_device(uow, uow.load(PushDevice, device_id, Permission.PUSH_USE))
    return device_id


@use_case
def send_test(uow: UnitOfWork, device_id: int) -> int:
    """Queue a test for one of one's own devices. Raises NotFound; Refused for a second one within a minute."""
    device = uow.load(PushDevice, device_id, Permission.PUSH_USE)
    uow.no_audit()
    if not queue_push(uow, device.id, None, f"test:{device.id}:{uow.now:%Y%m%d%H%M}", uow.now + TEST.use):
        raise Refused("", _("A test was sent less than a minute ago. Wait for it, then send another."))
    return device.id


def seen_here(actor: Actor, session_id: int, endpoint: str, now: datetime) -> Here:
    """Look at a browser's subscription when its person has signed in there: another person's ends, their own lives on.

    Returns what the browser does with it.
    """
    with unit_of_work(actor, now) as uow:
        uow.no_audit()
        device = device_at(endpoint)
        if device is None:
            return Here.OFF
        lives = uow.session.scalar(select(PushDevice.id).where(PushDevice.id == device.id, is_live(now)))
        key = newest_key()
        if device.user_id != actor.user_id or lives is None or key is None:
            end_device(uow, device)
            return Here.OFF
        device.session_id, device.seen_at = session_id, now
        return Here.ON if device.server_key == key.name else Here.RENEW


def end_device(uow: UnitOfWork, device: PushDevice) -> None:
    """Step: forget a device and what is on its way to it."""
    uow.audit(ENDED, "push_device", device.id)
    uow.session.delete(device)
    uow.session.flush()


def queue_push(uow: UnitOfWork, device_id: int, outbox_id: int | None, key: str, ends_at: datetime) -> bool:
    """Step: queue one message for one device; False when it is queued already."""
    values = {
        "device_id": device_id, "outbox_id": outbox_id, "dedupe_key": key, "ends_at": ends_at,
        "message_id": secrets.token_hex(16), "created_at": uow.now, "next_attempt_at": uow.now,
        "state": OutboxState.WAITING, "attempts": 0, "last_error": "",
    }  # fmt: skip
    return insert_once(uow.session, PushDelivery, values, ["dedupe_key"])
