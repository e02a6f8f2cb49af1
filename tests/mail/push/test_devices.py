"""Messages are off until a person turns them on in a browser; only they see, try and end their devices."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory
from tests.mail.push.scenes import Scene, deliveries, devices, read
from tests.support.servers.push_service import Subscriber
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.keys import load_push_keys
from wss_cases.foundation.settings import WELL_KNOWN, push_settings
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.mail.push.rules import MOST_DEVICES, Subscription, check_subscription, subscription_of
from wss_cases.mail.push.sending import deliver_push

pytestmark = pytest.mark.any_database("the thread is the push service")
PAGE = "/account/push"
At = Callable[..., datetime]
BROWSER = Subscriber("https://fcm.googleapis.com/fcm/send/abc")


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def turned_on(person: Any, browser: Subscriber) -> str:
    """Turn messages on as the page's script does; returns the page that follows."""
    return text(person.submit(PAGE, browser.fields, holding="endpoint", follow=True))


def post(person: Any, address: str, **fields: str) -> Any:
    return person.post(address, data={"csrf_token": person.csrf_token("/account"), **fields})


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
        "https://web.push.apple.com/QGuQyavXutnMH",
        "https://wns2-by3p.notify.windows.com/w/?token=BQYAAAD%2b",
        "https://web.push.apple.com:443/x",
    ],
)
def test_what_browsers_hand_out_is_taken(endpoint: str) -> None:
    check_subscription(Subscription(**{**BROWSER.fields, "endpoint": endpoint}), WELL_KNOWN, ())


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": ""},
        {"endpoint": "http://fcm.googleapis.com/x"},
        {"endpoint": "https://fcm.googleapis.com.evil.example/x"},
        {"endpoint": "https://evil.example/fcm.googleapis.com"},
        {"endpoint": "https://evilpush.apple.com/x"},
        {"endpoint": "https://.push.apple.com/x"},
        {"endpoint": "https://push.apple.com/x"},
        {"endpoint": "https://me:secret@fcm.googleapis.com/x"},
        {"endpoint": "https://fcm.googleapis.com@evil.example/x"},
        {"endpoint": "https://evil.example\\@fcm.googleapis.com/x"},
        {"endpoint": "https://fcm.googleapis.com:8443/x"},
        {"endpoint": "https://fcm.googleapis.com:port/x"},
        {"endpoint": "https://fcm.googleapis.com/a b"},
        {"endpoint": "https://fcm.googleapis.com/a\r\nHost: evil.example"},
        {"endpoint": "https://fcm.googleapis.com/" + "x" * 1000},
        {"endpoint": "https://127.0.0.1/x"},
        {"endpoint": "https://[::1]/x"},
        {"endpoint": "https://fcm.googleapis.com/é"},
        {"endpoint": "file:///etc/passwd"},
        {"p256dh": ""},
        {"p256dh": "BBBB"},
        {"p256dh": "B" + "A" * 86},
        {"p256dh": "not base64!"},
        {"auth": ""},
        {"auth": "c2hvcnQ"},
        {"auth": "ä"},
    ],
)
def test_nobody_makes_the_server_post_elsewhere(wrong: dict[str, str]) -> None:
    with pytest.raises(Refused):
        check_subscription(Subscription(**{**BROWSER.fields, **wrong}), WELL_KNOWN, ())


def test_it_is_off_until_its_person_turns_it_on_and_its_address_is_sealed(here: Scene, client_as: Any, at: At) -> None:
    person = client_as(here.dean)
    assert "Off." in text(person.get("/account"))
    assert "No device gets messages" in text(person.get(PAGE))
    browser = here.service.subscriber("secret-address")
    shown = turned_on(person, browser)
    assert "This device gets messages now." in shown and "No message yet" in shown
    [device] = devices()
    assert (device.user_id, subscription_of(device)) == (here.dean.id, Subscription(**browser.fields))
    stored = str({name: getattr(device, name) for name in ("endpoint_digest", "sealed_text", "agent")})
    audit = json.dumps([[row.action, row.changes] for row in db.session.scalars(select(AuditEntry))])
    for secret in ("secret-address", browser.fields["p256dh"], browser.fields["auth"]):
        assert secret not in stored and secret not in audit
    assert "push.turned_on" in audit
    assert person.submit(PAGE, {}, action="test").status_code == 303
    assert "A test was sent less than a minute ago." in text(person.submit(PAGE, {}, action="test", follow=True))
    assert deliver_push(at("2026-11-24 12:00"))["sent"] == 1
    said = read(browser, here.service.got[0])
    assert (said["title"], said["body"], said["link"]) == ("Test message", "Messages reach this device.", PAGE)
    assert "Last message" in text(person.get(PAGE))
    assert "gets no more messages" in text(person.submit(PAGE, {}, action="end", follow=True))
    assert devices() == [] and deliveries() == []


