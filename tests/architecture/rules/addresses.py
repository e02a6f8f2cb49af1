"""Every address that code or a template asks for exists; a page asked for by a wrong name is simply not there."""

from __future__ import annotations

import ast
import re

from jinja2 import nodes

from tests.architecture.rules import guards
from tests.architecture.rules.templates import environment

ENDPOINT = re.compile(r"^[a-z_]+(\.[a-z_0-9]+)+$")
BLUEPRINT = re.compile(r"(?:Blueprint|Pages)\(\s*\"([a-z_]+)\"")
ASKS = {"url_for", "link"}


def in_code(source: str, known: set[str]) -> list[str]:
    """Return the endpoints that a module asks for, or that its acts lead to, and that no rule has; `.name` is of a
    blueprint of the module."""
    own = BLUEPRINT.findall(source) or [""]
    wanted = []
    for node in guards.nodes(source):
        if isinstance(node, ast.Call) and _name(node.func) in ASKS:
            wanted += [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        elif isinstance(node, ast.keyword) and node.arg == "then" and isinstance(node.value, ast.Constant):
            wanted.append(node.value.value)
    return _unknown(wanted, own, known)


def in_template(source: str, known: set[str]) -> list[str]:
    """Return the endpoints that a template asks for and that no rule has."""
    calls = environment.parse(source).find_all(nodes.Call)
    asked = [call for call in calls if isinstance(call.node, nodes.Name) and call.node.name in ASKS]
    wanted = [call.args[0].value for call in asked if call.args and isinstance(call.args[0], nodes.Const)]
    return _unknown(wanted, [""], known)


def in_table(table: dict[str, str], known: set[str]) -> list[str]:
    return [name for name in table.values() if name not in known]


def guarded(source: str) -> list[str]:
    """Return where code asks whether an endpoint exists: then a wrong name is silence instead of an error."""
    return [
        f"line {node.lineno}"
        for node in guards.nodes(source)
        if isinstance(node, ast.Compare)
        and any(isinstance(op, ast.In | ast.NotIn) for op in node.ops)
        and any(_name(one) == "view_functions" for one in node.comparators)
    ]


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _unknown(wanted: list[str], blueprints: list[str], known: set[str]) -> list[str]:
    """Return the names that no rule has; `.name` is known where any of a module's own blueprints has it, alone or
    within another."""
    ends = {name.partition(".")[2] for name in known if name.count(".") > 1}
    every = (
        ([f"{own}{name}" for own in blueprints], known | ends) if name.startswith(".") else ([name], known)
        for name in wanted
    )  # fmt: skip
    return [names[0] for names, there in every if ENDPOINT.match(names[0]) and not there.intersection(names)]
