"""What makes a report an alarm, from what it says: one rule for mail, the review queue and My day. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.incidents.incident.states import SENSITIVE, Tile

SURE, MAYBE = "yes", "maybe"
MAYBE_FACTS = "maybe"
"""The key of `Incident.facts` that lists the facts a reviewer left at "maybe"; it is not routed."""

_ARMED = frozenset({"firearm", "maybe_firearm", "other"})
_NOT_ARMED = frozenset({"none", "lookalike"})
_THREATS = ("gun_violence_threat", "fire_or_bomb")


class Alarm(Labelled):
    """Why a report comes first. The label of the last is all that a list says of such a report."""

    DANGER = "danger", _l("Hurt or in danger")
    WEAPON = "weapon", _l("Weapon, or maybe one")
    SEXUAL = "sexual", _l("Read this one now")


WORDLESS = (*SENSITIVE, "adult_conduct", "bias")
"""Facts of which a list says nothing in the report's own words: whoever reviews opens the report."""


def shows_words(facts: Mapping[str, Any] | None) -> bool:
    """Whether a list may show the words of a report: not where any of these facts stands, is unknown or was sent on."""
    said = facts or {}
    return not said.get("sent_on") and all(said.get(name) in (None, False, "none") for name in WORDLESS)


def signs_of(report: Any) -> list[Mapping[str, Any]]:
    """Return the signs that a report stores."""
    return list(report.signs or [])


def alarm_of(facts: Mapping[str, Any], signs: Iterable[Mapping[str, Any]], tile: str, danger_now: bool) -> Alarm | None:
    """Return why a report is an alarm, None where it is none.

    `facts` and `signs` are what the report stores, `tile` and `danger_now` its columns. An alarm is danger now; a gun,
    another weapon or a bomb that the tile, an answer or the reporter's own confirmation states or leaves at maybe; and
    sexual contact that is stated. A word that nobody confirmed is none, and a fact answered with no ends one.
    """
    confirmed = [sign for sign in signs if sign.get("answer") in (SURE, MAYBE)]
    if danger_now or facts.get("imminent_danger") is True:
        return Alarm.DANGER
    if _is_armed(facts, tile) or any(_may_hold(facts, confirmed, name) for name in ("weapon", *_THREATS)):
        return Alarm.WEAPON
    stated = [sign for sign in confirmed if sign.get("answer") == SURE]
    if facts.get("sexual") == "contact" or _names(stated, facts, "sexual"):
        return Alarm.SEXUAL
    return None


def _is_armed(facts: Mapping[str, Any], tile: str) -> bool:
    weapon = facts.get("weapon")
    return weapon in _ARMED or (tile == Tile.WEAPON and weapon not in _NOT_ARMED)


def _may_hold(facts: Mapping[str, Any], confirmed: Iterable[Mapping[str, Any]], name: str) -> bool:
    """Whether a threat stands, or was left at maybe by the reporter or a reviewer and nobody answered since."""
    if facts.get(name) is True:
        return True
    return _is_open(facts, name) and (name in facts.get(MAYBE_FACTS, ()) or _names(confirmed, facts, name))


def _names(signs: Iterable[Mapping[str, Any]], facts: Mapping[str, Any], name: str) -> bool:
    return _is_open(facts, name) and any(name in sign.get("facts", ()) for sign in signs)


def _is_open(facts: Mapping[str, Any], name: str) -> bool:
    return facts.get(name) in (None, "unknown")
