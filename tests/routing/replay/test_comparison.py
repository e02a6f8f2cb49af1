"""Replay: a rule set against what incidents were routed with; counted here a second time, in plain loops and SQL."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory
from tests.factories.routed import FIRST_DAY, answered, routed
from tests.routing.editing import edit_row, with_values
from tests.routing.first_rules.rule_set import VERSION, first_rows, first_table
from tests.routing.strategies import facts_of
from wss_cases.access.actor import Invocation, Role
from wss_cases.routing.drafts import pages
from wss_cases.routing.engine.check import broken_promises, random_facts
from wss_cases.routing.engine.evaluation import run
from wss_cases.routing.engine.facts import FACTS, Facts, parse_facts
from wss_cases.routing.engine.table import DecisionTable, read_table
from wss_cases.routing.replay.models import ChangeKind
from wss_cases.routing.replay.queries import Period, all_routed, count_routed, shares
from wss_cases.routing.replay.rules import (
    Change,
    Part,
    Replayed,
    Replayer,
    RoutedIncident,
    Tally,
    alike,
    of_run,
    replayed,
)
from wss_cases.routing.rule_sets import RoutingAnswer, RuleSet

MANY = [facts_of(seed) for seed in range(240)]
P10_FOR_EL = {"P10": {"when.all.0.value": "el"}}


def edited(changes: dict[str, dict[str, Any]]) -> DecisionTable:
    rows = [with_values(row, changes.get(row["id"], {})) for row in first_rows()]
    assert rows != first_rows() or not changes
    return read_table("2026-1", VERSION, rows)


def replay_all(table: DecisionTable) -> list[Replayed]:
    """Replay what the database holds, in batches."""
    replayer = Replayer(table)
    return [one for batch in all_routed(Period()) for one in replayed(replayer, batch)]


def changed(found: Sequence[Replayed], *kinds: ChangeKind) -> set[int]:
    """Return the incidents with a change, or with one of these kinds of change."""
    return {
        one.incident.id
        for one in found
        for outcome in one.outcomes
        for change in outcome.changes
        if not kinds or change.kind in kinds
    }


@pytest.fixture
def two_schools(session: Any) -> list[int]:
    return [SchoolFactory(name="=cmd()").id, SchoolFactory().id]


def test_a_rule_set_equal_to_the_published_one_changes_nothing(session: Any, two_schools: list[int]) -> None:
    ids = routed(two_schools, MANY)
    found = replay_all(edited({}))
    assert [one.incident.id for one in found] == ids
    assert not changed(found)
    assert not any(one.broken for one in found)
    assert all(one.is_read for one in found)


@pytest.mark.both_databases
def test_one_changed_row_changes_exactly_what_another_count_names(session: Any, two_schools: list[int]) -> None:
    ids = dict(enumerate(routed(two_schools, MANY)))
    given = {ids[number]: facts for number, facts in enumerate(MANY)}
    lost, gained = set(), set()
    for incident_id, facts in given.items():
        supports = facts.get("supports") or []
        if not facts.get("housing_support_open") and not _by_adult(facts):
            lost |= {incident_id} if "housing" in supports and "el" not in supports else set()
            gained |= {incident_id} if "el" in supports and "housing" not in supports else set()
    found = replay_all(edited(P10_FOR_EL))
    basic = "housing_basic_needs"
    for kind, wanted in ((ChangeKind.PATHWAY_REMOVED, lost), (ChangeKind.PATHWAY_ADDED, gained)):
        told = {
            one.incident.id
            for one in found
            for outcome in one.outcomes
            for change in outcome.changes
            if change.kind is kind and change.what == basic and change.rules[0] == "P10"
        }
        assert wanted and told == wanted
    assert changed(found) >= lost | gained
    # a row that reads nobody's language now reads it: that promise is named with the incident
    assert {one.incident.id for one in found if one.broken} == {
        incident_id
        for incident_id, facts in given.items()
        if "el" in (facts.get("supports") or []) and incident_id in gained | _both(given)
    }
    assert {word for one in found for word in one.broken} == {"unequal:"}

    statement = "select distinct incident_id from routing_answer where facts ->> 'place' = 'travel'"
    travelled = set(session.scalars(text(statement)))
    found = replay_all(edited({"F4": {"school_days.0": 3}}))
    assert travelled and changed(found) == travelled == changed(found, ChangeKind.FOLLOW_UP_CHANGED)
    (one,) = {change for each in found for outcome in each.outcomes for change in outcome.changes}
    assert one == Change(ChangeKind.FOLLOW_UP_CHANGED, "safe_passage_contact", "", (1,), (3,), ("F4",))


def _by_adult(facts: dict[str, Any]) -> bool:
    nobody_known = facts.get("caused_by") == "unknown"
    return facts.get("caused_by") in ("staff", "other_adult") or (nobody_known and facts.get("adult_conduct") is True)


def _both(given: dict[int, dict[str, Any]]) -> set[int]:
    """Those for whom the row still gives the same, but now because of their language."""
    return {
        incident_id
        for incident_id, facts in given.items()
        if {"el", "housing"} <= set(facts.get("supports") or [])
        and not facts.get("housing_support_open")
        and not _by_adult(facts)
    }


def test_every_kind_of_change_is_named(session: Any, two_schools: list[int]) -> None:
    routed(two_schools, MANY)
    values = {"P5": {"when.any.0.value": "staff", "items.0.tier": 3}, "P11": {"items.0.start": 3}, **P10_FOR_EL}
    states = {
        "D6": {"yes": "due", "unknown": None, "no": None},
        "D7": {"yes": "due", "unknown": "verify_first", "no": None},
    }
    stored = [with_values(row, values.get(row["id"], {})) for row in first_rows()]
    stored = [
        row | {"verified": states.get(row["id"], row["verified"])} if "verified" in row else row for row in stored
    ]
    stored = [row for row in stored if row["id"] not in ("H3", "F8")]
    found = replay_all(read_table("2026-1", VERSION, stored))
    kinds = {change.kind for one in found for outcome in one.outcomes for change in outcome.changes}
    assert kinds >= {
        ChangeKind.PATHWAY_ADDED, ChangeKind.PATHWAY_REMOVED, ChangeKind.PATHWAY_CHANGED,
        ChangeKind.HOLD_REMOVED, ChangeKind.DUTY_REMOVED, ChangeKind.DUTY_CHANGED,
        ChangeKind.FOLLOW_UP_REMOVED,
    }  # fmt: skip
    for one in found:
        for outcome in one.outcomes:
            for change in outcome.changes:
                assert Change.of_json(json.loads(json.dumps(change.as_json()))) == change


def test_only_the_last_act_of_routing_counts(session: Any, two_schools: list[int]) -> None:
    (incident_id,) = routed(two_schools[:1], [{"place": "travel"}])
    first = session.query(RoutingAnswer).filter_by(incident_id=incident_id).one()
    given, said = answered(parse_facts({"place": "online"}))
    later = first.created_at + timedelta(hours=1)
    for _again in range(2):
        session.add(
            RoutingAnswer(
                incident_id=incident_id, incident_person_id=None, rule_set_id=first.rule_set_id,
                created_at=later, facts=given, answer=said,
            )
        )  # fmt: skip
    session.commit()
    (one,) = replay_all(edited({"F4": {"school_days.0": 3}}))
    assert len(one.outcomes) == 1
    assert not one.changes


def test_a_period_and_a_school_narrow_what_is_replayed(session: Any, two_schools: list[int]) -> None:
    ids = routed(two_schools, MANY[:40], days=4)
    days = Period(FIRST_DAY + timedelta(days=1), FIRST_DAY + timedelta(days=2), two_schools[1])
    wanted = [incident_id for place, incident_id in enumerate(ids) if place % 4 in (1, 2) and place % 2]
    assert [one.id for batch in all_routed(days) for one in batch] == wanted
    assert count_routed(days) == len(wanted) == 10


def test_facts_that_cannot_be_told_apart_get_one_answer_and_the_same_broken_promises() -> None:
    table = edited(P10_FOR_EL)
    key = alike(table)
    known: dict[Any, Any] = {}
    told = 0
    for facts, other in zip(map(parse_facts, MANY[:40]), random_facts(40), strict=True):
        for name in FACTS:
            given = {**facts.given, name: other.given[name]} if name in other.given else _without(facts, name)
            for one in (facts, Facts(given)):
                done = run(table, one)
                promises = {(found.kind, found.detail) for found in broken_promises(table, one, done.answer)}
                said = of_run(done), done.matched, promises
                assert known.setdefault(key(one), said) == said
                told += 1
    assert len(known) < told / 2


def _without(facts: Facts, name: str) -> dict[str, Any]:
    return {other: value for other, value in facts.given.items() if other != name}


def test_what_cannot_be_read_any_more_is_counted_and_holds_nothing_up() -> None:
    facts, answer = map(json.dumps, answered(parse_facts({"harmed": "student"})))
    part = Part(1, None, "2026-1 v1", '{"gone": 1}', answer, {})
    whole = Part(2, None, "2026-1 v1", facts, answer, {})
    tally = Tally()
    for one in replayed(Replayer(first_table()), [RoutedIncident(1, "R", 1, (part, whole))]):
        tally.add(one)
    assert (tally.of().incidents, tally.of().unread, tally.of().changed) == (1, 1, 0)
    assert Tally.of_json(json.loads(json.dumps(tally.as_json()))) == tally


def test_shares_hide_small_groups_and_never_one_alone() -> None:
    small = {"a": [500, 40], "b": [200, 20], "c": [12, 3]}
    fewest = SimpleNamespace(group=30, cell=10)
    assert shares(small, fewest) == {"a": 10, "b": None, "c": None}
    assert shares({"a": [500, 0], "b": [3, 0]}, fewest) == {"a": 0, "b": 0}
    for every in range(1, 90, 7):
        for one in range(0, every + 1, 5):
            shown = shares({"x": [every, one], "y": [400, 100], "z": [300, 100]}, fewest)
            if shown["x"] is not None:
                assert every >= 30 and 10 <= one <= every - 10
            assert list(shown.values()).count(None) != 1


def command(app: Flask, *options: str) -> Any:
    """Run the command in process."""
    return app.test_cli_runner().invoke(args=["routing", "replay", *options])


def draft(session: Any, at: Callable[..., Any], changes: dict[str, dict[str, Any]]) -> RuleSet:
    """Return a draft of the first rule set with values changed."""
    now = at("2026-11-24 10:00")
    district = acting(make_user(Role.DISTRICT))
    first = session.query(RuleSet).filter_by(number=VERSION).one()
    made: RuleSet = session.get(RuleSet, pages.draft_from(Invocation(district, now), first.id))
    for row, values in changes.items():
        edit_row(district, made.id, row, values, now)
    return made


def test_the_command_writes_one_document(
    app: Flask, session: Any, two_schools: list[int], at: Callable[..., Any]
) -> None:
    ids = routed(two_schools, MANY)
    made = draft(session, at, {"F4": {"school_days.0": 3}})
    done = command(app, "--draft", "2026-1")
    assert done.exit_code == 0
    said = json.loads(done.stdout)
    travelled = {f"R-I-{ids[number]:06d}" for number, facts in enumerate(MANY) if facts.get("place") == "travel"}
    assert {one["incident"] for one in said["incidents"]} == travelled
    assert (said["count"], said["changed"], said["broken"]) == (len(MANY), len(travelled), 0)
    assert said["changes"] == {"follow_up_changed:safe_passage_contact:": len(travelled)}
    assert sum(one["changed"] for one in said["by_school"].values()) == len(travelled)
    assert f"{len(travelled)} of {len(MANY)} incidents" in done.stderr
    for option, day in (("--from", "0999-01-01"), ("--to", "9999-12-31")):
        refused = command(app, "--draft", "2026-1", option, day)
        assert refused.exit_code == 1
        assert json.loads(refused.stdout)["error"]["field"] == option[2:]
        assert "Refused: Choose a day from Tue, Aug 1, 2000 to " in refused.stderr
    table = command(app, "--rule-set", str(made.id), "--format", "csv", "--school", str(two_schools[0]))
    rows = list(csv.DictReader(io.StringIO(table.stdout)))
    assert {row["school"] for row in rows} == {"'=cmd()"}
    assert {(row["before"], row["after"], row["rules"]) for row in rows} == {("1", "3", "F4")}


def test_the_command_refuses_and_ends_with_1_where_a_promise_breaks(
    app: Flask, session: Any, two_schools: list[int], at: Callable[..., Any]
) -> None:
    routed(two_schools, MANY)
    for options, field in (
        (("--draft", "2026-1"), "draft"),
        (("--rule-set", "999"), "rule_set"),
        (("--rule-set", "1", "--from", "2026-11-02", "--to", "2026-11-01"), "to"),
        (("--rule-set", "1", "--school", "nowhere"), "school"),
    ):
        done = command(app, *options)
        assert (done.exit_code, json.loads(done.stdout)["error"]["field"]) == (1, field)
        assert done.stderr.startswith("Refused: ")
    assert command(app).exit_code == command(app, "--draft", "x", "--rule-set", "1").exit_code == 2
    made = draft(session, at, P10_FOR_EL)
    done = command(app, "--rule-set", str(made.id))
    assert done.exit_code == 1
    assert json.loads(done.stdout)["broken"] > 0
