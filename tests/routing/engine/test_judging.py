"""What judges the answers of `flask routing explain`: nothing is wrong with them, and each planted wrong is seen."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.routing.asking import document
from tests.routing.judging import Document, Facts, broken, broken_across, disagreements, variants
from tests.routing.strategies import facts_of

HARMED: Facts = {"harmed": "student", "group": 4}
Edit = Callable[[Document], Any]


def judged(given: Facts, edit: Edit = lambda answer: None) -> set[str]:
    """Return what is said against the answer to these facts after an edit of it."""
    english, spanish = (copy.deepcopy(document(given, lang)) for lang in ("en", "es"))
    for said in (english, spanish):
        edit(said)
    return {line.split(":")[0] for line in (*disagreements(given, english), *broken(given, english, spanish))}


def across(number: int, given: Facts, name: str = "", edit: Edit = lambda answer: None) -> list[str]:
    """Return what is said against the answers to these facts and to their variants, one of them edited."""
    told = {key: copy.deepcopy(document(each)) for key, each in variants(number, given).items()}
    if name:
        edit(told[name])
    return list(broken_across(document(given), told))


def test_nothing_is_wrong_with_the_answers() -> None:
    for number in range(150):
        given = facts_of(number)
        assert judged(given) == set()
        assert across(number, given) == []


def instead(**more: Any) -> Edit:
    """Change every pathway of an answer."""
    return lambda answer: [item.update(more) for item in answer["pathways"]]


def without(key: str) -> Edit:
    """Leave a part of an answer empty."""
    return lambda answer: answer.update({key: []})


@pytest.mark.parametrize(
    ("number", "given", "edit"),
    [
        (1, HARMED, lambda answer: answer.update(police="required_by_law")),
        (1, HARMED | {"danger_reported": True}, lambda answer: answer.update(police="not_indicated")),
        (2, HARMED, without("pathways")),
        (2, HARMED, instead(**{"for": "caused_harm"})),
        (3, {"sexual": "contact"}, instead(kind="talking_circle")),
        (3, {"intimate_partner": True}, instead(kind="peer_conference", **{"for": "harmed"})),
        (4, HARMED, instead(kind="suspension")),
        (4, HARMED, instead(because="Three days of suspension.")),
        (5, {"grade": 2}, instead(kind="one_to_one")),
        (8, HARMED, instead(rules=[])),
        (8, HARMED, instead(because="someone was harmed")),
        (11, HARMED | {"caused_by": "staff"}, instead(kind="healing_circle")),
        (11, HARMED | {"caused_by": "other_adult"}, instead(**{"for": "both"})),
    ],
)
def test_a_broken_invariant_is_seen(number: int, given: Facts, edit: Edit) -> None:
    assert judged(given) == set()
    assert f"invariant {number}" in judged(given, edit)


@pytest.mark.parametrize(
    ("number", "given", "name", "edit"),
    [
        (1, HARMED, "other student", lambda answer: answer.update(police="verify")),
        (6, {"bullying": True}, "true", without("duties")),
        (7, HARMED, "other order", without("follow_ups")),
        (7, {"bias": None}, "without nulls", without("pathways")),
        (10, {"bullying": True}, "other supports", without("holds")),
        (10, HARMED, "other supports", instead(tier=3)),
    ],
)
def test_a_broken_invariant_between_answers_is_seen(number: int, given: Facts, name: str, edit: Edit) -> None:
    assert across(0, given) == []
    assert f"invariant {number}" in across(0, given, name, edit)


@pytest.mark.parametrize("key", ["pathways", "holds", "duties", "follow_ups", "notes"])
def test_what_the_second_reading_has_and_an_answer_lacks_is_seen(key: str) -> None:
    given = {"bullying": True, "harmed": "student"}
    assert "second reading, " + key in judged(given, without(key))
