"""A board's ten questions are answered from the first screen, two clicks away at most."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.outcomes.making.small_district import Made
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db

FIRST = "/outcomes"
MOST_CLICKS = 2
COUNT = r"\d[\d,]*"


@dataclass(frozen=True)
class Question:
    """What a board asks, the words of the links that lead to its answer, and how the answer reads."""

    asked: str
    clicks: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class Answered:
    """The words of an answer, and how many clicks away they stand."""

    clicks: int
    words: str


CLEAR = r"(?:statistically clear|Too few to tell|not recorded)[^.]*\."
QUESTIONS = (
    Question("Is harm repaired, and more often than a year ago?", (), rf"Harm repaired: .*?a year ago: .*?{CLEAR}"),
    Question(
        "Whom does it not reach yet?", (), rf"Who it does not reach yet: .*?{CLEAR}.*?(?:show|others|likely[^)]*)"
    ),
    Question("Are fewer students removed, and are police called less often?", (), rf"Removals and police: .*?{CLEAR}"),
    Question(
        "How many calls to the police could have been avoided?", ("Removals and police",),
        rf"Avoidable police notifications {COUNT} of {COUNT} incidents? that could have led there",
    ),
    Question("Are agreements kept?", ("Repair",), rf"Agreements kept (?:–|\d+%) of {COUNT} terms? due"),
    Question(
        "How soon is a person harmed reached?", ("Repair",),
        rf"Reached within 1 school day (?:–|\d+%) of {COUNT} (?:person|people) harmed",
    ),
    Question("What do people who were harmed say?", ("Repair",), rf"{COUNT} of {COUNT} questionnaires answered[^.]*\."),
    Question(
        "Does it treat groups of students alike?", ("Equity",),
        r"(?:Offered a restorative pathway|Reported in an incident|Too few (?:to show|students to compare here)).{40}",
    ),
    Question(
        "Which schools have the most incidents?", ("School by school", "Incidents"), rf"School by school .*?{COUNT}"
    ),
    Question("How do the networks compare?", ("School by school", "Network by network"), r"Network by network .{60}"),
)  # fmt: skip


def answer(client: PageClient, question: Question) -> Answered:
    """Follow a question's links from the first screen; an answer that is folded costs one click more. Raises
    AssertionError where a link or the answer is missing, or more clicks are wanted."""
    main = client.page(FIRST).find_all("main")[0]
    for words in question.clicks:
        found = [link.get("href") for link in main.find_all("a") if link.get("href") and link.text == words]
        assert found, f"{question.asked} No link {words!r}."
        main = client.page(found[0]).find_all("main")[0]
    told = re.search(question.answer, main.text, re.DOTALL)
    assert told, f"{question.asked} Not answered: {main.text[:1500]}"
    folds = [one.text for one in main.find_all("details") if "open" not in one.attributes]
    clicks = len(question.clicks) + any(told.group() in fold for fold in folds)
    assert clicks <= MOST_CLICKS, question.asked
    return Answered(clicks, told.group())


def test_ten_questions_are_answered_within_two_clicks(
    at: Any, session: Any, client_as: Callable[[Any], PageClient]
) -> None:
    at("2026-11-24 10:00")
    made = Made(seed=7, incidents=40)
    for school, network in zip(made.schools, ("Network 1", "Network 2"), strict=True):
        school.network = network
    db.session.commit()
    client = client_as(make_user(Role.DISTRICT))
    told = [answer(client, question) for question in QUESTIONS]
    assert len(told) == 10 and max(one.clicks for one in told) <= MOST_CLICKS
    assert all(any(letter.isdigit() for letter in one.words) or "Too few" in one.words for one in told)
    with pytest.raises(AssertionError, match="No link"):
        answer(client, replace(QUESTIONS[4], clicks=("Nowhere",)))
