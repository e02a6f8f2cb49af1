"""Every kind that is pushed, from a school full of canaries: fixed words and a path, and nothing of the record."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest

from tests.mail.every_kind import CANARY, MAKERS, make_world, plant_canaries
from tests.mail.push.scenes import Scene, read
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.journal.message_kinds import kind_of
from wss_cases.mail.push.rules import push_kinds
from wss_cases.mail.push.sending import deliver_push

pytestmark = pytest.mark.any_database("the thread is the push service")
PUSHED = {
    *("incident.danger", "incident.alarm", "circle_request.danger", "care.opened", "care.unopened"),
    *("duty.clock_ends", "duty.clock_over"),
    *("police.asked", "police.second", "police.seconding", "police.call_soon", "police.call_late"),
}
NUMBERS_TO_CALL = {"911", "988"}
PATH = re.compile(r"/(incidents|circle-requests|care|duties|police-reviews)/\d+")


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
