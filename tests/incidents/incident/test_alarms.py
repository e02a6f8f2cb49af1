"""What is an alarm: danger, what may be a weapon or a bomb by a tile, an answer or a confirmation, stated contact."""

from __future__ import annotations

from typing import Any

import pytest

from wss_cases.incidents.incident.models import Alarm, alarm_of
from wss_cases.incidents.incident.states import Tile

GUN = {"sign": "gun", "from": "word", "facts": ["weapon", "gun_violence_threat"]}
BOMB = {"sign": "bomb", "from": "word", "facts": ["fire_or_bomb"]}
TOUCH = {"sign": "touch", "from": "word", "facts": ["sexual"]}
BELT = {"sign": "belt", "from": "word", "facts": ["abuse_suspected"]}


def answered(sign: dict[str, Any], answer: str) -> list[dict[str, Any]]:
    return [{**sign, "answer": answer}]


@pytest.mark.parametrize(
    ("facts", "signs", "tile", "alarm"),
    [
        ({}, [], "fight", None),
        ({"imminent_danger": True}, [], "fight", Alarm.DANGER),
        ({"imminent_danger": False}, [], "fight", None),
        # the tile, unless it was answered that it was none
        ({}, [], "weapon", Alarm.WEAPON),
        ({"weapon": "unknown"}, [], "weapon", Alarm.WEAPON),
        ({"weapon": "lookalike"}, [], "weapon", None),
        ({"weapon": "none"}, [], "weapon", None),
        # an answer that states it, or leaves it at maybe
        ({"weapon": "firearm"}, [], "fight", Alarm.WEAPON),
        ({"weapon": "maybe_firearm"}, [], "other", Alarm.WEAPON),
        ({"weapon": "other"}, [], "threat", Alarm.WEAPON),
        ({"weapon": "lookalike", "gun_violence_threat": True}, [], "weapon", Alarm.WEAPON),
        ({"fire_or_bomb": True}, [], "threat", Alarm.WEAPON),
        ({"fire_or_bomb": "unknown", "maybe": ["fire_or_bomb"]}, [], "threat", Alarm.WEAPON),
        ({"fire_or_bomb": False, "maybe": ["fire_or_bomb"]}, [], "threat", None),
        # what is only unknown is marked, and wakes nobody
        ({"weapon": "unknown", "gun_violence_threat": "unknown", "fire_or_bomb": "unknown"}, [], "threat", None),
        # the reporter's confirmation
        ({"weapon": "unknown"}, answered(GUN, "yes"), "fight", Alarm.WEAPON),
        ({"weapon": "unknown"}, answered(GUN, "maybe"), "fight", Alarm.WEAPON),
        ({"weapon": "unknown"}, answered(GUN, "figure"), "fight", None),
        ({"weapon": "unknown"}, answered(GUN, ""), "fight", None),
        ({"weapon": "none", "gun_violence_threat": False}, answered(GUN, "yes"), "fight", None),
        ({"fire_or_bomb": "unknown"}, answered(BOMB, "maybe"), "fight", Alarm.WEAPON),
        # sexual contact is stated or it is none
        ({"sexual": "contact"}, [], "other", Alarm.SEXUAL),
        ({"sexual": "harassment"}, [], "other", None),
        ({"sexual": "image"}, [], "other", None),
        ({"sexual": "unknown", "sent_on": ["sexual"]}, [], "hurtful_words", None),
        ({"sexual": "unknown"}, answered(TOUCH, "yes"), "other", Alarm.SEXUAL),
        ({"sexual": "unknown"}, answered(TOUCH, "maybe"), "other", None),
        ({"abuse_suspected": "unknown"}, answered(BELT, "yes"), "other", None),
        ({"bias": True, "self_harm": True, "substance": "cannabis"}, [], "substance", None),
    ],
)
def test_what_is_an_alarm(facts: dict[str, Any], signs: list[dict[str, Any]], tile: str, alarm: Alarm | None) -> None:
    assert alarm_of(facts, signs, tile, danger_now=False) is alarm


def test_danger_now_comes_before_everything_else() -> None:
    for tile in Tile:
        assert alarm_of({"sexual": "contact", "weapon": "none"}, [], tile, danger_now=True) is Alarm.DANGER


def test_only_the_tile_of_weapons_is_an_alarm_by_itself() -> None:
    assert [tile for tile in Tile if alarm_of({}, [], tile, danger_now=False)] == [Tile.WEAPON]
