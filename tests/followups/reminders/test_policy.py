"""The reminder policy as tables of moments and mails: who, what, when; and its pauses. See domain.md, Follow-ups and
reminders."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.factories.accounts import acting
from tests.factories.base import fresh
from tests.followups.reminders.making import At, Place, make_place
from wss_cases.access.actor import Invocation
from wss_cases.followups.pages import follow_up as follow_up_pages
from wss_cases.followups.pages.follow_up import move, reassign, snooze
from wss_cases.followups.reminders.rules import latest_snooze, why_not, wrong_day
from wss_cases.foundation.errors import Refused
from wss_cases.incidents.incident.models import CareRecord
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.mail.common.pages import MailStyle
from wss_cases.roster.directory.rules import DayKind, SchoolDays

MONDAY, FRIDAY = date(2026, 11, 16), date(2026, 11, 20)
PLAIN = {"kind": "safety_plan", "single_mail": False}
TODAY_TOO = {"kind": "guardian_contact", "same_day": True}

Table = list[tuple[str, set[str]]]
D, L, W, G = "digest", "followup.late", "weekly", "followup.due"


def walk(place: Place, at: At, table: Table) -> None:
    """Sweep at each moment, and one minute later, when nothing more may come."""
    for wall, expected in table:
        assert (wall, place.sweep(at(f"2026-{wall}"))) == (wall, expected)
        hour, minute = wall[-5:].split(":")
        assert place.sweep(at(f"2026-{wall[:-5]}{hour}:{int(minute) + 1:02d}")) == set(), wall


TABLES: dict[str, tuple[date, dict[str, Any], Table]] = {
    "contact with a person harmed: by itself from its day on, the lead after one school day, administrators after 3": (
        MONDAY, {},
        [
            ("11-15 23:30", set()),
            ("11-16 00:10", {f"owner {G}"}),
            ("11-16 06:30", {f"owner {D}"}),
            ("11-17 00:10", {f"lead {L}"}),
            ("11-17 06:30", {f"owner {D}"}),
            ("11-18 00:10", set()),
            ("11-19 00:10", {f"admin {L}"}),
            ("11-20 06:30", {f"owner {D}"}),
            ("11-21 09:00", set()),
            ("11-23 06:30", {f"owner {D}"}),
        ],
    ),
    "a weekend is no school day": (
        FRIDAY, {},
        [
            ("11-20 06:30", {f"owner {G}", f"owner {D}"}),
            ("11-21 12:00", set()),
            ("11-22 12:00", set()),
            ("11-23 00:10", {f"lead {L}"}),
            ("11-24 00:10", set()),
            ("11-25 00:10", {f"admin {L}"}),
        ],
    ),
    "anything else: the digest alone, from two school days ahead; once overdue, a count at the week's first day": (
        MONDAY, PLAIN,
        [
            ("11-11 06:30", set()),
            ("11-12 06:28", set()),
            ("11-12 06:30", {f"owner {D}"}),
            ("11-13 17:58", {f"owner {D}"}),
            ("11-14 12:00", set()),
            ("11-16 06:30", {f"owner {D}"}),
            ("11-17 06:30", {f"owner {D}"}),
            ("11-20 06:30", {f"owner {D}"}),
            ("11-23 06:30", {f"owner {D}", f"lead {W}", f"admin {W}"}),
            ("11-24 06:30", {f"owner {D}"}),
            ("11-30 18:00", set()),
        ],
    ),
    "a same-day item: an hour before the last bell, and it escalates": (
        MONDAY, TODAY_TOO,
        [
            ("11-16 13:58", {f"owner {D}"}),
            ("11-16 14:00", {f"owner {G}"}),
            ("11-17 00:10", {f"lead {L}"}),
            ("11-19 00:10", {f"admin {L}"}),
        ],
    ),
    "a same-day item made later: at once": (
        MONDAY, TODAY_TOO | {"created_at": datetime(2026, 11, 16, 20, 40, tzinfo=UTC)},
        [("11-16 14:38", {f"owner {D}"}), ("11-16 14:40", {f"owner {G}"})],
    ),
    "whoever owns it leads its case: the next in line": (
        MONDAY, {"lead": "owner"},
        [("11-16 00:10", {f"owner {G}"}), ("11-17 00:10", {f"admin {L}"}), ("11-19 00:10", {f"admin {L}"})],
    ),
    "it hangs on a report, nobody leads": (
        MONDAY, TODAY_TOO | {"lead": "none", "owner": "dean"},
        [("11-16 14:00", {f"dean {G}", f"dean {D}"}), ("11-17 00:10", {f"admin {L}"})],
    ),
    "the only administrator owns it: the coordinators after three": (
        MONDAY, {"owner": "admin"},
        [
            ("11-16 00:10", {f"admin {G}"}),
            ("11-17 00:10", {f"lead {L}"}),
            ("11-19 00:10", {f"lead {L}", f"owner {L}", f"other {L}"}),
        ],
    ),
    "after a month of silence each is told once, of the highest level": (
        MONDAY, {"lead": "admin"},
        [("12-19 12:00", {f"owner {G}", f"admin {L}"}), ("12-20 12:00", set())],
    ),
    "contact whose template says so stays in the digest": (
        MONDAY, {"single_mail": False},
        [("11-16 06:30", {f"owner {D}"}), ("11-17 06:30", {f"owner {D}"}), ("11-20 06:30", {f"owner {D}"})],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_who_gets_what_when(session: Any, at: At, name: str) -> None:
    due_on, given, table = TABLES[name]
    place = make_place()
    place.due(due_on, **given)
    walk(place, at, table)


def test_who_chose_single_mails_has_one_for_everything_and_no_digest(session: Any, at: At) -> None:
    place = make_place()
    place.choose("owner", MailStyle.SINGLE)
    place.choose("admin", weekly=False)
    place.due(MONDAY, **PLAIN)
    walk(
        place,
        at,
        [
            ("11-13 06:30", set()),
            ("11-16 06:30", {f"owner {G}"}),
            ("11-17 06:30", set()),
            ("11-23 06:30", {f"lead {W}"}),
        ],
    )


def test_who_chose_none_still_hears_of_contact_with_a_person_harmed(session: Any, at: At) -> None:
    place = make_place()
    place.choose("owner", MailStyle.NONE)
    place.due(MONDAY, **PLAIN)
    place.due(MONDAY)
    walk(place, at, [("11-16 06:30", {f"owner {G}"}), ("11-17 06:30", {f"lead {L}"})])


def test_a_worry_that_nobody_screened_alone_brings_the_care_team_its_digest(session: Any, at: At) -> None:
    place = make_place()
    opened = datetime(2026, 11, 13, 20, tzinfo=UTC)
    worry = CareRecord(school_id=place.school.id, reporter_id=place.ids["dean"], opened_at=opened)
    session.add(worry)
    session.commit()
    care_team = {f"{who} {D}" for who in ("owner", "lead", "other", "admin")}
    walk(place, at, [("11-16 06:30", care_team), ("11-17 06:30", care_team)])
    worry = fresh(worry)
    worry.screened_at, worry.screened_by_id = opened, place.ids["owner"]
    session.commit()
    walk(place, at, [("11-18 06:30", set())])


def test_whoever_stands_in_gets_what_the_other_would(session: Any, at: At) -> None:
    place = make_place()
    place.cover("owner", "other", MONDAY, date(2026, 11, 17))
    place.cover("lead", "dean", date(2026, 11, 17), date(2026, 11, 18))
    place.cover("admin", "dean", date(2026, 11, 19), date(2026, 11, 24))
    place.due(MONDAY)
    place.due(date(2026, 11, 19), **PLAIN)
    walk(
        place,
        at,
        [
            ("11-16 00:10", {f"owner {G}", f"other {G}"}),
            ("11-16 06:30", {f"owner {D}", f"other {D}"}),
            ("11-17 00:10", {f"lead {L}", f"dean {L}"}),
            ("11-18 06:30", {f"owner {D}"}),
            ("11-19 00:10", {f"admin {L}", f"dean {L}"}),
            ("11-23 06:30", {f"owner {D}", f"lead {W}", f"admin {W}", f"dean {W}"}),
        ],
    )


def test_a_cover_set_during_the_day_is_told_at_once_and_the_owner_of_an_escalation_never(session: Any, at: At) -> None:
    place = make_place()
    place.due(date(2026, 11, 13))
    assert place.sweep(at("2026-11-16 06:30")) == {f"owner {G}", f"lead {L}", f"owner {D}"}
    place.cover("owner", "dean", MONDAY, FRIDAY, made_at=at("2026-11-16 10:00"))
    assert place.sweep(at("2026-11-16 10:01")) == {f"dean {G}"}
    place.cover("admin", "owner", MONDAY, FRIDAY, made_at=at("2026-11-16 10:05"))
    assert place.sweep(at("2026-11-18 00:10")) == {f"admin {L}"}


def test_a_new_owner_is_told_of_what_is_due_and_the_old_one_no_more(session: Any, at: At) -> None:
    place = make_place()
    row = place.due(MONDAY)
    assert place.sweep(at("2026-11-16 00:10")) == {f"owner {G}"}
    now = at("2026-11-16 10:00")
    follow_up_pages.reassign(
        Invocation(acting(place.people["owner"]), now, version=row.version), row.id, owner=str(place.people["other"].id)
    )
    assert place.sweep(at("2026-11-16 10:01")) == {f"other {G}", f"other {D}"}
    assert place.sweep(at("2026-11-17 06:30")) == {f"other {D}", f"lead {L}"}


def test_a_clock_that_ran_ahead_loses_nothing(session: Any, at: At) -> None:
    place = make_place()
    place.due(MONDAY)
    later = place.due(date(2026, 11, 18), owner="other")
    assert place.sweep(at("2027-03-01 05:00")) == {f"owner {G}", f"other {G}", f"lead {L}", f"admin {L}"}
    row = place.due(MONDAY, owner="dean")
    assert place.sweep(at("2026-11-16 00:10")) == {f"dean {G}"}
    now = at("2026-11-16 10:00")
    call = Invocation(acting(place.people["other"]), now)
    follow_up_pages.move(call, later.id, due_on=date(2026, 11, 19), reason="asked")
    assert place.sweep(at("2026-11-16 23:00")) == set()
    assert place.sweep(at("2026-11-19 00:10")) == {f"other {G}", f"lead {L}", f"admin {L}"}
    assert row.due_on == MONDAY


UNREACHED: dict[str, tuple[tuple[str, ...], dict[str, Any], Table]] = {
    "the owner: the lead from its day on, and later as always": (
        ("owner",), {},
        [
            ("11-16 00:10", {f"owner {G}", f"lead {L}"}),
            ("11-17 00:10", {f"lead {L}"}),
            ("11-19 00:10", {f"admin {L}"}),
        ],
    ),
    "a same-day item not before its hour": (
        ("owner",), TODAY_TOO,
        [("11-16 13:58", {f"owner {D}"}), ("11-16 14:00", {f"owner {G}", f"lead {L}"})],
    ),
    "the lead: the next in line beside them": (
        ("lead",), {},
        [("11-16 00:10", {f"owner {G}"}), ("11-17 00:10", {f"lead {L}", f"admin {L}"})],
    ),
    "the owner, the lead and the administrator: on to the coordinators": (
        ("owner", "lead", "admin"), {},
        [("11-16 00:10", {f"owner {G}", f"lead {L}", f"admin {L}", f"other {L}"})],
    ),
    "what does not escalate stays in the digest": (
        ("owner",), PLAIN, [("11-16 06:30", {f"owner {D}"}), ("11-17 06:30", {f"owner {D}"})],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREACHED)
def test_what_mail_does_not_bring_goes_on_to_somebody_else(session: Any, at: At, name: str) -> None:
    failing, given, table = UNREACHED[name]
    place = make_place()
    for who in failing:
        place.fail(who)
    place.due(MONDAY, **given)
    walk(place, at, table)


def test_an_address_that_begins_to_fail_is_learned_of_and_one_that_stands_in_is_enough(session: Any, at: At) -> None:
    place = make_place()
    place.due(MONDAY)
    place.due(MONDAY, owner="dean")
    place.cover("dean", "other", MONDAY, FRIDAY)
    assert place.sweep(at("2026-11-16 08:00")) >= {f"owner {G}", f"dean {G}", f"other {G}"}
    for who in ("owner", "dean"):
        place.fail(who, since=at("2026-11-16 08:00"))
    assert place.sweep(at("2026-11-16 08:01")) == {f"lead {L}"}
    assert place.sweep(at("2026-11-16 08:02")) == set()


TODAY = date(2026, 11, 24)
DAYS = SchoolDays({date(2026, 11, 26): DayKind.CLOSED, date(2026, 11, 27): DayKind.CLOSED})


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
