"""Reminders pause with a reason and a limit: never of what must not wait, at most twice, five school days in all."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.factories.accounts import acting
from tests.factories.base import fresh
from tests.followups.reminders.making import At, make_place
from wss_cases.access.actor import Invocation
from wss_cases.followups.pages.follow_up import move, reassign, snooze
from wss_cases.followups.reminders.rules import latest_snooze, why_not, wrong_day
from wss_cases.foundation.errors import Refused
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.mail.common.pages import MailStyle
from wss_cases.roster.directory.rules import DayKind, SchoolDays

PLAIN = {"kind": "safety_plan", "single_mail": False}
TODAY = date(2026, 11, 24)
DAYS = SchoolDays({date(2026, 11, 26): DayKind.CLOSED, date(2026, 11, 27): DayKind.CLOSED})
G, D = "followup.due", "digest"


@pytest.mark.parametrize(
    ("kind", "same_day", "due_on", "count", "says"),
    [
        ("safety_plan", False, TODAY, 0, ""),
        ("safety_plan", False, TODAY, 1, ""),
        ("safety_plan", False, date(2026, 12, 20), 0, ""),
        ("safety_plan", False, date(2026, 11, 18), 0, ""),
        ("safety_plan", False, TODAY, 2, "already paused twice"),
        ("safety_plan", False, date(2026, 11, 17), 0, "overdue too long"),
        ("guardian_contact", True, TODAY, 0, "cannot be paused"),
        ("contact_person_harmed", False, TODAY, 0, "cannot be paused"),
        ("check_in_person_harmed", False, TODAY, 0, "cannot be paused"),
    ],
)
def test_what_may_pause(session: Any, kind: str, same_day: bool, due_on: date, count: int, says: str) -> None:
    found = why_not(kind, same_day, due_on, count, TODAY, DAYS)
    assert (says in found) if says else (found == "")


@pytest.mark.parametrize(
    ("until", "says"),
    [
        (date(2026, 11, 25), ""),
        (date(2026, 12, 3), ""),
        (date(2026, 12, 4), "within five school days"),
        (TODAY, "later day"),
        (date(2026, 11, 20), "later day"),
        (date(2026, 11, 28), "no school"),
        (date(2026, 11, 26), "no school"),
    ],
)
def test_until_when(session: Any, until: date, says: str) -> None:
    found = wrong_day(until, TODAY, TODAY, DAYS)
    assert (says in found) if says else (found == "")
    assert latest_snooze(TODAY, DAYS) == date(2026, 12, 3)


def test_the_page_pauses_with_a_reason_and_takes_it_back(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-24 10:00")
    place = make_place()
    row, contact = place.due(TODAY, **PLAIN), place.due(TODAY)
    number, client = row.id, client_as(place.people["owner"])
    address = f"/follow-ups/{number}/pause"
    assert "/pause" in client.get(f"/follow-ups/{number}").get_data(as_text=True)
    assert "/pause" not in client.get(f"/follow-ups/{contact.id}").get_data(as_text=True)
    assert client.submit(address, {"until": "2026-11-28", "reason": "waiting"}).status_code == 400
    refused = client.submit(address, {"until": "2026-11-25"})
    assert refused.status_code == 400 and "Choose why." in refused.get_data(as_text=True)
    assert 'value="2026-11-25"' in refused.get_data(as_text=True)
    assert client.submit(address, {"until": "2026-11-25", "reason": "waiting"}).status_code == 303
    said = client.page(f"/follow-ups/{number}").text
    assert "Reminders are paused until Wed, Nov 25: Waiting for someone else" in said
    assert (
        "Reminders of a follow-up paused until Wed, Nov 25, 2026"
        in client.page(f"/cases/{row.case_id}?tab=history").text
    )
    assert (fresh(row).snooze_count, fresh(row).due_on) == (1, TODAY)
    acts = (TimelineEntry.kind, AuditEntry.action)
    assert all(session.scalar(select(kind).where(kind == "followup.snoozed")) for kind in acts)
    client.submit(f"/follow-ups/{number}", {}, action="/undo")
    assert (fresh(row).snooze_count, fresh(row).snoozed_until) == (0, None)


def test_paused_is_out_of_the_digest_and_comes_back_on_its_day(session: Any, at: At) -> None:
    place = make_place()
    place.choose("other", MailStyle.SINGLE)
    mine, singly = place.due(TODAY, **PLAIN), place.due(TODAY, owner="other", **PLAIN)
    now = at("2026-11-23 16:00")
    assert place.sweep(now) == {f"owner {D}"}
    for row, who in ((mine, "owner"), (singly, "other")):
        call = Invocation(acting(place.people[who]), now, version=row.version)
        snooze(call, row.id, until=date(2026, 11, 25), reason="waiting")
    assert place.sweep(at("2026-11-24 06:30")) == set()
    assert place.sweep(at("2026-11-25 06:30")) == {f"owner {D}", f"other {G}"}
    now = at("2026-11-25 10:00")
    call = Invocation(acting(place.people["other"]), now)
    snooze(call, singly.id, until=date(2026, 12, 1), reason="planned")
    assert place.sweep(at("2026-11-30 06:30")) == {f"owner {D}", "lead weekly", "admin weekly"}
    assert place.sweep(at("2026-12-01 06:30")) == {f"owner {D}", f"other {G}"}
    with pytest.raises(Refused, match="twice"):
        snooze(call, singly.id, until=date(2026, 12, 1), reason="planned")


def test_moving_and_giving_away_end_the_pause(session: Any, at: At) -> None:
    now = at("2026-11-23 10:00")
    place = make_place()
    place.choose("other", MailStyle.SINGLE)
    moved, given = place.due(TODAY, **PLAIN), place.due(TODAY, **PLAIN)
    owner = acting(place.people["owner"])
    for row in (moved, given):
        snooze(Invocation(owner, now), row.id, until=date(2026, 12, 1), reason="other")
    move(Invocation(owner, now), moved.id, due_on=date(2026, 11, 25), reason="asked")
    reassign(Invocation(owner, now), given.id, owner=str(place.ids["other"]))
    assert fresh(moved).snoozed_until is None and fresh(given).snoozed_until is None
    assert place.sweep(at("2026-11-24 06:30")) == {f"owner {D}", f"other {G}"}


@pytest.mark.both_databases
def test_the_database_keeps_a_same_day_item_awake(session: Any, at: At) -> None:
    at("2026-11-24 10:00")
    asleep = {"snoozed_until": date(2026, 11, 25), "snooze_count": 1, "snooze_reason": "waiting"}
    with pytest.raises(IntegrityError):
        make_place().due(TODAY, same_day=True, **asleep)
