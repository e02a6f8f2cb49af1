"""The signs that are shipped: ordinary texts are left alone, dangers are found, and identity is never matched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.routing.signs.sentences import EVERYDAY, ordinary, planted
from wss_cases.foundation.errors import Refused
from wss_cases.routing.signs import IDENTITY, Sign, SignKind, Signs, read_sign, read_signs

ROWS = Path(__file__).parents[3] / "migrations" / "data" / "signs_2026_1.json"
ALARMING = {"weapon", "fire_or_bomb", "sexual"}

pytestmark = pytest.mark.any_database("no database is touched")


@pytest.fixture(scope="module", name="rows")
def stored_rows() -> list[dict[str, Any]]:
    """The signs as they are shipped."""
    rows: list[dict[str, Any]] = json.loads(ROWS.read_text(encoding="utf-8"))
    return rows


@pytest.fixture(scope="module", name="signs")
def shipped_signs(rows: list[dict[str, Any]]) -> Signs:
    """The same, read."""
    return read_signs(rows)


def ids(signs: Signs, text: str) -> list[str]:
    """The signs found in a text."""
    return [match.sign.id for match in signs.matches(text)]


def test_of_a_thousand_ordinary_texts_at_most_twenty_hold_a_word_that_is_put_to_the_reporter(signs: Signs) -> None:
    # the tile Weapon states a weapon by itself, and its words are put to nobody
    put = [text for tile, text in ordinary(1000, seed=36) if tile != "weapon" and ids(signs, text)]
    assert 0 < len(put) <= 20, sorted(set(put))


def test_no_everyday_sentence_holds_a_sign(signs: Signs) -> None:
    assert {text: found for text in EVERYDAY if (found := ids(signs, text))} == {}


def test_every_planted_sentence_is_found_in_both_languages(signs: Signs) -> None:
    texts = planted()
    assert len(set(texts)) >= 200
    missed = [text for text in texts if not ALARMING & {fact for m in signs.matches(text) for fact in m.sign.facts}]
    assert missed == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dijo: ¡traigo una PISTOLA!", "PISTOLA"),
        ("He was Gropíng her", "Gropíng"),
        ("He asked: where's the gun?", "gun"),
        ("Mr. Jones grabbed him", "Mr. Jones grabbed"),
        ("The gun’s safety was off", "gun’s"),
    ],
)
def test_the_words_are_told_as_they_were_written(signs: Signs, text: str, words: str) -> None:
    assert [match.words for match in signs.matches(text)] == [words]


def test_words_mean_something_only_whole(signs: Signs) -> None:
    for text in ("begun", "screenshots", "shotput", "bombastic", "grape juice", "knifed?", "therapist", "disparatado"):
        assert ids(signs, text) == [], text


def test_an_exception_does_not_hide_another_word_of_the_same_kind(signs: Signs) -> None:
    assert ids(signs, "They shoot hoops, and he has a gun.") == ["word_gun"]
    assert ids(signs, "They shoot hoops, and he will shoot him.") == ["word_shoot"]
    assert ids(signs, "The pizza was the bomb. Then he said a bomb is in the gym.") == ["word_bomb"]


def test_an_adult_is_meant_only_where_the_adult_did_it(signs: Signs) -> None:
    assert "word_adult" in ids(signs, "The coach grabbed him by the arm.")
    assert "word_adult" in ids(signs, "She was slapped by her father.")
    assert "word_adult" in ids(signs, "La maestra le pegó.")
    assert "word_adult" not in ids(signs, "The teacher saw him hit another student.")
    assert "word_adult" not in ids(signs, "He hit a kid. The teacher called home.")


def test_no_word_says_who_somebody_is(rows: list[dict[str, Any]]) -> None:
    entries = [entry for row in rows for listed in row.get("words", {}).values() for entry in listed]
    words = {part for entry in entries for part in entry.split()}
    assert not words & IDENTITY


def test_every_tile_of_the_table_has_its_facts(signs: Signs) -> None:
    tiles = {sign.tile: sign.facts for sign in signs.of_kind(SignKind.TILE)}
    assert tiles["weapon"] == ("weapon", "gun_violence_threat")
    assert tiles["threat"] == ("weapon", "gun_violence_threat", "fire_or_bomb")
    assert tiles["bullying"] == tiles["hurtful_words"] == ("bias", "sexual", "intimate_partner")
    assert tiles["other"] == ("weapon", "sexual", "adult_conduct", "bias", "self_harm")
    assert not {"property", "disruption", "left_class", "worried"} & set(tiles)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"facts": ["grade"]}, "is not a fact that may be unknown"),
        ({"facts": []}, "names the facts"),
        ({"words": {"en": ["gay"], "es": []}}, "who somebody is"),
        ({"words": {"fr": ["arme"]}}, "for each language"),
        ({"words": {"en": ["gun("]}}, "letters and digits"),
        ({"words": {}}, "lists them"),
        ({"tile": "weapon"}, "names its tile"),
        ({"kind": "smell"}, "is not a kind"),
        ({"question": {"en": "Was there one?"}}, "both languages"),
        ({"colour": "red"}, "is not a key"),
        ({"id": "Gun!"}, "lower-case"),
    ],
)
def test_a_bad_row_is_refused_by_its_id(change: dict[str, Any], said: str) -> None:
    row = {"id": "word_gun", "kind": "word", "facts": ["weapon"], "words": {"en": ["gun"], "es": ["pistola"]}} | change
    with pytest.raises(Refused) as refused:
        read_signs([row])
    assert said in refused.value.message
    assert refused.value.field == row["id"]


@pytest.mark.parametrize("row_id", ["", 7, None])
def test_a_row_without_a_usable_id_is_named_by_its_place(row_id: Any) -> None:
    sound = {"id": "adult", "kind": "person", "facts": ["adult_conduct"]}
    with pytest.raises(Refused, match=r"^sign 2: the id must be") as refused:
        read_signs([sound, sound | {"id": row_id}])
    assert refused.value.field == "sign 2"


def test_two_rows_cannot_share_an_id() -> None:
    row = {"id": "adult", "kind": "person", "facts": ["adult_conduct"]}
    with pytest.raises(Refused, match="another sign has this id"):
        read_signs([row, row])
    assert read_sign(row) == Sign("adult", SignKind.PERSON, ("adult_conduct",))
