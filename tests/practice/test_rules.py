"""Whose an entry or a request is, its tier, and which words tell of danger."""

from datetime import UTC, datetime, timedelta

import pytest

from wss_cases.practice.log import PracticeKind, Purpose, group_in, group_value, tier_of
from wss_cases.practice.requests.pages import HOUR, hour_of, in_danger

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)


@pytest.mark.parametrize("group", [(7, "Room 204"), (0, ""), (-1, ""), (None, "Library"), (None, "a|b")])
def test_a_class_or_place_comes_back_as_it_was_sent(group: tuple[int | None, str]) -> None:
    assert group_in(group_value(*group)) == group


def test_what_is_for_everybody_is_of_the_first_tier() -> None:
    assert tier_of(PracticeKind.COMMUNITY, None) == tier_of(PracticeKind.STAFF, Purpose.START) == 1
    assert tier_of(PracticeKind.PEACE_ROOM, None) == tier_of(PracticeKind.COMMUNITY, Purpose.AFTER) == 2


@pytest.mark.parametrize(
    "words",
    ["He hits me", "I'm not SAFE at home", "he has a gun", "I want to die", "Me pega en casa", "tiene una pistola",
     "No estoy a salvo", "quiero morirme", "she is hurting me", "me lastiman"],
)  # fmt: skip
def test_words_of_danger_are_heard_in_both_languages(words: str) -> None:
    assert in_danger(words)


@pytest.mark.parametrize("words", ["", "We argued about a game", "Queremos un círculo", "I feel left out"])
def test_other_words_raise_no_alarm(words: str) -> None:
    assert not in_danger(words)


def test_an_hour_begins_with_its_first_request() -> None:
    assert hour_of(None, NOW) == NOW
    assert hour_of(NOW - timedelta(minutes=59), NOW) == NOW - timedelta(minutes=59)
    assert hour_of(NOW - HOUR, NOW) == NOW
