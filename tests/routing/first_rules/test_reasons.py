"""The sentences of the first rule set: both languages, the words of the house, nothing private."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from tests.routing.asking import ask, localized
from tests.routing.first_rules.rule_set import first_rows, first_table
from tests.routing.strategies import facts_of
from wss_cases.foundation.db import db
from wss_cases.routing.engine.evaluation import recommend
from wss_cases.routing.engine.explain import UNTIL, WHY, as_document, as_stored, said
from wss_cases.routing.engine.facts import parse_facts
from wss_cases.routing.engine.vocabulary import RuleSetState
from wss_cases.routing.rule_sets import RuleSet

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


@pytest.fixture
def published(session: Any) -> list[dict[str, str]]:
    """Every text of the rule sets that the migrations published."""
    sets = db.session.scalars(select(RuleSet).where(RuleSet.state == RuleSetState.PUBLISHED)).all()
    assert len(sets) >= 2
    return [text for one in sets for text in texts(one.table_rows["rows"])]


def test_what_is_reworded_stands_in_a_published_rule_set(published: list[dict[str, str]]) -> None:
    told = {words for text in published for words in text.values()}
    assert [words for words in UNTIL if words not in told] == []
    assert [words for words in WHY if not any(words in one for one in told)] == []


def test_no_code_is_said_and_spanish_says_until_when_as_a_sentence_goes_on(published: list[dict[str, str]]) -> None:
    shown = [said(text, language) for text in published for language in ("en", "es")]
    assert [words for words in shown if "_" in words] == []
    lasts = [said(one, "es") for row in _rows() if "until" in row for one in [row["until"]]]
    assert len(lasts) >= 5
    assert [words for words in lasts if not words.startswith(("que ", "nunca. "))] == []


def _rows() -> list[dict[str, Any]]:
    sets = db.session.scalars(select(RuleSet).where(RuleSet.state == RuleSetState.PUBLISHED)).all()
    return [row for one in sets for row in one.table_rows["rows"]]


def test_each_sentence_of_a_joined_reason_is_reworded_and_a_districts_own_stays() -> None:
    before = "Un profesional de salud mental ayuda a entender qué hay detrás de algo tan serio."
    joined = {"en": "One. Two.", "es": f"Ya pasó. {before}"}
    assert said(joined, "es") == f"Ya pasó. {WHY[before]}"
    assert said({"en": "When we are ready", "es": "Cuando estemos listos"}, "es") == "Cuando estemos listos"
    assert said({"en": "Only in English."}, "es") == "Only in English."
