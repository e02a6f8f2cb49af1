"""Which facts a decision table cannot tell apart: their answers, and the promises broken in them, are equal. Pure."""

from bisect import bisect_right
from collections.abc import Callable
from typing import Any, Final

from wss_cases.routing.engine.conditions import Condition, parts_of
from wss_cases.routing.engine.facts import FACTS, Facts, FactType
from wss_cases.routing.engine.table import DecisionTable

ENGINE_READS: Final = frozenset({"caused_by", "harmed", "grade", "sexual", "supports", "verified"})
"""Facts that the engine and its promises look at beside the rows, flags apart."""
YOUNG: Final = 3
"""The first grade that no promise speaks of."""

Key = tuple[tuple[str, Any], ...]


def alike(table: DecisionTable) -> Callable[[Facts], Key]:
    """Return a function that gives facts one key exactly when nothing in the table or the engine tells them apart."""
    conditions = [part for row in table.rows for part in parts_of(row.when)]
    conditions += [part for row in table.rows for effect in row.effects for part in parts_of(effect.when)]
    of_facts = [condition for condition in conditions if "fact" in condition]
    asked_known = {one["fact"] for one in of_facts if one["op"] in ("known", "missing")}
    read = {one["fact"] for one in of_facts} | ENGINE_READS
    bounds = {
        name: sorted({YOUNG} | _bounds(of_facts, name)) for name, spec in FACTS.items() if spec.type is FactType.NUMBER
    }

    def key(facts: Facts) -> Key:
        said = []
        for name, value in facts.given.items():
            spec = FACTS[name]
            if spec.type is not FactType.FLAG and name not in read:
                continue
            if (value is False or value == spec.default) and name not in asked_known:
                continue
            said.append((name, bisect_right(bounds[name], value) if name in bounds else value))
        return tuple(sorted(said))

    return key


def _bounds(conditions: list[Condition], name: str) -> set[int]:
    """The numbers at which some condition on a fact changes its answer."""
    found: set[int] = set()
    for condition in conditions:
        if condition["fact"] == name and "value" in condition:
            value, op = condition["value"], condition["op"]
            found |= {value} if op == "at_least" else {value + 1} if op == "at_most" else {value, value + 1}
    return found
