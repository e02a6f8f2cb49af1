"""Conditions read as cases mean what they meant, and what is no outline of ours is refused."""

import json
import random
from typing import Any

import pytest

from tests.routing.first_rules.rule_set import first_rows
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.routing.engine.check import random_facts, with_unknowns
from wss_cases.routing.engine.conditions import ALWAYS, Scene, check_condition, compiled, parts_of
from wss_cases.routing.engine.facts import FACTS
from wss_cases.routing.engine.vocabulary import Kind, Person, Police, Section
from wss_cases.routing.row_editor.rules import (
    MOST,
    Line,
    Op,
    Outline,
    cases_of,
    condition_of,
    opened,
    ops_of,
    questions_of,
    same_cases,
    take_step,
)

pytestmark = pytest.mark.any_database("no database is touched")
SUBJECTS = {"group", "bias"}


def conditions() -> list[Any]:
    """Return every condition of the first rule set, its items' too."""
    rows = first_rows()
    return [row["when"] for row in rows] + [
        item["when"] for row in rows for item in row.get("items", []) if "when" in item
    ]


def scenes(condition: Any) -> list[Scene]:
    """Return scenes in which whatever a condition looks at is sometimes so."""
    chance = random.Random(15)
    rules = [part["rule"] for part in parts_of(condition) if "rule" in part]
    return [
        Scene(facts, {rule for rule in rules if chance.random() < 0.5}, listed(chance), chance.choice(list(Police)))
        for facts in random_facts(60)
    ]


def listed(chance: random.Random) -> Any:
    on_list = {(kind, Person.BOTH) for kind in chance.sample(list(Kind), 2)}
    return lambda: on_list


def test_every_condition_read_as_cases_means_the_same() -> None:
    for condition in conditions():
        again = condition_of(cases_of(condition))
        assert cases_of(again) == cases_of(condition) and same_cases(again, condition)
        check_condition(again, {part["rule"] for part in parts_of(again) if "rule" in part})
        one, other = compiled(condition), compiled(again)
        for scene in scenes(condition):
            assert one(scene) is other(scene), (condition, scene)
            assert compiled(condition_of(cases_of(condition, False)))(scene) is not one(scene), condition


def test_every_condition_read_as_cases_is_in_doubt_where_it_was() -> None:
    doubtful = 0
    for condition in conditions():
        one, other = compiled(condition), compiled(condition_of(cases_of(condition)))
        for scene in map(Scene, with_unknowns(random_facts(300))):
            assert one(scene) is other(scene), (condition, scene)
            doubtful += one(scene) is None
    assert doubtful > 500


def test_every_comparison_of_every_fact_can_be_stored_and_read_again() -> None:
    for about, spec in FACTS.items():
        value: Any = {"choice": spec.choices[:2], "text": ("4-3",), "number": 2, "list": spec.choices[:1]}.get(
            spec.type
        )
        for op in ops_of(about):
            line = Line(about, op, value[0] if spec.type == "list" else value)
            if op in (Op.KNOWN, Op.MISSING, Op.TRUE, Op.NOT_TRUE):
                line = Line(about, op)
            condition = condition_of([[line]])
            check_condition(condition, set())
            assert cases_of(condition) == [[line]], (about, op)


def test_what_is_always_so_is_one_case_without_a_line() -> None:
    assert cases_of(ALWAYS) == [[]] and condition_of([[]]) == ALWAYS
    assert questions_of(Section.PATHWAYS, rules=False) == []
    assert len(questions_of(Section.FOLLOW_UPS, rules=True)) == 4


def test_an_outline_grows_to_its_limit_and_says_so() -> None:
    outline, _values = opened({"when": ALWAYS})
    for _each in range(MOST - 1):
        take_step(outline, "case:when", "", SUBJECTS)
    with pytest.raises(Refused, match="No more than 12 fit here"):
        take_step(outline, "case:when", "", SUBJECTS)
    with pytest.raises(Refused) as unnamed:
        take_step(outline, "line:c1", "", SUBJECTS)
    assert unnamed.value.field == "c1_about"
    take_step(outline, "line:c1", "bias", SUBJECTS)
    assert Outline.read(outline.text(), SUBJECTS) == outline
    take_step(outline, "remove:c1", "", SUBJECTS)
    assert len(outline.cases["when"]) == MOST - 1 and not any(case.lines for case in outline.every_case())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        json.dumps({"next": 3, "cases": {}, "removals": []}),
        json.dumps({"next": 3, "cases": {"when": [["c1", {"l2": "shoe_size"}]]}, "removals": []}),
        json.dumps({"next": 3, "cases": {"when": [["csrf_token", {}]]}, "removals": []}),
        json.dumps({"next": 3, "cases": {"when": [["c1", {"c1": "bias"}]]}, "removals": []}),
        json.dumps({"next": 3, "cases": {"when": [[f"c{n}", {}] for n in range(MOST + 1)]}, "removals": []}),
    ],
)
def test_an_outline_that_no_page_made_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        Outline.read(text, SUBJECTS)
