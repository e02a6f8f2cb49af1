"""The check of a draft, and the oracle itself, each shown to notice planted mistakes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.routing.first_rules.rule_set import NAME, VERSION, first_rows, first_table
from tests.routing.judging import disagreements
from tests.routing.strategies import facts_of
from wss_cases.foundation.errors import Refused
from wss_cases.routing.engine.check import check_table, facts_for_row
from wss_cases.routing.engine.evaluation import recommend
from wss_cases.routing.engine.explain import as_document
from wss_cases.routing.engine.facts import FACTS, FactType, parse_facts
from wss_cases.routing.engine.table import DecisionTable, Row, read_table
from wss_cases.routing.engine.vocabulary import FindingKind

Rows = list[dict[str, Any]]
Edit = Callable[[dict[str, dict[str, Any]]], None]


def edited(edit: Edit) -> Rows:
    rows = first_rows()
    edit({row["id"]: row for row in rows})
    return rows


def row_of(row_id: str) -> dict[str, Any]:
    return next(row for row in first_rows() if row["id"] == row_id)


def set_at(row: str, *path: Any, to: Any) -> Edit:
    """Return the edit that sets one value inside a row."""

    def edit(rows: dict[str, dict[str, Any]]) -> None:
        place: Any = rows[row]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return edit


def test_the_first_rule_set_has_no_findings() -> None:
    assert check_table(first_table()) == []


NEVER = {"all": [{"fact": "group", "op": "at_least", "value": 5}, {"fact": "group", "op": "at_most", "value": 2}]}
STUDENT = {"fact": "harmed", "op": "is", "value": "student"}
HAS_PLAN = {"fact": "supports", "op": "includes", "value": "iep"}


def hidden_from_a_question(rows: dict[str, dict[str, Any]]) -> None:
    """A duty goes when a pathway matches whose question may wait: nothing is hidden, and nobody is asked."""
    rows["P3"]["items"][0]["tier"] = 1
    rows["D4"]["when"] = {"not": {"rule": "P3"}}


@pytest.mark.parametrize(
    ("edit", "kind", "row", "detail"),
    [
        (set_at("P6", "when", to=NEVER), FindingKind.UNREACHABLE_ROW, "P6", ""),
        (set_at("D6", "when", to=NEVER), FindingKind.UNREACHABLE_ROW, "D6", ""),
        (set_at("F4", "when", to={"any": []}), FindingKind.UNREACHABLE_ROW, "F4", ""),
        (set_at("P4", "items", 1, "when", to=NEVER), FindingKind.UNREACHABLE_ITEM, "P4", "peace_circle"),
        (set_at("H3", "when", to={"all": []}), FindingKind.ALWAYS_REMOVED, "P3", "peer_conference"),
        (set_at("P13", "when", to=row_of("P12")["when"]), FindingKind.SAID_DIFFERENTLY, "P13", "P12"),
        (set_at("F7", "when", to={"fact": "supports", "op": "includes", "value": "housing"}), None, "", ""),
        (set_at("P15-1", "when", to=NEVER), FindingKind.NOBODY_FOR_CAUSED_HARM, "", ""),
        (set_at("P15-2", "when", "all", 0, to=STUDENT), FindingKind.NOBODY_FOR_HARMED, "", ""),
        (set_at("H1", "removes", to=[]), FindingKind.BROUGHT_TOGETHER, "P4", "peace_circle"),
        (set_at("P14", "when", "value", to=1), FindingKind.TOO_MUCH_FOR_YOUNG, "P9", "one_to_one"),
        (set_at("P14", "keeps", to=["conversation", "one_to_one"]), FindingKind.TOO_MUCH_FOR_YOUNG, "P9", "one_to_one"),
        (
            set_at("H6", "removes", to=[{"for": ["caused_harm", "both"]}]),
            FindingKind.CIRCLE_FOR_ADULT,
            "P12",
            "support_circle",
        ),
        (
            set_at("D6", "when", to={"all": [row_of("D6")["when"], {"not": {"fact": "bias", "op": "known"}}]}),
            None,
            "",
            "",
        ),
        (
            set_at("D4", "when", to={"not": {"fact": "bias", "op": "is", "value": True}}),
            FindingKind.DUTY_LOST,
            "D4",
            "clear_and_present_danger",
        ),
        (
            set_at("D3", "when", to={"fact": "group", "op": "at_least", "value": 5}),
            FindingKind.POLICE_BY_STUDENT,
            "D3",
            "",
        ),
        (
            set_at("P6", "when", to={"fact": "supports", "op": "includes", "value": "iep"}),
            FindingKind.UNEQUAL,
            "P6",
            "",
        ),
        (
            set_at("P6", "when", to={"fact": "harmed_supports", "op": "includes", "value": "504"}),
            FindingKind.UNEQUAL,
            "P6",
            "",
        ),
        (set_at("D4", "when", to={"rule": "P9"}), FindingKind.UNSOUND, "D4", "clear_and_present_danger"),
        (set_at("D8", "when", to={"item_with_pathway": "circle"}), FindingKind.UNSOUND, "D8", "civil_rights_contact"),
        (set_at("H3", "when", to={"rule": "P12"}), FindingKind.UNSOUND, "H3", "face_to_face"),
        (set_at("D3", "when", to={"rule": "P8"}), FindingKind.UNSOUND, "", "police"),
        (hidden_from_a_question, FindingKind.UNASKED, "", "mutual"),
        (set_at("F4", "when", to={"all": []}), None, "", ""),
        (set_at("P10", "when", to=STUDENT), FindingKind.UNREAD_FACT, "", "housing_support_open"),
    ],
)
def test_a_planted_mistake_is_found(edit: Edit, kind: FindingKind | None, row: str, detail: str) -> None:
    findings = check_table(read_table("draft", 1, edited(edit)), tries=600)
    if kind is None:
        assert [finding for finding in findings if finding.blocks] == []
    else:
        assert (kind, row, detail) in [(found.kind, found.row, found.detail) for found in findings]


def test_a_row_that_repeats_another_is_found() -> None:
    rows = first_rows()
    again = copy.deepcopy(rows[-1]) | {"id": "F11", "rule": "F11"}
    findings = check_table(read_table("draft", 1, [*rows, again]), tries=0)
    assert (FindingKind.SAID_TWICE, "F11", "F10") in [(found.kind, found.row, found.detail) for found in findings]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (set_at("P4", "when", to={"rule": "H1"}), "P4: Rule H1 does not come before"),
        (set_at("P4", "when", to={"fact": "race", "op": "is", "value": "any"}), "race is not a known fact"),
        (set_at("P4", "when", to={"fact": "group", "op": "at_least", "value": 9}), "cannot be compared"),
        (set_at("P4", "when", to={"fact": "bias", "op": "is", "value": False}), "cannot be compared"),
        (set_at("P4", "when", to={"fact": "bias", "op": "at_least", "value": 1}), "cannot be compared with at_least"),
        (set_at("P4", "when", to={"police": ["emergency"]}), "known only after the duties"),
        (set_at("P4", "when", to={"no_item_for": "harmed"}), "known only after the holds"),
        (set_at("P4", "when", to=[]), "must be an object"),
        (set_at("P4", "when", to={"maybe": 1}), "not a condition"),
        (set_at("P4", "items", 0, "tier", to=4), "tier must be 1, 2 or 3"),
        (set_at("P4", "items", 0, "tier", to=True), "tier must be 1, 2 or 3"),
        (set_at("P4", "items", 0, "start", to=-1), "start must be a whole number"),
        (set_at("P4", "items", 0, "kind", to="suspension"), "'suspension' is not a known kind"),
        (set_at("P4", "items", 0, "for", to="witness"), "not a known for"),
        (set_at("P4", "because", "es", to=" "), "no text in es"),
        (set_at("P4", "because", "en", to="someone was harmed"), "must read as a sentence in en"),
        (set_at("P4", "id", to="P3"), "same id"),
        (set_at("P4", "section", to="duties"), "does not belong"),
        (set_at("P4", "police", to="emergency"), "police does not belong"),
        (set_at("D4", "duty", to="call_someone"), "not a known duty"),
        (set_at("D4", "verified", "yes", to="now"), "not a known verified"),
        (set_at("D4", "verified", "yes", to="possible"), "possible follows from what is unknown"),
        (set_at("D4", "verified", to={"yes": None, "unknown": None, "no": None}), "never raise its duty"),
        (set_at("F1", "school_days", to=[]), "At least one number"),
        (set_at("F1", "section", to="pathways"), "does not belong in pathways"),
        (set_at("H1", "removes", to=[{}]), "A removal names"),
        (set_at("P14", "keeps", to=[]), "keeps needs at least one"),
    ],
)
def test_a_malformed_row_is_refused_by_its_id(edit: Edit, words: str) -> None:
    with pytest.raises(Refused) as refused:
        read_table("draft", 1, edited(edit))
    assert words in refused.value.message


def disagrees(rows: Rows) -> bool:
    """Say whether a table and the oracle differ on any of 3,000 generated facts."""
    table = read_table("planted", 1, rows)
    return any(differs(table, facts_of(seed)) for seed in range(3000))


def differs(table: DecisionTable, given: dict[str, Any]) -> bool:
    """Say whether a table and the oracle differ on these facts."""
    return any(disagreements(given, as_document(recommend(table, parse_facts(given)))))


def test_the_oracle_agrees_with_the_table_as_it_is() -> None:
    assert not disagrees(first_rows())


@pytest.mark.parametrize(
    "edit",
    [
        set_at("P1", "when", "all", 1, "value", to=3),
        set_at("P3", "when", "all", 2, "value", to=2),
        set_at("P4", "items", 2, "tier", to=2),
        set_at("P6", "items", 0, "start", to=5),
        set_at("P14", "when", "value", to=1),
        set_at("H4", "removes", 0, "kinds", to=["peer_conference"]),
        set_at("H6", "removes", 1, to={"pathways": ["mentoring"]}),
        set_at("P15-1", "items", 2, "start", to=10),
        set_at("D1-1", "verified", "unknown", to="verify_first"),
        set_at("D2-2", "verified", "yes", to="due"),
        set_at("D10", "when", "all", 1, "police", to=["emergency"]),
        set_at("F3", "when", to={"item_with_pathway": "mentoring"}),
        set_at("F5", "school_days", to=[5]),
        set_at("H7", "when", "all", 1, "value", to="staff"),
        set_at("H6", "when", "any", 1, "all", 1, "value", to="student"),
        set_at("P15-2", "items", 1, "tier", to=3),
        set_at("D9", "when", "any", 0, "fact", to="bias"),
        set_at("D11", "when", "any", 1, "fact", to="bullying"),
        set_at("F7b", "when", "any", 1, "value", to="el"),
        set_at("F10", "when", "any", 2, "fact", to="self_harm"),
    ],
)
def test_the_oracle_notices_a_planted_mistake(edit: Edit) -> None:
    assert disagrees(edited(edit))


MOST = 2000
FLAGS = [name for name, spec in FACTS.items() if spec.type is FactType.FLAG]


def wide(names: list[str]) -> dict[str, object]:
    return {"all": [{"any": [{"fact": one, "op": said} for said in ("known", "missing")]} for one in names]}


def with_row(when: dict[str, object]) -> tuple[DecisionTable, Row]:
    """Return the first rule set with another condition of a follow-up, and that row."""
    rows = first_rows()
    next(row for row in rows if row["id"] == "F4")["when"] = when
    table = read_table(NAME, VERSION, rows)
    return table, next(row for row in table.rows if row.id == "F4")


def test_each_way_of_a_narrow_condition_and_two_thousand_of_a_wide_one() -> None:
    assert len(FLAGS) >= 12
    table, row = with_row(wide(FLAGS[:6]))
    ways = [tuple(facts.given.get(name) for name in FLAGS[:6]) for facts in facts_for_row(table, row)]
    assert len(ways) == len(set(ways)) == 2**6
    assert len(facts_for_row(table, row, wide(FLAGS[6:12]))) == MOST < 2**12
    table, row = with_row(wide(FLAGS[:12]))
    assert len(facts_for_row(table, row)) == MOST
    assert not [one for one in check_table(table, tries=10) if one.row == "F4" and one.blocks]
