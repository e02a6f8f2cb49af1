"""The sentences of the first rule set: both languages, the words of the house, nothing private."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.routing.asking import ask, localized
from tests.routing.first_rules.rule_set import first_rows, first_table
from tests.routing.strategies import facts_of
from wss_cases.routing.engine.evaluation import recommend
from wss_cases.routing.engine.explain import as_document, as_stored
from wss_cases.routing.engine.facts import parse_facts

NEVER_SAID = re.compile(
    r"offender|victim|perpetrator|battery|assault|criminal|v[ií]ctima|agresor|delincuente|ofensor", re.IGNORECASE
)
HOUSING = re.compile(r"hous|home|shelter|address|evict|vivienda|hogar|casa|alojamiento|albergue|techo", re.IGNORECASE)


def texts(value: Any) -> Iterator[dict[str, str]]:
    """Yield every text of a stored structure."""
    if isinstance(value, dict):
        if "en" in value:
            yield value
        else:
            for entry in value.values():
                yield from texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from texts(entry)


def test_every_text_speaks_both_languages_in_the_words_of_the_house() -> None:
    found = list(texts(first_rows()))
    assert len(found) > 80
    for text in found:
        assert text["en"].strip()
        assert text["es"].strip()
        assert text["en"] != text["es"]
        assert not NEVER_SAID.search(text["en"] + text["es"])


@pytest.mark.parametrize("lang", ["en", "es"])
def test_the_reason_for_basic_needs_never_names_housing(lang: str) -> None:
    (item,) = ask(lang, supports=["housing"])["pathways"]
    assert item["kind"] == "housing_basic_needs"
    assert not HOUSING.search(item["because"])


def test_reasons_add_up_when_several_rules_name_one_item() -> None:
    (item,) = (i for i in ask(harmed="student", group=5, injury="needed_care")["pathways"])
    assert item["because"].count(".") == 3
    assert "Someone needed care" in item["because"]


def test_a_stored_answer_reads_in_either_language_later() -> None:
    for seed in range(300):
        answer = recommend(first_table(), parse_facts(facts_of(seed)))
        stored = as_stored(answer)
        assert localized(stored, "en") == as_document(answer, "en")
        assert localized(stored, "es") == as_document(answer, "es")
