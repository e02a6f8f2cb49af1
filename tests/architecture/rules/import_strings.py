"""Modules of the application that others name in a string: `import_module` hides them from the import contracts."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import grimp

from tests.support.databases import ROOT

PACKAGE = "wss_cases"
NAMED = re.compile(rf"{PACKAGE}(\.\w+)+")
STARTED = {"wss_cases.jobs.pdf.process"}
"""A program of a process that is started: nothing of the process that names it runs in there."""


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(PACKAGE)


@cache
def _rungs() -> dict[str, int]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    ladder = next(one["layers"] for one in contracts if one["id"] == "ladder")
    return {room: rung for rung, layer in enumerate(ladder) for room in re.findall(r"\w+", layer)}


def _room(module: str) -> str:
    return module.split(".")[1]


def hidden_imports(path: Path, source: str) -> list[str]:
    """Return a line for each module that a file names in a string and that stands above it, or leads back to it."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    words = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    named = {word for word in words if isinstance(word, str) and NAMED.fullmatch(word)} - {module} - STARTED
    return [f"{path}: {name} {wrong}" for name in sorted(named & _graph().modules) if (wrong := _wrong(module, name))]


def _wrong(module: str, named: str) -> str:
    if _rungs()[_room(named)] < _rungs()[_room(module)]:
        return "stands above"
    return "leads back here" if _graph().find_shortest_chain(importer=named, imported=module) else ""
