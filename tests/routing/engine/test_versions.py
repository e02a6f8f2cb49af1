"""What version 3 of the rules changed: without unknown facts it answers as version 2 did, but for what is named."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.routing.engine.test_invariants import often
from tests.routing.first_rules.rule_set import first_table, stored_rows, table_of_version
from tests.routing.judging import Document, Facts
from tests.routing.strategies import known_facts_of
from wss_cases.routing.engine.evaluation import recommend
from wss_cases.routing.engine.explain import as_document
from wss_cases.routing.engine.facts import parse_facts

NEW = ["H7", "D11", "F7b", "F10"]
DECIDES_ANEW = ["H6", "P15-1", "P15-2", "D9"]
ONLY_SAYS_IT_ANEW = [
    *("P3", "P4", "P5", "P9", "P12", "P16", "H2", "D1-1", "D1-3", "D2-1", "D2-2", "D2b-1", "D2b-2"),
    *("D6", "D7", "D8", "F6"),
]


def without_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_words(entry) for key, entry in value.items() if key not in ("because", "until", "clock")}
    return [without_words(entry) for entry in value] if isinstance(value, list) else value


def test_the_rows_that_differ_are_these() -> None:
    third, before = stored_rows(3), stored_rows(2)
    assert [row_id for row_id in third if row_id not in before] == NEW
    assert [row_id for row_id in before if row_id not in third] == []
    both = [row_id for row_id in third if row_id in before]
    decides = [row_id for row_id in both if without_words(third[row_id]) != without_words(before[row_id])]
    assert decides == DECIDES_ANEW
    assert [one for one in both if third[one] != before[one] and one not in decides] == ONLY_SAYS_IT_ANEW


def as_before(third: Document) -> Document:
    """Return an answer of version 3 as version 2 gave it: without what is new, and without its sentences."""
    said: Document = copy.deepcopy(third)
    said["duties"] = [one for one in said["duties"] if one["rules"] != ["D11"]]
    said["follow_ups"] = [one for one in said["follow_ups"] if one["rules"] not in (["F7b"], ["F10"])]
    held = {rule for hold in said["holds"] for rule in hold["rules"]}
    for item in said["pathways"]:
        if item["rules"] == ["P15"] and item["for"] == "harmed" and held & {"H1", "H6"}:
            assert (item["kind"], item["tier"]) == ("behavioral_health", 2)
            item |= {"pathway": "restorative_conversation", "kind": "conversation", "tier": 1}
    assert [one["fact"] for one in said.pop("open_questions")] in ([], ["imminent_danger"])
    return {key: value for key, value in without_words(said).items() if key != "ruleset"}


@often
@given(st.integers(0, 2**48).map(known_facts_of))
def test_without_unknown_facts_the_answer_is_that_of_version_2_but_for_what_is_new(facts: Facts) -> None:
    parsed = parse_facts(facts)
    second = as_document(recommend(table_of_version(2), parsed))
    assert {key: value for key, value in without_words(second).items() if key not in ("ruleset", "open_questions")} == (
        as_before(as_document(recommend(first_table(), parsed)))
    )
