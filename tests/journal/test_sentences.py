"""Every kind that an act records has its sentence; without one a history shows the kind's own name."""

from __future__ import annotations

import ast

from tests.architecture.rules import guards
from wss_cases.rooms import ROOMS

NOT_SHOWN = {"incident.person_added", "incident.person_changed", "incident.person_identified"}
"""Kinds of one person of a report: no page shows that history."""


def recorded(source: str) -> set[str]:
    """The kinds that a module gives to `uow.record` by name."""
    return {
        node.args[1].value
        for node in guards.nodes(source)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record"
        if len(node.args) > 1 and isinstance(node.args[1], ast.Constant) and isinstance(node.args[1].value, str)
    }


def test_every_recorded_kind_has_its_sentence() -> None:
    kinds = {kind for path in guards.sources() for kind in recorded(path.read_text(encoding="utf-8"))}
    said = {kind for room in ROOMS for kind in room.sentences}
    assert len(kinds) > 300
    assert kinds - said == NOT_SHOWN
    assert recorded('uow.record(item, "found_item.added", what="x")') - said, "planted"
