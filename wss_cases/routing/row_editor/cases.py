"""A condition as cases: it is met when one case holds, and a case holds when all its lines do.

Any stored condition can be read so and written back; no one has to nest brackets.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.routing.engine.conditions import Condition
from wss_cases.routing.engine.facts import FACTS, FactType
from wss_cases.routing.engine.vocabulary import Section


class Question(Labelled):
    """What a line can ask beside the facts."""

    RULE = "rule", _l("an earlier rule")
    NO_ITEM_FOR = "no_item_for", _l("nothing recommended yet for a person")
    ITEM_WITH_PATHWAY = "item_with_pathway", _l("a pathway on the list")
    POLICE = "police", _l("what was found about the police")


class Op(Labelled):
    """The comparisons of a line. All but `missing` have an opposite: an unknown fact never meets one, but always
    meets `not_`."""

    IN = "in", _l("is one of")
    NOT_IN = "not_in", _l("is none of")
    TRUE = "true", _l("holds")
    NOT_TRUE = "not_true", _l("does not hold")
    AT_LEAST = "at_least", _l("is at least")
    AT_MOST = "at_most", _l("is at most")
    IS = "is", _l("is exactly")
    NOT_AT_LEAST = "not_at_least", _l("is not at least")
    NOT_AT_MOST = "not_at_most", _l("is not at most")
    NOT_IS = "not_is", _l("is not")
    INCLUDES = "includes", _l("include")
    NOT_INCLUDES = "not_includes", _l("do not include")
    KNOWN = "known", _l("is known")
    MISSING = "missing", _l("is not known")


OPEN: Final = (Op.KNOWN, Op.MISSING)
"""What says nothing about a value."""
_ANSWERED: Final = (Op.TRUE, Op.NOT_TRUE)
_OPS: Final[Mapping[FactType, tuple[Op, ...]]] = {
    FactType.CHOICE: (Op.IN, Op.NOT_IN, *OPEN),
    FactType.TEXT: (Op.IN, Op.NOT_IN, *OPEN),
    FactType.FLAG: (*_ANSWERED, *OPEN),
    FactType.NUMBER: (Op.AT_LEAST, Op.AT_MOST, Op.IS, Op.NOT_AT_LEAST, Op.NOT_AT_MOST, Op.NOT_IS, *OPEN),
    FactType.LIST: (Op.INCLUDES, Op.NOT_INCLUDES, *OPEN),
}
_ABOUT_LIST: Final = (Question.NO_ITEM_FOR, Question.ITEM_WITH_PATHWAY)


@dataclass(frozen=True)
class Line:
    """One comparison: of a fact or a `Question` with a value (a tuple for `in`)."""

    about: str
    op: Op
    value: Any = None


Cases = list[list[Line]]


def ops_of(about: str) -> tuple[Op, ...]:
    """The comparisons that a fact or question allows."""
    if about in FACTS:
        return _OPS[FACTS[about].type]
    return (Op.IN, Op.NOT_IN) if about == Question.POLICE else _ANSWERED


def questions_of(section: Section, rules: bool) -> list[Question]:
    """What a row of a section may ask beside the facts; `rules`: whether a rule stands before it."""
    order = list(Section)
    late = order.index(section) >= order.index(Section.FALLBACK)
    last = order.index(section) >= order.index(Section.AFTER_POLICE)
    return [*([Question.RULE] if rules else []), *(_ABOUT_LIST if late else ()), *([Question.POLICE] if last else [])]


def cases_of(condition: Condition, wanted: bool = True) -> Cases:
    """The cases in which a stored condition is met, or is not. One case without a line: always."""
    match condition:
        case {"all": parts} | {"any": parts}:
            ways = [cases_of(part, wanted) for part in parts]
            if ("all" in condition) is wanted:
                return [list(itertools.chain.from_iterable(chosen)) for chosen in itertools.product(*ways)]
            return list(itertools.chain.from_iterable(ways))
        case {"not": part}:
            return cases_of(part, not wanted)
        case _:
            return [[_line(condition, wanted)]]


def _line(condition: Condition, wanted: bool) -> Line:
    match condition:
        case {"fact": about, "op": ("known" | "missing") as op}:
            return Line(about, Op.KNOWN if (op == "known") is wanted else Op.MISSING)
        case {"fact": about, "op": op, "value": value}:
            kind = FACTS[about].type
            if kind is FactType.FLAG:
                return Line(about, Op.TRUE if wanted else Op.NOT_TRUE)
            if kind in (FactType.CHOICE, FactType.TEXT):
                return Line(about, Op.IN if wanted else Op.NOT_IN, tuple(value) if op == "in" else (value,))
            return Line(about, Op(op if wanted else f"not_{op}"), value)
        case {"police": findings}:
            return Line(Question.POLICE, Op.IN if wanted else Op.NOT_IN, tuple(findings))
        case _:
            ((about, value),) = condition.items()
            return Line(about, Op.TRUE if wanted else Op.NOT_TRUE, value)


def condition_of(cases: Cases) -> Condition:
    """Return cases as a condition that can be stored."""
    return _joined("any", [_joined("all", [_stored(line) for line in case]) for case in cases])


def _joined(word: str, parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else {word: parts}


def _stored(line: Line) -> Condition:
    if line.about not in FACTS:
        value = list(line.value) if line.about == Question.POLICE else line.value
        met: Condition = {str(line.about): value}
    elif line.op in OPEN:
        return {"fact": line.about, "op": str(line.op)}
    elif line.op in _ANSWERED:
        met = {"fact": line.about, "op": "is", "value": True}
    elif line.op in (Op.IN, Op.NOT_IN):
        op, value = ("in", list(line.value)) if len(line.value) > 1 else ("is", line.value[0])
        met = {"fact": line.about, "op": op, "value": value}
    else:
        met = {"fact": line.about, "op": line.op.removeprefix("not_"), "value": line.value}
    return {"not": met} if line.op.startswith("not_") else met


def same_cases(one: Condition, other: Condition) -> bool:
    """Whether two conditions read as the same cases; the order of compared values does not matter."""
    return _sorted(cases_of(one)) == _sorted(cases_of(other))


def _sorted(cases: Cases) -> list[list[tuple[str, str, Any]]]:
    def value(line: Line) -> Any:
        return sorted(line.value) if isinstance(line.value, tuple) else line.value

    return [[(str(line.about), str(line.op), value(line)) for line in case] for case in cases]
