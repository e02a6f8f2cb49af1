"""Which values of a stored row an administrator may change, and the row with them changed.

The shape of a condition, the kinds, duties and people of a row stay; thresholds, words compared with,
tiers, days, and the sentences in each language can be edited.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from wss_cases.routing.engine.facts import FACTS, FactType


class LeafType(StrEnum):
    """How a value is asked for."""

    NUMBER = "number"
    TIER = "tier"
    DAYS = "days"
    CHOICE = "choice"
    CHOICES = "choices"
    SENTENCE = "sentence"


@dataclass(frozen=True)
class Leaf:
    """One value that may be changed. `key` is its path inside the row; `about` the fact, kind or language."""

    key: str
    type: LeafType
    about: str
    value: Any
    op: str = ""
    choices: tuple[str, ...] = ()


def leaves(row: Mapping[str, Any]) -> list[Leaf]:
    """Return what can be changed in a stored row, in the order in which it is read."""
    return [
        *_in_condition(row["when"], ("when",)),
        *_in_items(row.get("items", [])),
        *(
            Leaf(f"school_days.{place}", LeafType.DAYS, "", days)
            for place, days in enumerate(row.get("school_days", []))
        ),
        *_in_text(row.get("because"), ("because",)),
        *_in_text(row.get("until"), ("until",)),
    ]


def changed_row(row: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with values replaced by key; keys that are no leaf of the row are left out."""
    edited = copy.deepcopy(dict(row))
    for leaf in leaves(row):
        if leaf.key not in changes or _same(leaf, changes[leaf.key]):
            continue
        place: Any = edited
        *path, last = leaf.key.split(".")
        for step in path:
            place = place[_step(place, step)]
        place[_step(place, last)] = changes[leaf.key]
    return edited


def _same(leaf: Leaf, value: Any) -> bool:
    """Say whether nothing changed; the order of words to compare with means nothing."""
    if leaf.type is LeafType.CHOICES and isinstance(value, list):
        return set(leaf.value) == set(value)
    return bool(leaf.value == value)


def _step(place: Any, step: str) -> Any:
    return int(step) if isinstance(place, list) else step


def _in_condition(condition: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Leaf]:
    match condition:
        case {"all": parts} | {"any": parts}:
            word = "all" if "all" in condition else "any"
            for number, part in enumerate(parts):
                yield from _in_condition(part, (*path, word, str(number)))
        case {"not": part}:
            yield from _in_condition(part, (*path, "not"))
        case {"fact": fact, "op": op, "value": value} if value is not True:
            yield _fact_leaf(".".join((*path, "value")), fact, op, value)


def _fact_leaf(key: str, fact: str, op: str, value: Any) -> Leaf:
    spec = FACTS[fact]
    if spec.type is FactType.NUMBER:
        return Leaf(key, LeafType.NUMBER, fact, value, op)
    return Leaf(key, LeafType.CHOICES if op == "in" else LeafType.CHOICE, fact, value, op, spec.choices)


def _in_items(items: list[Any]) -> Iterator[Leaf]:
    for number, item in enumerate(items):
        path = ("items", str(number))
        kind = item["kind"]
        yield from _in_condition(item.get("when", {"all": []}), (*path, "when"))
        yield Leaf(".".join((*path, "tier")), LeafType.TIER, kind, item["tier"])
        yield Leaf(".".join((*path, "start")), LeafType.DAYS, kind, item["start"])
        yield from _in_text(item.get("because"), (*path, "because"))


def _in_text(text: Mapping[str, str] | None, path: tuple[str, ...]) -> Iterator[Leaf]:
    for language, words in sorted((text or {}).items()):
        yield Leaf(".".join((*path, language)), LeafType.SENTENCE, language, words)
