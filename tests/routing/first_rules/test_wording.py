"""Reasons of published rule sets as they are shown today: reworded where there is a better word, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.routing.first_rules.test_reasons import texts
from wss_cases.foundation.db import db
from wss_cases.routing.engine.explain import UNTIL, WHY, said
from wss_cases.routing.engine.vocabulary import RuleSetState
from wss_cases.routing.rule_sets import RuleSet


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
