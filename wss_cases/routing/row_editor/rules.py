"""The outline of a row in its form, its condition as cases, and what its fields must fulfill together.

A condition is met when one case holds, and a case holds when all its lines do: any stored condition can be read so and
written back. Fields are named after the outline, a hidden field, so that a line can be added or removed without moving
what was typed.
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.routing.engine.conditions import ALWAYS, Condition
from wss_cases.routing.engine.facts import FACTS, FactType
from wss_cases.routing.engine.table import MOST_SCHOOL_DAYS
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


MOST: Final = 12
"""How many cases a condition may have, lines a case, items or removals a row."""
ROW: Final = "when"
_NAME: Final = re.compile(r"[cilr][0-9]{1,4}|when")


@dataclass
class Case:
    """One case: the names of its lines, each with what it asks about."""

    name: str
    lines: dict[str, str] = field(default_factory=dict)


@dataclass
class Outline:
    """The parts of one rule as the editor shows them.

    `cases`: the cases of each condition, by its owner: the row (`when`) or the name of an item. `removals`: what a hold
    takes away.
    """

    next: int = 1
    cases: dict[str, list[Case]] = field(default_factory=lambda: {ROW: []})
    removals: list[str] = field(default_factory=list)

    @property
    def items(self) -> list[str]:
        """The names of the items, in order."""
        return [name for name in self.cases if name != ROW]

    def every_case(self) -> Iterator[Case]:
        for cases in self.cases.values():
            yield from cases

    def named(self, letter: str) -> str:
        self.next += 1
        return f"{letter}{self.next - 1}"

    def text(self) -> str:
        """The outline as the hidden field's text."""
        cases = {owner: [[case.name, case.lines] for case in cases] for owner, cases in self.cases.items()}
        return json.dumps({"next": self.next, "cases": cases, "removals": self.removals})

    @classmethod
    def read(cls, text: str, subjects: set[str]) -> Self:
        """Read the outline from a form. Raises NotFound for one that no page made."""
        try:
            data = json.loads(text)
            cases = {
                owner: [Case(name, dict(lines)) for name, lines in found]
                for owner, found in dict(data["cases"]).items()
            }
            outline = cls(int(data["next"]), cases, [str(name) for name in data["removals"]])
        except (ValueError, TypeError, KeyError) as broken:
            raise NotFound from broken
        if not outline._sound(subjects):
            raise NotFound
        return outline

    def _sound(self, subjects: set[str]) -> bool:
        every = list(self.every_case())
        lines = [line for case in every for line in case.lines]
        names = [*self.cases, *self.removals, *(case.name for case in every), *lines]
        lists = [*self.cases.values(), *(case.lines for case in every), self.removals, self.items]
        return (
            ROW in self.cases
            and all(isinstance(name, str) and _NAME.fullmatch(name) for name in names)
            and len(set(names)) == len(names)
            and all(about in subjects for case in every for about in case.lines.values())
            and all(len(some) <= MOST for some in lists)
            and 0 < self.next < 9000
        )


def opened(row: Mapping[str, Any]) -> tuple[Outline, dict[str, Any]]:
    """The outline of a stored row and the values of its conditions' fields, items and removals."""
    outline, values = Outline(), dict[str, Any]()
    _lay_out(outline, values, ROW, cases_of(row.get("when", ALWAYS)))
    for item in row.get("items", []):
        name = outline.named("i")
        values |= {f"{name}_{key}": item.get(key) for key in ("kind", "for", "tier", "start")}
        values |= texts(f"{name}_because", item.get("because"))
        _lay_out(outline, values, name, cases_of(item.get("when", ALWAYS)))
    for removal in row.get("removes", []):
        name = outline.named("r")
        outline.removals.append(name)
        values |= {f"{name}_{key}": list(removal.get(key, [])) for key in ("kinds", "pathways", "for")}
    return outline, values


def texts(name: str, text: Mapping[str, str] | None) -> dict[str, str]:
    return {f"{name}_{language}": words for language, words in (text or {}).items()}


