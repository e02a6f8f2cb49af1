"""What is urgent reaches each device once, readable there alone and without a name; what fails is tried while it is of
use, and nothing goes to a device that was signed out, lost or turned off."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy import select, update

from tests.factories.accounts import acting, make_user
from tests.mail.every_kind import MAKERS, make_world, plant_canaries
from tests.mail.push.scenes import CANARY, Scene, deliveries, devices, read
from tests.support.servers.push_service import Subscriber, data_of
from wss_cases.access.actor import SYSTEM, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount, UserSession
from wss_cases.accounts.sign_in.sessions.actions import sign_out
from wss_cases.cli.doctor import examine
from wss_cases.foundation import clock, operations
from wss_cases.foundation.db import db
from wss_cases.foundation.keys import load_push_keys
from wss_cases.journal.message_kinds import kind_of
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.mail.common import pages
from wss_cases.mail.monitoring import pause
from wss_cases.mail.push.pages import turn_off
from wss_cases.mail.push.rules import PushDelivery, PushDevice, Subscription, push_kinds, subscription_of
from wss_cases.mail.push.sending import deliver_push
from wss_cases.safeguards.duties.clocks import sweep_clocks
from wss_cases.safeguards.duties.pages import raise_by_hand

ANY = pytest.mark.any_database("the thread is the push service; leases are proven with mail")
At = Callable[..., datetime]
NOTHING = {"sent": 0, "retry": 0, "failed": 0}
NOON = "2026-11-24 12:00"


def test_the_tests_browser_reads_the_example_of_the_standard() -> None:
    """RFC 8291, section 5: what the oracle reads was written by nobody here."""
    number = int.from_bytes(data_of("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
    browser = Subscriber("", ec.derive_private_key(number, ec.SECP256R1()), data_of("BTBZMqHH6r4Tts7J_aSIgg"))
    body = (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert browser.read(data_of(body)) == b"When I grow up, I want to be a watermelon"


@pytest.mark.both_databases
def test_danger_reaches_every_device_of_whom_it_concerns_once_and_names_nobody(here: Scene, at: At) -> None:
    head, reporter = make_user(Role.ADMINISTRATOR, here.school, locale="es"), make_user(Role.REPORTER, here.school)
    phone, desk, theirs = here.device(here.dean), here.device(here.dean, "desk"), here.device(head)
    here.device(reporter)
    incident = here.danger(reporter)
    assert deliver_push(at(NOON)) == NOTHING | {"sent": 3}
    assert deliver_push(at("2026-11-24 12:01")) == NOTHING
    assert here.service.refused == []
    got = {pushed.path.rpartition("/")[2]: pushed for pushed in here.service.got}
    assert sorted(got) == sorted([f"{here.dean.id}-phone", f"{here.dean.id}-desk", f"{head.id}-phone"])
    said = read(phone, got[f"{here.dean.id}-phone"])
    assert said == {
        "title": "Danger reported at your school",
        "body": "Open the report. Call 911 if no one has called yet.",
        "link": f"/incidents/{incident.id}",
        "tag": got[f"{here.dean.id}-phone"].topic,
    }
    assert read(desk, got[f"{here.dean.id}-desk"])["tag"] != said["tag"]
    assert read(theirs, got[f"{head.id}-phone"])["link"] == f"/incidents/{incident.id}"
    for pushed in here.service.got:
        assert (pushed.headers["ttl"], pushed.headers["urgency"]) == ("14400", "high")
    assert len({len(pushed.body) for pushed in here.service.got}) == 1, "its size tells who carries it nothing"
    assert CANARY not in str(said) and here.school.name not in str(said) and incident.reference not in str(said)
    assert {(row.state, row.status, row.last_error) for row in deliveries()} == {(OutboxState.SENT, 201, "")}


@ANY
def test_a_concern_that_nobody_opens_calls_the_administrator(here: Scene, at: At) -> None:
    clinician, head = make_user(Role.COORDINATOR, here.school), make_user(Role.ADMINISTRATOR, here.school)
    phone = here.device(head)
    record_id = here.concern()
    assert deliver_push(at(NOON)) == NOTHING | {"sent": 1}
    assert read(phone, here.service.got[0])["title"] == "A student needs to be seen today"
    assert deliver_push(at("2026-11-24 12:29")) == NOTHING
    assert deliver_push(at("2026-11-24 12:30")) == NOTHING | {"sent": 1}
    said = read(phone, here.service.got[1])
    assert said["title"] == "Act now: no one has opened a concern about a student"
    assert said["body"] == "It may be about suicide. Call 988 or 911; do not leave the student alone."
    assert said["link"] == f"/care/{record_id}" and clinician.name not in str(said)


@ANY
def test_with_no_clinician_on_duty_it_calls_at_once_and_once_opened_no_more(
    here: Scene, at: At, client_as: Any
) -> None:
    head = make_user(Role.ADMINISTRATOR, here.school)
    phone = here.device(head)
    here.concern()
    assert deliver_push(at(NOON)) == NOTHING | {"sent": 2}
    assert any("988" in read(phone, pushed)["body"] for pushed in here.service.got)
    opened = here.concern()
    client_as(head).page(f"/care/{opened}")
    assert deliver_push(at("2026-11-24 12:01")) == NOTHING | {"sent": 1}, "still to be seen today, and it was opened"


@ANY
def test_a_legal_clock_that_ends_and_one_that_ran_out_are_told(here: Scene, at: At) -> None:
    head = make_user(Role.ADMINISTRATOR, here.school)
    incident = here.danger()
    at("2026-11-24 12:01")
    phones = {str(user.id): here.device(user) for user in (here.dean, head)}
    given = {"code": "bullying_notice", "because": CANARY, "aware_at": clock.now(), "facts": "due"}
    raise_by_hand(here.by(here.dean), incident.id, **given)
    told = list[dict[str, str]]()
    for moment in ("2026-11-25 10:00", "2026-11-25 13:00"):
        sweep_clocks(at(moment))
        deliver_push(at(moment))
        who = [pushed.path.rpartition("/")[2].partition("-")[0] for pushed in here.service.got]
        told += [read(phones[one], pushed) for one, pushed in zip(who, here.service.got, strict=True)]
        here.service.got.clear()
    soon, late = "A legal deadline is close", "A legal deadline has passed"
    assert [said["title"] for said in told] == [soon, soon, late]
    assert all(said["link"].startswith("/duties/") and "ullying" not in str(said) for said in told)


@ANY
def test_it_goes_out_though_the_mail_server_is_away(here: Scene, at: At) -> None:
    here.device(here.dean)
    here.danger()
    for mail in db.session.scalars(select(OutboxMessage)):
        mail.attempts, mail.next_attempt_at = 3, at("2026-11-24 13:00")
    db.session.commit()
    assert deliver_push(at(NOON)) == NOTHING | {"sent": 1}


@ANY
def test_nothing_of_before_comes_to_a_new_device(here: Scene, at: At) -> None:
    here.danger()
    at("2026-11-24 12:01")
    here.device(here.dean)
    assert deliver_push(at("2026-11-24 12:01")) == NOTHING


ENDINGS = ("signed out", "revoked", "disabled", "role ended", "turned off", "long unseen", "paused")


@ANY
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_device_whose_person_may_not_hear_gets_nothing(here: Scene, at: At, ending: str) -> None:
    here.device(here.dean)
    here.danger()
    [device] = devices()
    if ending == "signed out":
        sign_out(acting(here.dean), device.session_id, clock.now())
    elif ending == "revoked":
        db.session.execute(update(UserSession).values(revoked_at=clock.now()))
    elif ending == "disabled":
        db.session.execute(update(UserAccount).values(state=AccountState.DISABLED))
    elif ending == "role ended":
        db.session.execute(update(RoleGrant).values(ends_on=datetime(2026, 11, 23).date()))
    elif ending == "turned off":
        turn_off(here.by(here.dean), device.id)
    elif ending == "long unseen":
        device.seen_at = clock.now() - timedelta(days=31)
    else:
        pause(SYSTEM, "A wrong address book", clock.now())
    db.session.commit()
    assert deliver_push(at(NOON)) == NOTHING
    assert here.service.got == [] and here.service.refused == []
    assert len(devices()) == (1 if ending in ("role ended", "paused") else 0), "what has ended is forgotten"


@ANY
def test_a_session_that_ran_out_by_itself_ends_nothing(here: Scene, at: At) -> None:
    here.device(here.dean)
    at("2026-11-25 12:00")
    here.danger(make_user(Role.REPORTER, here.school))
    assert deliver_push(at("2026-11-25 12:00")) == NOTHING | {"sent": 1}


@ANY
@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_is_forgotten(here: Scene, at: At, status: int) -> None:
    here.device(here.dean)
    here.device(here.dean, "desk")
    here.danger()
    here.service.answers = [status]
    assert deliver_push(at(NOON)) == NOTHING | {"failed": 1, "sent": 1}
    assert len(devices()) == 1 and len(deliveries()) == 1


@ANY
def test_what_passes_is_tried_again_while_it_is_of_use(here: Scene, at: At) -> None:
    here.device(here.dean)
    here.danger()
    here.service.answers, here.service.retry_after = [429, 503], "600"
    assert deliver_push(at(NOON)) == NOTHING | {"retry": 1}
    assert deliver_push(at("2026-11-24 12:09")) == NOTHING, "the service asked for ten minutes"
    here.service.retry_after = ""
    assert deliver_push(at("2026-11-24 12:10")) == NOTHING | {"retry": 1}
    assert deliver_push(at("2026-11-24 12:12")) == NOTHING | {"sent": 1}
    assert len({pushed.topic for pushed in here.service.got}) == 1
    assert [pushed.headers["ttl"] for pushed in here.service.got] == ["14400", "13800", "13680"]


@ANY
def test_what_is_of_no_more_use_is_given_up_and_shown(here: Scene, at: At) -> None:
    here.device(here.dean)
    here.danger()
    here.service.answers = [500] * 99
    now = at(NOON)
    while deliveries() == [] or deliveries()[0].state is OutboxState.WAITING:
        deliver_push(now)
        now = deliveries()[0].next_attempt_at
        assert now < at(NOON) + timedelta(hours=4)
    assert len(here.service.got) == deliveries()[0].attempts <= 14
    found = {one.what: (one.level, one.words) for one in examine(now)}
    assert found["push"][0] == "warning"
    assert "1 device gets push messages." in found["push"][1] and "answered with status 500" in found["push"][1]


@ANY
@pytest.mark.parametrize(
    ("wrong", "why"), [("dead", "refused"), ("inside", "private"), ("plain", "plain"), ("redirect", "status")]
)
def test_a_service_that_goes_wrong_is_survived(
    here: Scene, at: At, app: Flask, monkeypatch: pytest.MonkeyPatch, wrong: str, why: str
) -> None:
    here.device(here.dean)
    here.danger()
    if wrong == "dead":
        here.service.stop()
        monkeypatch.setattr(here.service, "stop", lambda: None)
    elif wrong == "redirect":
        here.service.answers = [307]
    else:
        monkeypatch.setitem(app.config, "PUSH_NEAR", frozenset())
        if wrong == "inside":
            monkeypatch.setattr("wss_cases.mail.push.sending.subscription_of", _by_https)
    count = "failed" if wrong == "redirect" else "retry"
    assert deliver_push(at(NOON)) == NOTHING | {count: 1}
    assert deliveries()[0].last_error == why
    assert [pushed.path for pushed in here.service.got if "elsewhere" in pushed.path] == []


def _by_https(device: PushDevice) -> Subscription:
    found = subscription_of(device)
    return replace(found, endpoint=found.endpoint.replace("http:", "https:"))


@ANY
def test_a_deliverer_that_dies_after_sending_sends_the_same_again_under_one_tag(
    here: Scene, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = here.device(here.dean)
    here.danger()
    with monkeypatch.context() as dying:
        dying.setattr(pages, "give_back", lambda *_what: None)  # a process that is killed gives nothing back
        operations.configure("deliver.after_send:raise")
        with pytest.raises(operations.FailpointReached):
            deliver_push(at(NOON))
        operations.configure("")
    db.session.rollback()
    assert deliver_push(at(NOON)) == NOTHING, "its lease still runs"
    db.session.execute(update(PushDelivery).values(lease_until=at("2020-01-01 00:00")))
    db.session.commit()
    assert deliver_push(at(NOON)) == NOTHING | {"sent": 1}
    first, second = here.service.got
    assert first.topic == second.topic and read(phone, first) == read(phone, second)
    assert [row.state for row in deliveries()] == [OutboxState.SENT]


@ANY
def test_a_device_of_an_older_key_is_signed_for_by_it_until_that_is_taken_away(
    here: Scene, at: At, app: Flask, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.device(here.dean)
    older = app.config["PUSH_KEYS"][0]
    newer = load_push_keys(base64.urlsafe_b64encode(b"n" * 32).decode(), tmp_path, production=True)[0]
    monkeypatch.setitem(app.config, "PUSH_KEYS", (newer, older))
    here.danger()
    assert deliver_push(at(NOON)) == NOTHING | {"sent": 1}
    monkeypatch.setitem(app.config, "PUSH_KEYS", (newer,))
    here.danger()
    assert deliver_push(at(NOON)) == NOTHING | {"failed": 1}
    assert devices() == []


PUSHED = {
    *("incident.danger", "incident.alarm", "circle_request.danger", "care.opened", "care.unopened"),
    *("duty.clock_ends", "duty.clock_over"),
    *("police.asked", "police.second", "police.seconding", "police.call_soon", "police.call_late"),
}
NUMBERS_TO_CALL = {"911", "988"}
PATH = re.compile(r"/(incidents|circle-requests|care|duties|police-reviews)/\d+")


@ANY
def test_no_kind_says_more_than_its_words_and_a_path(here: Scene, at: Callable[..., datetime]) -> None:
    assert set(push_kinds()) == PUSHED
    now, world = at("2026-11-24 10:00"), make_world("en")
    made = {kind: MAKERS[kind](world) for kind in sorted(PUSHED)}
    plant_canaries()
    people = {message.recipient_id: db.session.get_one(UserAccount, message.recipient_id) for message in made.values()}
    phones = {str(number): here.device(person) for number, person in people.items()}
    assert deliver_push(now) == {"sent": len(made), "retry": 0, "failed": 0}
    said = [read(phones[got.path.rpartition("/")[2].partition("-")[0]], got) for got in here.service.got]
    words = {kind: kind_of(kind) for kind in made}
    assert {one["title"] for one in said} == {str(kind.push.title) for kind in words.values() if kind and kind.push}
    for one in said:
        assert set(one) == {"title", "body", "link", "tag"}
        assert PATH.fullmatch(one["link"]), one
        assert CANARY.lower() not in str(one).lower()
        assert set(re.findall(r"\d+", one["title"] + one["body"])) <= NUMBERS_TO_CALL
        assert len(one["title"]) <= 60 and len(one["body"]) <= 100, "a phone cuts what is longer"
