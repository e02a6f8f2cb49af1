"""Each event reaches each webhook once by its id, signed, without a name; what fails is tried again, and shown."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from tests.mail.webhooks.scenes import CANARY, deliveries, scene
from tests.support.servers.receiver import Got, Receiver
from wss_cases.access.actor import SYSTEM, Role
from wss_cases.cli.doctor import examine
from wss_cases.foundation import operations
from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.mail.common import pages
from wss_cases.mail.monitoring import pause
from wss_cases.mail.webhooks.messages import CHOSEN, OFF, WebhookDelivery, deliver_webhooks, new_secret, signature
from wss_cases.mail.webhooks.pages import change_webhook, renew_secret, send_again, send_test, turn_webhook

pytestmark = pytest.mark.any_database("the thread is the other system's server; leases are proven with mail")
At = Callable[..., datetime]
NOTHING = {"sent": 0, "retry": 0, "failed": 0}
ZONE_NOON = "2026-11-24 12:00"


@pytest.fixture
def receiver(app: Flask, session: Any, at: At, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    at(ZONE_NOON)
    monkeypatch.setitem(app.config, "WEBHOOK_HOSTS", frozenset({"127.0.0.1"}))
    monkeypatch.setitem(app.config, "WEBHOOK_SECONDS", 2.0)
    one = Receiver()
    one.start()
    yield one
    one.stop()


def is_signed(got: Got, secret: str) -> bool:
    """Check one of its signatures as a receiver does, by the text of Standard Webhooks."""
    key = base64.b64decode(secret.split("_")[1])
    content = f"{got.id}.{got.headers['webhook-timestamp']}.{got.body}".encode()
    good = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return f"v1,{good}" in got.headers["webhook-signature"].split(" ")


def test_the_signature_is_that_of_the_convention() -> None:
    """The example that its libraries test themselves with."""
    signed = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}'
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_happens_is_told_once_signed_and_without_a_word_of_it(receiver: Receiver, at: At) -> None:
    here = scene(receiver.url)
    incident = here.report(danger=True)
    duty_id = here.duty(incident)
    assert deliver_webhooks(at(ZONE_NOON)) == NOTHING | {"sent": 3}
    assert deliver_webhooks(at("2026-11-24 12:05")) == NOTHING
    told = [(got.said["type"], got.said["data"]["reference"], got.said["data"]["link"]) for got in receiver.got]
    assert [(kind, name, link.removeprefix("http://localhost:8000")) for kind, name, link in told] == [
        ("report.waiting", incident.reference, f"/incidents/{incident.id}"),
        ("danger.reported", incident.reference, f"/incidents/{incident.id}"),
        ("duty.running", f"duty-{duty_id}", f"/duties/{duty_id}"),
    ]
    for got in receiver.got:
        assert is_signed(got, here.secret) and not is_signed(got, new_secret())
        assert set(got.said) == {"type", "timestamp", "data"} and got.said["timestamp"] == "2026-11-24T18:00:00Z"
        assert set(got.said["data"]) == {"school_id", "reference", "link"}
        assert not any(word in got.body for word in (CANARY, "fight", "clear", here.school.name))
    assert len({got.id for got in receiver.got}) == 3
    assert {(row.state, row.status, row.last_error) for row in deliveries()} == {(OutboxState.SENT, 200, "")}


def test_only_what_was_asked_for_at_the_schools_that_were_asked_for(receiver: Receiver, at: At) -> None:
    here, elsewhere = scene(receiver.url, events=["danger.reported"]), SchoolFactory()
    there = replace(here, school=elsewhere, dean=make_user(Role.DEAN, elsewhere))
    here.report()
    there.report(danger=True)
    assert [(row.event.value, row.school_id) for row in deliveries()] == [("danger.reported", elsewhere.id)]
    answers = {"name": "Pager", "url": receiver.url, "events": ["danger.reported"], "schools": here.school.code}
    change_webhook(here.by(here.district), here.hook_id, **answers)
    there.report(danger=True)
    here.report(danger=True)
    assert [row.school_id for row in deliveries()] == [elsewhere.id, here.school.id]
    assert deliver_webhooks(at(ZONE_NOON)) == NOTHING | {"sent": 1}, "what waits is looked at again"


def test_five_hundred_then_two_hundred_is_one_event_by_its_id(receiver: Receiver, at: At) -> None:
    here = scene(receiver.url, events=["report.waiting"])
    here.report()
    receiver.answers = [500]
    assert deliver_webhooks(at(ZONE_NOON)) == NOTHING | {"retry": 1}
    [row] = deliveries()
    assert (row.state, row.status, row.last_error) == (OutboxState.WAITING, 500, "status")
    assert deliver_webhooks(at("2026-11-24 12:04")) == NOTHING
    assert deliver_webhooks(at("2026-11-24 12:05")) == NOTHING | {"sent": 1}
    first, second = receiver.got
    assert (first.id, first.body) == (second.id, second.body)
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 300
    assert is_signed(second, here.secret)


def test_of_a_receiver_that_fails_no_other_event_is_tried_in_the_same_run(receiver: Receiver, at: At) -> None:
    here = scene(receiver.url, events=["report.waiting"])
    for _number in range(7):
        here.report()
    receiver.answers = [503]
    assert deliver_webhooks(at(ZONE_NOON)) == NOTHING | {"retry": 1}
    assert len(receiver.got) == 1
    assert deliver_webhooks(at("2026-11-24 12:01")) == NOTHING | {"sent": 6}


@pytest.mark.parametrize(
    ("wrong", "why", "words"),
    [
        ("dead", "refused", "It cannot be reached."),
        ("slow", "timeout", "It did not answer in time."),
        ("redirect", "redirect", "It redirects elsewhere (status 302); redirects are not followed."),
        ("inside", "private", "The address is inside a network"),
        ("plain", "plain", "The address does not begin with https://."),
        ("nowhere", "name", "There is no machine of this name."),
    ],
)
def test_a_receiver_that_goes_wrong_is_survived_and_shown(
    receiver: Receiver, at: At, app: Flask, client_as: Any, monkeypatch: pytest.MonkeyPatch, wrong: str, why: str,
    words: str,
) -> None:  # fmt: skip
    here = scene(receiver.url, events=["report.waiting"])
    hook = here.hook
    if wrong == "dead":
        receiver.stop()
        monkeypatch.setattr(receiver, "stop", lambda: None)
    elif wrong == "slow":
        receiver.seconds = 0.3
        monkeypatch.setitem(app.config, "WEBHOOK_SECONDS", 0.1)
    elif wrong == "redirect":
        receiver.answers = [302]
    elif wrong == "nowhere":
        hook.url = "https://no-such-machine.invalid/"
    else:
        hook.url = hook.url.replace("http:", "https:") if wrong == "inside" else hook.url
        monkeypatch.setitem(app.config, "WEBHOOK_HOSTS", frozenset())
    db.session.commit()
    here.report()
    assert deliver_webhooks(at(ZONE_NOON)) == NOTHING | {"retry": 1}
    [row] = deliveries()
    assert (row.state, row.last_error, row.attempts) == (OutboxState.WAITING, why, 1)
    assert [got.path for got in receiver.got if "elsewhere" in got.path] == []
    shown = client_as(here.district).page(f"/settings/webhooks/{here.hook_id}").text
    assert words in shown and "Tried again" in shown and "Failing" in shown
    found = {one.what: (one.level, one.words) for one in examine(at(ZONE_NOON))}
    assert found["webhooks"] == ("warning", "Events do not arrive at: Pager. See Setup, Settings, Webhooks.")


def test_what_was_turned_off_or_is_sensitive_meanwhile_is_told_nothing_of(receiver: Receiver, at: At) -> None:
    here = scene(receiver.url)
    late = here.report(danger=True)
    late.facts = {**late.facts, "sexual": "contact"}
    db.session.commit()
    assert deliver_webhooks(at(ZONE_NOON)) == NOTHING | {"sent": 1}
    assert [got.said["type"] for got in receiver.got] == ["report.waiting"]
    assert [row.state for row in deliveries()] == [OutboxState.SENT, OutboxState.DROPPED]
    here.report()
    turn_webhook(here.by(here.district), here.hook_id, False)
    here.report()
    assert deliver_webhooks(at(ZONE_NOON)) == NOTHING
    assert [(row.state, row.last_error) for row in deliveries()[2:]] == [(OutboxState.FAILED, "off")]
    assert len(receiver.got) == 1


@pytest.mark.parametrize("fact", ["sexual", "intimate_partner", "self_harm", "abuse_suspected"])
def test_of_a_sensitive_report_nobody_outside_hears_more_than_that_it_waits(
    receiver: Receiver, at: At, fact: str
) -> None:
    here = scene(receiver.url)
    incident = here.report(**{fact: "image" if fact == "sexual" else True})
    here.duty(incident)
    assert [row.event.value for row in deliveries()] == ["report.waiting"]


@pytest.mark.parametrize("code", ["title_ix_contact", "child_abuse_or_neglect", "adult_conduct"])
def test_of_a_confidential_duty_nobody_outside_hears(receiver: Receiver, at: At, code: str) -> None:
    here = scene(receiver.url)
    here.duty(here.report(), code)
    assert [row.event.value for row in deliveries()] == ["report.waiting"]


def test_a_sender_that_dies_between_sending_and_marking_loses_nothing(
    receiver: Receiver, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = scene(receiver.url, events=["report.waiting"])
    here.report()
    with monkeypatch.context() as dying:
        dying.setattr(pages, "give_back", lambda *_what: None)  # a process that is killed gives nothing back
        operations.configure("deliver.after_send:raise")
        with pytest.raises(operations.FailpointReached):
            deliver_webhooks(at(ZONE_NOON))
        operations.configure("")
    db.session.rollback()
    assert deliver_webhooks(at(ZONE_NOON)) == NOTHING, "its lease still runs"
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    db.session.execute(update(WebhookDelivery).values(lease_until=long_ago))
    db.session.commit()
    assert deliver_webhooks(at(ZONE_NOON)) == NOTHING | {"sent": 1}
    first, second = receiver.got
    assert first.id == second.id
    assert [row.state for row in deliveries()] == [OutboxState.SENT]


def test_a_renewed_secret_signs_beside_the_one_before_for_a_day(receiver: Receiver, at: At) -> None:
    here = scene(receiver.url, events=["report.waiting"])
    newer = new_secret()
    renew_secret(here.by(here.district), here.hook_id, newer)
    here.report()
    deliver_webhooks(at(ZONE_NOON))
    at("2026-11-25 12:01")
    here.report()
    deliver_webhooks(at("2026-11-25 12:01"))
    signed = [(is_signed(got, newer), is_signed(got, here.secret)) for got in receiver.got]
    assert signed == [(True, True), (True, False)]


def test_what_fails_for_two_days_turns_the_webhook_off_and_administrators_hear_of_it(
    receiver: Receiver, at: At, client_as: Any
) -> None:
    here = scene(receiver.url, events=["report.waiting"])
    here.report()
    now, began = at(ZONE_NOON), at(ZONE_NOON)
    receiver.answers = [500] * 99
    while deliveries()[0].state is OutboxState.WAITING:
        deliver_webhooks(now)
        now = deliveries()[0].next_attempt_at
    assert timedelta(hours=40) <= now - began <= timedelta(hours=52)
    assert (deliveries()[0].state, here.hook.is_on, here.hook.why_off) == (OutboxState.FAILED, False, "failed")
    [mail] = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == OFF))
    assert mail.recipient_id == here.district.id
    person, page = client_as(here.district), f"/settings/webhooks/{here.hook_id}"
    shown = person.page(page).text
    assert "nothing was delivered for two days" in shown and "Resend what failed" not in shown
    turn_webhook(here.by(here.district), here.hook_id, True)
    receiver.answers = []
    assert person.submit(page, {}, action="again").status_code == 303
    assert deliver_webhooks(at("2026-11-27 12:00")) == NOTHING | {"sent": 1}
    assert len({got.id for got in receiver.got}) == 1
    assert here.hook.why_off == ""


def test_one_failure_among_what_arrives_turns_nothing_off(receiver: Receiver, at: At) -> None:
    here = scene(receiver.url, events=["report.waiting"])
    here.report()
    [row] = deliveries()
    row.attempts = 40
    db.session.commit()
    at("2026-11-24 12:01")
    here.report()
    newer = deliveries()[1]
    newer.state, newer.sent_at = OutboxState.SENT, at("2026-11-24 12:02")
    db.session.commit()
    receiver.answers = [500]
    assert deliver_webhooks(at("2026-11-24 12:03")) == NOTHING | {"failed": 1}
    assert here.hook.is_on


def test_a_receiver_that_says_it_is_gone_is_turned_off_at_once(receiver: Receiver, at: At) -> None:
    here = scene(receiver.url, events=["report.waiting"])
    here.report()
    receiver.answers = [410]
    assert deliver_webhooks(at(ZONE_NOON)) == NOTHING | {"failed": 1}
    assert (here.hook.is_on, here.hook.why_off) == (False, "gone")


def test_a_test_is_sent_and_nothing_while_mail_is_paused(receiver: Receiver, at: At) -> None:
    here = scene(receiver.url, events=["report.waiting"])
    send_test(here.by(here.district), here.hook_id)
    pause(SYSTEM, "A wrong address book", at(ZONE_NOON))
    assert deliver_webhooks(at(ZONE_NOON)) == NOTHING
    assert [row.event.value for row in deliveries()] == ["webhook.test"] and receiver.got == []


def test_what_a_person_sends_again_keeps_its_id(receiver: Receiver, at: At) -> None:
    here = scene(receiver.url, events=list(CHOSEN))
    here.report()
    [row] = deliveries()
    row.state, row.attempts, row.last_error = OutboxState.FAILED, 9, "timeout"
    kept = row.message_id
    db.session.commit()
    send_again(here.by(here.district), here.hook_id)
    assert deliver_webhooks(at(ZONE_NOON)) == NOTHING | {"sent": 1}
    assert [got.id for got in receiver.got] == [kept]
