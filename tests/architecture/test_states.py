"""The drawn state machines are those of the code."""

from __future__ import annotations

import enum
from types import ModuleType

import pytest

from tests.tools.state_diagrams import FILE, Machine, machines, machines_of, page


class Light(enum.StrEnum):
    """A planted machine."""

    RED = "red"
    GREEN = "green"


def planted(**names: object) -> ModuleType:
    module = ModuleType(Light.__module__)
    vars(module).update(names)
    return module


def test_the_page_is_what_the_code_says() -> None:
    assert FILE.read_text(encoding="utf-8") == page(machines()), "run `make states`"


def test_every_machine_begins_somewhere_and_reaches_all_its_states() -> None:
    for machine in machines():
        assert unreachable(machine) == set(), f"{machine.module}.{machine.name}"


def unreachable(machine: Machine) -> set[object]:
    """Return the states that no path from where it begins leads to."""
    seen, ahead = set(machine.beginnings), list(machine.beginnings)
    while ahead:
        for state in machine.transitions[ahead.pop()]:
            if state not in seen:
                seen.add(state)
                ahead.append(state)
    return set(machine.states) - seen


def test_a_change_shows_and_a_forgotten_state_is_named() -> None:
    whole = {Light.RED: frozenset({Light.GREEN}), Light.GREEN: frozenset[Light]()}
    (machine,) = machines_of(planted(TRANSITIONS=whole, LABELS={Light.RED: "Stop", Light.GREEN: "Go"}))
    drawn = page([machine])
    assert all(line in drawn for line in (": light", "[*] --> red", "red: Stop", "red --> green", "green --> [*]"))
    stuck = {Light.RED: frozenset[Light](), Light.GREEN: frozenset[Light]()}
    (machine,) = machines_of(planted(TRANSITIONS=stuck))
    assert page([machine]) != drawn
    assert unreachable(machine) == {Light.GREEN}
    with pytest.raises(ValueError, match="green"):
        machines_of(planted(TRANSITIONS={Light.RED: frozenset[Light]()}))
