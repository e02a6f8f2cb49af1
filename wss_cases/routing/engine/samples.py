"""Facts to try a decision table on: matching facts for every row, random ones, and some of both made unknown."""

import itertools
import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from wss_cases.routing.engine.conditions import ALWAYS, Condition, fact_is_met
from wss_cases.routing.engine.facts import FACTS, UNKNOWN, Facts, FactSpec, FactType, FactValue
from wss_cases.routing.engine.table import DecisionTable, Row

_Literal = tuple[Condition, bool]

_MOST_CASES: Final = 2000
_DENSITIES: Final = (0.1, 0.25, 0.5, 0.9)
_MISSING: Final = None
_MOST_UNKNOWN: Final = 3
_MOST_ANSWERS: Final = 120


def random_facts(count: int, seed: int = 2026) -> Iterator[Facts]:
    """Yield random facts of every density, the same for the same seed."""
    chance = random.Random(seed)
    for _number in range(count):
        density = chance.choice(_DENSITIES)
        given = {name: _random_value(spec, chance) for name, spec in FACTS.items() if chance.random() < density}
        yield Facts(given)


def with_unknowns(samples: Iterable[Facts], seed: int = 2026) -> Iterator[Facts]:
    """Yield each of these facts with up to three answers made unknown; none where no answer may be unknown."""
    chance = random.Random(seed)
    for facts in samples:
        names = [name for name in FACTS if FACTS[name].may_be_unknown and facts.present(name)]
        if names:
            chosen = chance.sample(names, chance.randint(1, min(_MOST_UNKNOWN, len(names))))
            yield Facts({**facts.given, **dict.fromkeys(chosen, UNKNOWN)})


def answered(names: Sequence[str]) -> Iterator[tuple[FactValue, ...]]:
    """Yield ways to answer these facts, a value for each name.

    Every way, or, with more than 120: no to all, the gravest to all, and each single answer beside either.
    """
    values = [FACTS[name].choices or (False, True) for name in names]
    if math.prod(map(len, values)) <= _MOST_ANSWERS:
        yield from itertools.product(*values)
        return
    for base in (tuple(each[0] for each in values), tuple(each[-1] for each in values)):
        yield base
        for place, each in enumerate(values):
            yield from ((*base[:place], value, *base[place + 1 :]) for value in each)


def _random_value(spec: FactSpec, chance: random.Random) -> Any:
    match spec.type:
        case FactType.FLAG:
            return chance.random() < 0.6
        case FactType.NUMBER:
            return chance.randint(spec.least or 0, spec.most if spec.most is not None else 8)
        case FactType.LIST:
            return tuple(choice for choice in spec.choices if chance.random() < 0.5)
        case FactType.TEXT:
            return "any"
        case _:
            return chance.choice(spec.choices)


def facts_for_row(table: DecisionTable, row: Row, narrowed: Condition = ALWAYS) -> list[Facts]:
    """Facts that meet each way a row (and `narrowed`, the condition of an item) can be met; empty: it can never be met.

    Conditions on the list of items or the police are ignored; a run shows them.
    """
    condition: Condition = {"all": [row.when, narrowed]}
    cases = itertools.islice(_cases(condition, True, table), _MOST_CASES)
    return [Facts(given) for given in map(_solved, cases) if given is not None]


def _cases(condition: Condition, wanted: bool, table: DecisionTable) -> Iterator[tuple[_Literal, ...]]:
    """Yield the ways to give a condition the wanted value, each a set of simple conditions."""
    match condition:
        case {"not": part}:
            yield from _cases(part, not wanted, table)
        case {"all": parts} if wanted:
            yield from _together(parts, wanted, table)
        case {"any": parts} if not wanted:
            yield from _together(parts, wanted, table)
        case {"all": parts} | {"any": parts}:
            for part in parts:
                yield from _cases(part, wanted, table)
        case {"rule": rule}:
            either = {"any": [row.when for row in table.rows if row.rule == rule]}
            yield from _cases(either, wanted, table)
        case _:
            yield ((condition, wanted),)


def _together(parts: list[Condition], wanted: bool, table: DecisionTable) -> Iterator[tuple[_Literal, ...]]:
    ways = [list(itertools.islice(_cases(part, wanted, table), _MOST_CASES)) for part in parts]
    for chosen in itertools.product(*ways):
        yield tuple(itertools.chain.from_iterable(chosen))


def _solved(literals: tuple[_Literal, ...]) -> dict[str, Any] | None:
    by_fact: dict[str, list[_Literal]] = {}
    for condition, wanted in literals:
        if "fact" in condition:
            by_fact.setdefault(condition["fact"], []).append((condition, wanted))
    given: dict[str, Any] = {}
    for name, of_fact in by_fact.items():
        fits = [value for value in _candidates(name, of_fact) if _fits(name, value, of_fact)]
        if not fits:
            return None
        if fits[0] is not _MISSING:
            given[name] = fits[0]
    return given


def _fits(name: str, value: Any, literals: list[_Literal]) -> bool:
    facts = Facts({} if value is _MISSING else {name: value})
    return all(fact_is_met(condition, facts) is wanted for condition, wanted in literals)


def _candidates(name: str, literals: list[_Literal]) -> list[Any]:
    spec = FACTS[name]
    named = [value for condition, _wanted in literals for value in _named(condition)]
    match spec.type:
        case FactType.FLAG:
            return [_MISSING, True, False]
        case FactType.LIST:
            sizes = range(len(spec.choices) + 1)
            return [_MISSING, *itertools.chain(*(itertools.combinations(spec.choices, size) for size in sizes))]
        case FactType.TEXT:
            return [_MISSING, *named, "any"]
        case FactType.NUMBER:
            around = {number + step for number in named for step in (-1, 0, 1)} | {spec.least or 0}
            return [_MISSING, *sorted(number for number in around if spec.allows(number))]
        case _:
            return [_MISSING, *spec.choices]


def _named(condition: Mapping[str, Any]) -> list[Any]:
    value = condition.get("value")
    return value if isinstance(value, list) else [] if value is None else [value]
