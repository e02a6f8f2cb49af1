"""`make states`: docs/states.md, drawn from every …TRANSITIONS table of the code."""

from __future__ import annotations

import enum
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from tests.support.databases import ROOT
from wss_cases.foundation.i18n import Labelled

FILE = ROOT / "docs" / "states.md"
HEAD = """# States

`make states` draws this page from the code, and a test compares them. Each diagram shows the constant named above it.
Every other transition is refused, where possible by the database too.
"""
SUFFIX = "TRANSITIONS"


@dataclass(frozen=True)
class Machine:
    """One table of transitions: where it stands, its states, and their words where the module has them.

    It begins in `beginnings`, the module's BEGINNINGS; without them in its first state.
    """

    module: str
    name: str
    states: type[enum.Enum]
    transitions: Mapping[Any, frozenset[Any]]
    labels: Mapping[Any, Any]
    beginnings: frozenset[Any] = frozenset()

    @property
    def title(self) -> str:
        """The states' class in words: `ReferralState` is "Referral"."""
        name = self.states.__name__.removesuffix("State")
        words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
        return f"{self.room.capitalize()}: {words}"

    @property
    def room(self) -> str:
        """The room in `wss_cases`; of the pathways the one that it is, their common life being that of "pathways"."""
        room, *folders = self.module.removeprefix("wss_cases.").split(".")[:-1]
        return folders[0] if room == "pathways" and folders[0] != "common" else room


def machines() -> list[Machine]:
    """Return every machine of the code, by module and name."""
    return sorted(
        (machine for module in _state_modules() for machine in machines_of(module)),
        key=lambda machine: (machine.module, machine.name),
    )


def machines_of(module: ModuleType) -> list[Machine]:
    """Return the machines that a module defines. ValueError for a table that leaves a state out."""
    found = []
    for name, table in sorted(vars(module).items()):
        if not name.endswith(SUFFIX) or not table:
            continue
        states = type(next(iter(table)))
        if states.__module__ != module.__name__:
            continue  # imported from where it is defined
        if missing := [state.value for state in states if state not in table]:
            raise ValueError(f"{module.__name__}.{name} leaves out {', '.join(missing)}")
        given = getattr(module, "BEGINNINGS", ())
        first = next(state for state in states)
        begins = frozenset(state for state in given if type(state) is states) or frozenset({first})
        labels = _labels(module, states)
        found.append(Machine(module.__name__, name, states, table, labels, begins))
    return found


def page(found: list[Machine]) -> str:
    return "\n".join([HEAD, *(_section(machine) for machine in found)])


def _state_modules() -> Iterator[ModuleType]:
    for path in sorted((ROOT / "wss_cases").rglob("*.py")):
        if f"{SUFFIX} =" in path.read_text(encoding="utf-8") or f"{SUFFIX}:" in path.read_text(encoding="utf-8"):
            yield import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def _labels(module: ModuleType, states: type[enum.Enum]) -> Mapping[Any, Any]:
    if issubclass(states, Labelled):
        return states.labels()
    for name, value in sorted(vars(module).items()):
        if name.endswith("LABELS") and isinstance(value, dict) and all(state in value for state in states):
            return value
    return {}


def _section(machine: Machine) -> str:
    lines = [f"## {machine.title}", "", f"`{machine.module}.{machine.name}`", "", "```mermaid", "stateDiagram-v2"]
    for state in machine.states:
        lines.append(f"    {state.value}: {_words(machine, state)}")
    lines += [f"    [*] --> {state.value}" for state in machine.states if state in machine.beginnings]
    for state in machine.states:
        later = machine.transitions[state]
        lines += [f"    {state.value} --> {each.value}" for each in machine.states if each in later]
        if not later:
            lines.append(f"    {state.value} --> [*]")
    return "\n".join([*lines, "```", ""])


def _words(machine: Machine, state: enum.Enum) -> str:
    return str(machine.labels.get(state, str(state.value).replace("_", " ").capitalize()))


def main() -> int:
    """Write the file."""
    FILE.write_text(page(machines()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
