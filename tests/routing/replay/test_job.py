"""A replay asked for on a page and carried on by the scheduler; what stands in the way of publishing."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory
from tests.factories.routed import FIRST_DAY, routed
from tests.routing.editing import edit_row, hand_over, publish
from tests.routing.replay.test_comparison import MANY, P10_FOR_EL, draft
from tests.support.pages.asked import asked as statements
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.jobs import ticks
from wss_cases.jobs.ticks import tick
from wss_cases.roster.directory.models import School
from wss_cases.routing.drafts import pages
from wss_cases.routing.engine.vocabulary import RuleSetState
from wss_cases.routing.replay import actions as replay_actions
from wss_cases.routing.replay.actions import carry_on
from wss_cases.routing.replay.models import Replay, ReplayChange, ReplayState
from wss_cases.routing.replay.rules import Tally
from wss_cases.routing.rule_sets import RuleSet

ClientAs = Callable[[Any], PageClient]
At = Callable[..., datetime]
LAST_DAY = FIRST_DAY + timedelta(days=79)
F4_LATER: dict[str, dict[str, Any]] = {"F4": {"school_days.0": 3}}
TRAVELLED = [number for number, facts in enumerate(MANY) if facts.get("place") == "travel"]
SOON = date(2026, 12, 1)


@pytest.fixture
def now(at: At) -> datetime:
    return at("2026-11-24 10:00")


@pytest.fixture
def schools(session: Any) -> list[int]:
    return [SchoolFactory().id, SchoolFactory().id]


@pytest.fixture
def ids(schools: list[int]) -> list[int]:
    return routed(schools, MANY)


@pytest.fixture
def district(session: Any) -> Actor:
    return acting(make_user(Role.DISTRICT))


def asked(district: Actor, made: RuleSet, now: datetime) -> Replay:
    found = replay_actions.ask(district, made.id, FIRST_DAY, LAST_DAY, now)
    row: Replay = fresh_replay(found)
    return row


@pytest.fixture
def ended(session: Any, ids: list[int], district: Actor, at: At, now: datetime) -> Replay:
    """A replay of a draft that moves one follow-up, carried on to its end."""
    row = asked(district, draft(session, at, F4_LATER), now)
    carry_on(now)
    return row


def fresh_replay(replay_id: int) -> Any:
    return fresh(Replay(id=replay_id))


def incidents_of(session: Any, replay_id: int) -> list[int]:
    found = select(ReplayChange.incident_id).where(ReplayChange.replay_id == replay_id)
    return list(session.scalars(found.order_by(ReplayChange.id)))


def test_the_scheduler_carries_a_replay_on_slice_by_slice(
    app: Flask, session: Any, ids: list[int], district: Actor, at: At, now: datetime
) -> None:
    app.config["REPLAY_BATCH"] = 50
    try:
        made = draft(session, at, F4_LATER)
        row = asked(district, made, now)
        assert (row.state, row.total, row.done) == (ReplayState.RUNNING, len(ids), 0)
        assert carry_on(now, 0.0) == {"replayed": 0}
        for spent in ("DELIVER_SECONDS", "TICK_SECONDS"):  # mail is left over, nothing is left of the minute
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(ticks, spent, 0.0)
                assert "replayed" not in tick("tests", now)
        assert "replayed 240" in tick("tests", now)
    finally:
        app.config["REPLAY_BATCH"] = 2000
    row = fresh_replay(row.id)
    assert (row.state, row.done, row.ended_at) == (ReplayState.DONE, len(ids), now)
    assert incidents_of(session, row.id) == [ids[number] for number in TRAVELLED]
    total = Tally.of_json(row.counts).of()
    assert (total.incidents, total.changed, total.broken) == (len(ids), len(TRAVELLED), 0)
    assert carry_on(now) == {"replayed": 0}


def test_an_edit_meanwhile_ends_a_replay_and_makes_one_that_is_done_stale(
    session: Any, ids: list[int], district: Actor, at: At, now: datetime
) -> None:
    made = draft(session, at, F4_LATER)
    row = asked(district, made, now)
    edit_row(district, made.id, "F4", {"school_days.0": 2}, now)
    carry_on(now)
    assert fresh_replay(row.id).state is ReplayState.OVERTAKEN
    row = asked(district, made, now)
    carry_on(now)
    edit_row(district, made.id, "F4", {"school_days.0": 4}, now)
    with pytest.raises(Refused) as refused:
        hand_over(district, made.id, SOON, now)
    assert refused.value.field == "why_not_replayed"
    edit_row(district, made.id, "F4", {"school_days.0": 2}, now)
    publish(district, made.id, SOON, now)
    assert fresh(made).state is RuleSetState.PUBLISHED


def test_a_broken_promise_stops_publishing_whatever_the_reason(
    session: Any, ids: list[int], district: Actor, at: At, now: datetime
) -> None:
    breaking = asked(district, draft(session, at, P10_FOR_EL), now)
    made = draft(session, at, F4_LATER)
    row = asked(district, made, now)
    carry_on(now)
    # the check of a table finds the breaking draft too; so that the replay alone stands in the way, what was found
    # with it lies under a draft that passes the check
    found = fresh_replay(breaking.id).counts
    assert Tally.of_json(found).of().broken > 0
    fresh_replay(row.id).counts = found
    session.commit()
    with pytest.raises(Refused, match="promise of the engine"):
        hand_over(district, made.id, SOON, now, "It is urgent.")


@pytest.mark.parametrize("day", [date(26, 9, 1), date(9999, 12, 31)])
def test_a_replay_of_absurd_days_that_was_kept_before_days_were_checked_can_be_read(
    session: Any, ended: Replay, district: Actor, client_as: ClientAs, day: date
) -> None:
    row = fresh_replay(ended.id)
    row.starts_on = row.ends_on = day
    session.commit()
    make_user(Role.SYSADMIN)
    client = client_as(make_user(Role.DISTRICT))
    assert "What would change" in client.page(f"/rules/replays/{row.id}").text
    taken = client.submit(f"/outcomes/replays/{row.id}/file", {"reason": "For the board's meeting."})
    assert taken.status_code == 200


@pytest.mark.both_databases
def test_a_replay_is_cancelled_replaced_and_dropped_with_its_draft(
    session: Any, ids: list[int], district: Actor, at: At, now: datetime
) -> None:
    made = draft(session, at, F4_LATER)
    row = asked(district, made, now)
    dean = acting(make_user(Role.DEAN))
    with pytest.raises(NotFound):
        replay_actions.cancel(dean, row.id, now)
    replay_actions.cancel(district, row.id, now)
    with pytest.raises(Refused):
        replay_actions.cancel(district, row.id, now)
    assert carry_on(now) == {"replayed": 0}
    again = asked(district, made, now)
    carry_on(now)
    assert [found.id for found in session.scalars(select(Replay))] == [again.id]
    with statements() as sent:
        pages.drop_draft(district, made.id, None, now)
    read = [" ".join(one.split()) for one in sent if "FROM rule_replay " in one and "SELECT" in one]
    locks = session.get_bind().dialect.name == "postgresql"
    assert read and all(one.endswith("FOR UPDATE") == locks for one in read), "a slice may be kept just now"
    assert session.scalars(select(Replay)).all() == session.scalars(select(ReplayChange)).all() == []


def test_the_district_asks_waits_reads_and_publishes(
    session: Any, ids: list[int], client_as: ClientAs, at: At, now: datetime
) -> None:
    made = draft(session, at, F4_LATER)
    client = client_as(make_user(Role.DISTRICT))
    path = f"/rules/{made.id}"
    wrong = client.submit(path, {"first_day": "2026-11-20", "last_day": "2026-11-01"}, action="/replay")
    assert wrong.status_code == 400
    assert "The last day must not be before the first." in wrong.text
    days = {"first_day": FIRST_DAY.isoformat(), "last_day": LAST_DAY.isoformat()}
    for beyond in ({"last_day": "2027-08-01"}, {"last_day": "2026-11-25"}, {"first_day": "2000-07-31"}):
        refused = client.submit(path, days | beyond, action="/replay")
        assert refused.status_code == 400
        assert "Choose a day from Tue, Aug 1, 2000 to Tue, Nov 24, 2026." in refused.text
    assert session.scalars(select(Replay)).all() == []
    sent = client.submit(path, days, action="/replay")
    assert sent.status_code == 303
    assert f"0 of {len(ids)} incidents so far" in client.page(sent.location).text
    carry_on(now)
    page = client.page(sent.location).find_all("main")[0].text
    assert f"Of {len(ids)} incidents" in page
    assert f"{len(TRAVELLED)} would have been routed differently" in page
    assert "Follow-up on another day: Tell Safe Passage" in page
    listed = client.page(f"{sent.location}/changes").find_all("main")[0].text
    assert "within 1 school day → within 3 school days" in listed
    assert "R-I-" not in listed
    handed = client.submit(path, {"note": "Told later.", "starts_on": "2026-12-01"}, holding="starts_on")
    assert handed.status_code == 303
    assert client_as(make_user(Role.DISTRICT)).submit(path, action="/publish").status_code == 303
    assert fresh(made).state is RuleSetState.PUBLISHED


def test_a_school_sees_its_own_part_and_names_only_its_own(
    session: Any, ids: list[int], schools: list[int], ended: Replay, client_as: ClientAs
) -> None:
    client = client_as(make_user(Role.DEAN, session.get(School, schools[1])))
    mine = [ids[number] for number in TRAVELLED if number % 2]
    page = client.page(f"/rules/replays/{ended.id}").find_all("main")[0].text
    assert f"Of {len(ids) // 2} incidents" in page
    assert f"{len(mine)} would have been routed differently" in page
    assert "By group" not in page
    listed = client.page(f"/rules/replays/{ended.id}/changes").find_all("main")[0]
    named = {link.text for link in listed.find_all("a") if "/incidents/" in link.get("href")}
    assert named == {f"R-I-{incident_id:06d}" for incident_id in mine}
    assert listed.text.count("R-I-") == len(mine)


def test_a_replay_is_taken_as_a_file_with_a_reason(ended: Replay, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.DISTRICT))
    path = f"/outcomes/replays/{ended.id}/file"
    assert client.submit(path, {"reason": "why"}).status_code == 400
    taken = client.submit(path, {"reason": "To show the board what the draft changes"})
    lines = taken.text.splitlines()
    assert (taken.status_code, len(lines)) == (200, 1 + len(TRAVELLED))
    assert lines[1].startswith(",") and "follow_up_changed" in lines[1]
