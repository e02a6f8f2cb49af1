"""Which planted row breaks which promise: each is seen in the answers to one set of facts, and by the check of drafts.

Nothing in a table can break 7 (key order, refusals) or the whole of 4 (an exclusion is no kind of work); promise 9 is
about the table itself (`test_check.py`), 14 about two people at once.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.routing.engine.test_check import HAS_PLAN, NEVER, Edit, edited, hidden_from_a_question, row_of, set_at
from tests.routing.judging import Document, Facts, broken, broken_across, broken_by_answers, completions, variants
from tests.routing.strategies import FLAGS
from wss_cases.routing.engine.check import check_table
from wss_cases.routing.engine.evaluation import recommend
from wss_cases.routing.engine.explain import as_document
from wss_cases.routing.engine.facts import parse_facts
from wss_cases.routing.engine.table import DecisionTable, read_table

GROUP_5 = {"fact": "group", "op": "at_least", "value": 5}
NOT_BIAS = {"all": [row_of("D6")["when"], {"not": {"fact": "bias", "op": "is", "value": True}}]}
SUSPENDED = {"en": "Three days of suspension come first.", "es": "Primero hay tres días de suspensión."}
THE_SAME = {"en": "It was agreed.", "es": "It was agreed."}
ONLY_WHOM = [{"for": ["caused_harm", "both"]}]

PLANTED: list[tuple[Edit, Facts, set[int]]] = [
    (set_at("D3", "when", to=GROUP_5), {"group": 5, "verified": "yes"}, {1}),
    (set_at("P15-1", "when", to=NEVER), {}, {2}),
    (set_at("P15-2", "when", to=NEVER), {"harmed": "staff"}, {2}),
    (set_at("H1", "removes", to=[]), {"sexual": "contact", "harmed": "student", "group": 4}, {3}),
    (set_at("H1", "removes", to=[]), {"sexual": "unknown", "harmed": "student", "group": 4}, {3}),
    (set_at("P15-1", "items", 0, "when", to={"all": []}), {"sexual": "unknown"}, {3}),
    (set_at("P1", "because", to=SUSPENDED), {"group": 1}, {4}),
    (set_at("P14", "when", "value", to=1), {"grade": 2, "weapon": "other"}, {5}),
    (set_at("D6", "when", to=NOT_BIAS), {"bullying": True}, {6}),
    (set_at("P1", "because", to=THE_SAME), {"group": 1}, {8}),
    (set_at("P6", "when", to=HAS_PLAN), {"group": 3}, {10}),
    (set_at("H6", "removes", to=ONLY_WHOM), {"caused_by": "staff", "bullying": True}, {11}),
    (set_at("H6", "removes", to=ONLY_WHOM), {"caused_by": "unknown", "adult_conduct": True, "bullying": True}, {11}),
    (set_at("D4", "when", to={"rule": "P9"}), {"weapon": "unknown"}, {12}),
    (set_at("D4", "when", to={"rule": "H1"}), {"sexual": "unknown"}, {12}),
    (set_at("D8", "when", to={"item_with_pathway": "circle"}), {"bias": "unknown"}, {12}),
    (set_at("H3", "when", to={"rule": "P12"}), {"bullying": "unknown"}, {12}),
    (hidden_from_a_question, {"mutual": "unknown", "harmed": "student", "group": 3}, {6, 13}),
]
"""(a row planted, facts that show it, the promises that it breaks)."""


def answer_of(table: DecisionTable, given: Facts, lang: str = "en") -> Document:
    return as_document(recommend(table, parse_facts(given)), lang)


def promises_broken(table: DecisionTable, given: Facts) -> set[int]:
    """Return the promises that a table breaks in its answers to these facts, their variants and their completions."""
    english, spanish = (answer_of(table, given, lang) for lang in ("en", "es"))
    lines = [*broken(given, english, spanish)]
    for number in range(len(FLAGS)):
        told = {name: answer_of(table, other) for name, other in variants(number, given).items()}
        lines += broken_across(english, told)
    whole = {answers: answer_of(table, other) for answers, other in completions(given).items()}
    lines += broken_by_answers(given, english, whole)
    return {int(line.split()[1].rstrip(":")) for line in lines}


@pytest.mark.parametrize(("edit", "given", "numbers"), PLANTED)
def test_a_planted_row_breaks_the_promise(edit: Edit, given: Facts, numbers: set[int]) -> None:
    assert promises_broken(read_table("as it is", 3, edited(lambda rows: None)), given) == set()
    table = read_table("planted", 3, edited(edit))
    assert promises_broken(table, given) == numbers
    seen = {found.promise for found in check_table(table, tries=60)}
    assert numbers <= seen | {4, 8}, "the check does not read sentences"


def test_every_promise_that_a_row_can_break_is_planted() -> None:
    numbers: set[Any] = set().union(*(broken for _edit, _given, broken in PLANTED))
    assert numbers == {1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 13}
