"""Conditions of the decision table: a small form that is stored as JSON and can be edited.

{"all": [...]} · {"any": [...]} · {"not": {...}}       {"all": []} is always true
{"fact": "group", "op": "at_least", "value": 3}        ops: is, in, at_least, at_most, includes,
                                                       known, missing (the last two without value)
{"rule": "P3"}                    an earlier rule matched
{"no_item_for": "caused_harm"}    nothing on the list is for this person or for both
{"item_with_pathway": "circle"}   something on the list belongs to this pathway
{"police": ["emergency"]}         what was found about the police

A condition is true, false, or undecided (None) where it hangs on a fact that is unknown: `all` is false if one part is,
`any` is true if one part is, `not` undecided is undecided (Kleene's strong tables). Conditions on rules, the list and
the police are never undecided: they look at what is certain. Only the fallback takes a hold as matched that stands
until something is known.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from wss_cases.foundation.errors import Refused
from wss_cases.routing.engine.facts import FACTS, UNKNOWN, Facts, FactSpec, FactType
from wss_cases.routing.engine.vocabulary import PATHWAY_OF, Kind, Pathway, Person, Police

Condition = Mapping[str, Any]

ALWAYS: Final[Condition] = {"all": []}

OPS: Final[Mapping[FactType, tuple[str, ...]]] = {
    FactType.CHOICE: ("is", "in", "known", "missing"),
    FactType.FLAG: ("is", "known", "missing"),
    FactType.NUMBER: ("is", "at_least", "at_most", "known", "missing"),
    FactType.LIST: ("includes", "known", "missing"),
    FactType.TEXT: ("is", "in", "known", "missing"),
}


@dataclass(slots=True)
class Scene:
    """What a condition can read while a table is evaluated."""

    facts: Facts
    matched: set[str] = field(default_factory=set)
    on_list: Callable[[], set[tuple[Kind, Person]]] = set
    police: Police = Police.NOT_INDICATED


Test = Callable[[Scene], bool | None]
"""A condition as a function: true, false, or None for undecided."""


def compiled(condition: Condition) -> Test:
    """A checked condition as a function, made once and called for many scenes."""
    match condition:
        case {"all": parts}:
            return _every([compiled(part) for part in parts])
        case {"any": parts}:
            return _some([compiled(part) for part in parts])
        case {"not": part}:
            return _opposite(compiled(part))
        case {"fact": name, "op": op}:
            return _fact_test(name, op, condition.get("value"))
        case {"rule": rule}:
            return lambda scene: rule in scene.matched
        case {"no_item_for": person}:
            return lambda scene: not any(whom in (person, Person.BOTH) for _, whom in scene.on_list())
        case {"item_with_pathway": pathway}:
            return lambda scene: any(PATHWAY_OF[kind] == pathway for kind, _ in scene.on_list())
        case {"police": findings}:
            return lambda scene: scene.police in findings
        case _:
            raise ValueError(f"not a condition: {condition}")


def _every(tests: list[Test]) -> Test:
    def every(scene: Scene) -> bool | None:
        met: bool | None = True
        for test in tests:
            part = test(scene)
            if part is False:
                return False
            if part is None:
                met = None
        return met

    return tests[0] if len(tests) == 1 else every


def _some(tests: list[Test]) -> Test:
    def some(scene: Scene) -> bool | None:
        met: bool | None = False
        for test in tests:
            part = test(scene)
            if part:
                return True
            if part is None:
                met = None
        return met

    return tests[0] if len(tests) == 1 else some


def _opposite(test: Test) -> Test:
    def opposite(scene: Scene) -> bool | None:
        met = test(scene)
        return None if met is None else not met

    return opposite


def fact_is_met(condition: Condition, facts: Facts) -> bool:
    """Whether a condition on one fact is true, not false and not undecided."""
    return compiled(condition)(Scene(facts)) is True


def undecided_facts(condition: Condition, scene: Scene) -> Iterator[str]:
    """Yield the unknown facts that make a condition undecided, some of them twice."""
    match condition:
        case {"all": parts} | {"any": parts}:
            for part in parts:
                if compiled(part)(scene) is None:
                    yield from undecided_facts(part, scene)
        case {"not": part}:
            yield from undecided_facts(part, scene)
        case {"fact": name}:
            yield name


def _fact_test(name: str, op: str, wanted: Any) -> Test:
    test = _known_fact_test(name, op, wanted)
    if op == "missing" or not FACTS[name].may_be_unknown:
        return test
    return lambda scene: None if scene.facts.given.get(name) == UNKNOWN else test(scene)


def _known_fact_test(name: str, op: str, wanted: Any) -> Test:
    if op == "known":
        return lambda scene: name in scene.facts.given
    if op == "missing":
        return lambda scene: name not in scene.facts.given
    compare, default = _COMPARED[op], FACTS[name].default

    def met(scene: Scene) -> bool:
        value = scene.facts.given.get(name, default)
        return value is not None and compare(value, wanted)

    return met


_COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "is": lambda value, wanted: bool(value == wanted),
    "in": lambda value, wanted: value in wanted,
    "includes": lambda value, wanted: isinstance(value, tuple) and wanted in value,
    "at_least": lambda value, wanted: isinstance(value, int) and value >= wanted,
    "at_most": lambda value, wanted: isinstance(value, int) and value <= wanted,
}


def parts_of(condition: Condition) -> Iterator[Condition]:
    """Yield every simple condition inside a condition."""
    match condition:
        case {"all": parts} | {"any": parts}:
            for part in parts:
                yield from parts_of(part)
        case {"not": part}:
            yield from parts_of(part)
        case _:
            yield condition


def check_condition(condition: object, earlier_rules: set[str]) -> None:
    """Check the form and the names of a condition. Raises `Refused` with field `when`."""
    if not isinstance(condition, Mapping):
        raise Refused("when", f"A condition must be an object, not {condition!r}.")
    match dict(condition):
        case {"all": list(parts), **rest} | {"any": list(parts), **rest} if not rest:
            for part in parts:
                check_condition(part, earlier_rules)
        case {"not": part, **rest} if not rest:
            check_condition(part, earlier_rules)
        case {"fact": str(name), "op": str(op), **rest} if set(rest) <= {"value"}:
            _check_fact(name, op, rest)
        case {"rule": str(rule), **rest} if not rest:
            if rule not in earlier_rules:
                raise Refused("when", f"Rule {rule} does not come before this row.")
        case {"no_item_for": person, **rest} if not rest and person in (Person.CAUSED_HARM, Person.HARMED):
            return
        case {"item_with_pathway": pathway, **rest} if not rest and pathway in set(Pathway):
            return
        case {"police": list(findings), **rest} if not rest and set(findings) <= set(Police):
            return
        case other:
            raise Refused("when", f"This is not a condition: {other}.")


def _check_fact(name: str, op: str, rest: Mapping[str, Any]) -> None:
    if name not in FACTS:
        raise Refused("when", f"{name} is not a known fact.")
    spec = FACTS[name]
    if op not in OPS[spec.type]:
        raise Refused("when", f"{name} cannot be compared with {op}; use {', '.join(OPS[spec.type])}.")
    if op in ("known", "missing"):
        if "value" in rest:
            raise Refused("when", f"{name} {op} takes no value.")
    elif not _value_fits(spec, op, rest.get("value")):
        raise Refused("when", f"{name} cannot be compared with {rest.get('value')!r}.")


def _value_fits(spec: FactSpec, op: str, value: object) -> bool:
    if op == "in":
        return isinstance(value, list) and value != [] and all(_value_fits(spec, "is", entry) for entry in value)
    match spec.type:
        case FactType.FLAG:
            return value is True
        case FactType.NUMBER:
            return isinstance(value, int) and not isinstance(value, bool) and _reachable(spec, value)
        case FactType.TEXT:
            return isinstance(value, str)
        case _:
            return isinstance(value, str) and value in spec.choices


def _reachable(spec: FactSpec, value: int) -> bool:
    default = spec.default if isinstance(spec.default, int) else spec.least
    lowest = min(number for number in (default, spec.least) if number is not None)
    return value >= lowest and (spec.most is None or value <= spec.most)