def _lay_out(outline: Outline, values: dict[str, Any], owner: str, cases: Cases) -> None:
    outline.cases[owner] = []
    for lines in cases:
        case = Case(outline.named("c"))
        outline.cases[owner].append(case)
        for line in lines:
            name = outline.named("l")
            case.lines[name] = str(line.about)
            value = list(line.value) if isinstance(line.value, tuple) else line.value
            values |= {f"{name}_op": str(line.op), f"{name}_value": value}


def take_step(outline: Outline, step: str, about: str, subjects: set[str]) -> None:
    """Add or remove what a button names, e.g. "remove:l4" or "line:c2". Raises Refused when no more fits."""
    what, _colon, name = step.partition(":")
    match what:
        case "case" if name in outline.cases:
            _room(outline.cases[name])
            outline.cases[name].append(Case(outline.named("c")))
        case "line" if about in subjects:
            for case in outline.every_case():
                if case.name == name:
                    _room(case.lines)
                    case.lines[outline.named("l")] = about
        case "line":
            raise Refused(f"{name}_about", _("Choose what the line is about."))
        case "item":
            _room(outline.items)
            item = outline.named("i")
            outline.cases[item] = [Case(outline.named("c"))]
        case "removal":
            _room(outline.removals)
            outline.removals.append(outline.named("r"))
        case "remove" if name != ROW:
            _remove(outline, name)


def _room(there: Any) -> None:
    if len(there) >= MOST:
        raise Refused("", _("No more than %(most)d fit here. Split the row in two.", most=MOST))


def _remove(outline: Outline, name: str) -> None:
    outline.cases.pop(name, None)
    outline.removals = [removal for removal in outline.removals if removal != name]
    for owner, cases in outline.cases.items():
        outline.cases[owner] = [case for case in cases if case.name != name]
        for case in cases:
            case.lines.pop(name, None)


NEED_ITEMS = (Section.PATHWAYS, Section.FALLBACK)
DUTY_SECTIONS = (Section.DUTIES, Section.AFTER_POLICE)
VERIFIED = {
    "yes": _l("When it is verified"),
    "unknown": _l("While no one knows yet"),
    "no": _l("When it is found not to be true"),
}
"""The three branches of a legal duty, by what is known."""


def what_is_missing(form: Any) -> list[tuple[str, str]]:
    """The fields of a row's form that lack something, each with a message; no field: the whole row."""
    return [*_empty_cases(form), *_without_reason(form), *_without_effect(form)]


def days_in(text: str) -> list[int]:
    """Return the numbers of school days in a typed list. Raises ValueError."""
    days = [int(part) for part in text.split(",")]
    if not all(0 <= day <= MOST_SCHOOL_DAYS for day in days):
        raise ValueError
    return days


def _empty_cases(form: Any) -> list[tuple[str, str]]:
    cases = form.laid_out.cases
    wrong = [] if cases[ROW] else [("", _("Add a case: without one the row never matches."))]
    words = _("Add a line, or remove this case: a case without a line is always true.")
    return wrong + [
        (f"{case.name}_about", words)
        for several in cases.values()
        if len(several) > 1
        for case in several
        if not case.lines
    ]


def _without_reason(form: Any) -> list[tuple[str, str]]:
    if form.text("because"):
        return []
    words = _("Enter a reason here, or one for the whole row.")
    names = (f"{item}_because" for item in form.laid_out.items)
    return [(f"{name}_en", words) for name in names if not form.text(name)]


def _without_effect(form: Any) -> list[tuple[str, str]]:
    wrong = []
    if form.section in NEED_ITEMS and not form.laid_out.items:
        wrong.append(("", _("Add what the row recommends.")))
    if form.section in DUTY_SECTIONS and not any(form[f"verified_{answer}"].data for answer in VERIFIED):
        wrong.append(("verified_yes", _("This row would never raise its duty.")))
    for name in form.laid_out.removals:
        if not any(form[f"{name}_{key}"].data for key in ("kinds", "pathways", "for")):
            wrong.append((f"{name}_kinds", _("Choose what it removes.")))
    return wrong