def test_a_browser_is_somebodys_alone_and_a_person_has_so_many(here: Scene, client_as: Any) -> None:
    for number in range(MOST_DEVICES):
        here.device(here.dean, f"phone{number}")
    one = here.service.subscriber("one-more")
    assert "You get messages on 10 devices already." in turned_on(client_as(here.dean), one)
    head = make_user(Role.ADMINISTRATOR, here.school)
    shared = here.service.subscriber(f"{here.dean.id}-phone0")
    assert "This device gets messages now." in turned_on(client_as(head), shared)
    owners = [device.user_id for device in devices()]
    assert owners.count(here.dean.id) == MOST_DEVICES - 1 and owners.count(head.id) == 1


def test_what_is_no_push_service_turns_nothing_on(here: Scene, client_as: Any) -> None:
    person = client_as(here.dean)
    for wrong in ("https://evil.example/x", "https://fcm.googleapis.com/" + "x" * 2000):
        assert "not one that this site sends to" in turned_on(person, Subscriber(wrong))
    assert devices() == []


@pytest.mark.parametrize("role", [Role.PARTNER, Role.SYSADMIN, Role.AUDITOR])
def test_who_gets_no_messages_is_offered_none(here: Scene, client_as: Any, role: Role) -> None:
    shown = text(client_as(make_user(role)).get("/account"))
    assert "data-push" not in shown and "Messages on your devices" not in shown


def test_another_persons_device_is_neither_seen_nor_tested_nor_ended(here: Scene, client_as: Any) -> None:
    here.device(here.dean)
    [device] = devices()
    other = client_as(make_user(Role.DEAN, here.school))
    assert "No device gets messages" in text(other.get(PAGE))
    for act in ("test", "end"):
        assert post(other, f"{PAGE}/{device.id}/{act}").status_code == 404
        assert post(other, f"{PAGE}/{device.id + 1}/{act}").status_code == 404
    assert devices() == [device] and deliveries() == []


def test_a_browser_asks_at_sign_in_whose_its_messages_are(
    here: Scene, client_as: Any, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = here.device(here.dean)
    person, other = client_as(here.dean), client_as(make_user(Role.DEAN, here.school))
    first = devices()[0].session_id

    def seen(who: Any) -> str:
        return str(post(who, f"{PAGE}/seen", endpoint=browser.endpoint).get_json()["here"])

    assert "data-push-url" in text(person.get("/account"))
    assert seen(person) == "on"
    assert "data-push-url" not in text(person.get("/account")), "it has asked"
    assert "data-push-url" in text(person.get(PAGE)), "it may have been turned off from elsewhere"
    assert devices()[0].session_id != first, "it hangs on the newest session"
    monkeypatch.setitem(app.config, "PUSH_KEYS", load_push_keys("A" * 43, tmp_path, production=True))
    assert seen(person) == "renew"
    assert seen(other) == "off"
    assert devices() == [] and seen(person) == "off"


def test_nobody_is_asked_before_the_first_report_of_danger(here: Scene, client_as: Any) -> None:
    person, asks = client_as(here.dean), "Get messages on this device"
    assert asks not in text(person.get("/my-day"))
    calm = make_incident(here.school, [], reporter_id=here.dean.id)
    assert asks not in text(person.get(f"/incidents/{calm.id}/saved"))
    danger = here.danger(here.dean)
    assert db.session.scalar(select(OutboxMessage.id).where(OutboxMessage.recipient_id == here.dean.id))
    assert asks in text(person.get(f"/incidents/{danger.id}/saved"))
    assert asks in text(person.get("/my-day"))
    bystander = client_as(make_user(Role.DEAN, SchoolFactory()))
    assert asks not in text(bystander.get("/my-day"))
    assert person.submit("/my-day", {}, action="not-now").headers["Location"] == "/my-day"
    assert asks not in text(person.get("/my-day")) and asks in text(person.get(PAGE))
    assert asks in text(client_as(here.dean).get("/my-day")), "it was this browser that said no"
    here.device(here.dean)
    assert asks not in text(client_as(here.dean).get("/my-day"))


def test_the_keys_are_made_once_or_given(tmp_path: Path) -> None:
    [made] = load_push_keys("", tmp_path, production=False)
    assert (tmp_path / "push-key").stat().st_mode & 0o777 == 0o600
    assert load_push_keys("", tmp_path, production=False) == (made,)
    assert load_push_keys("", tmp_path, production=True) == (), "two machines would make two"
    held = (tmp_path / "push-key").read_text()
    newer, older = load_push_keys(f"{'A' * 43}, {held}", tmp_path, production=True)
    assert older == made and newer.name != made.name and held not in repr(made)
    for wrong in ("short", "A" * 44, "ä" * 43):
        with pytest.raises(RuntimeError, match="WSS_PUSH_KEY"):
            load_push_keys(wrong, tmp_path, production=True)


def test_the_machines_settings_name_the_services() -> None:
    assert push_settings({})["PUSH_HOSTS"] == WELL_KNOWN and push_settings({})["PUSH_NEAR"] == frozenset()
    own = push_settings({"WSS_PUSH_HOSTS": "*.push.apple.com Push.Inside fcm.googleapis.com"})
    assert own["PUSH_HOSTS"] == ("*.push.apple.com", "push.inside", "fcm.googleapis.com")
    assert own["PUSH_NEAR"] == {"push.inside"}
