"""The outline of a row in its form: its cases, lines, items and removals, each with a name of its own.

Fields are named after it, so that a line can be added or removed without moving what was typed. The outline is a hidden
field of the form.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import _
from wss_cases.routing.engine.conditions import ALWAYS
from wss_cases.routing.row_editor.cases import Cases, cases_of

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
    """`cases` by the owner of the condition: the row (`when`) or an item. `removals` are those of a hold."""

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
    """Return the fields of a text in each language."""
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
