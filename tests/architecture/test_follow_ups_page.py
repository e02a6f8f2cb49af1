"""docs/follow-ups.md names every place that makes a follow-up."""

from __future__ import annotations

import ast
import re

from tests.support.databases import ROOT

MAKERS = {
    "wss_cases.followups.making": {"make", "make_for_event"},
    "wss_cases.pathways.common.actions": {"follow", "follow_event"},
}


def makes_follow_ups(source: str) -> bool:
    imports = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom))
    return any(MAKERS.get(node.module or "", set()) & {alias.name for alias in node.names} for node in imports)


def test_the_page_names_each_place_that_makes_a_follow_up() -> None:
    page = (ROOT / "docs" / "follow-ups.md").read_text(encoding="utf-8")
    named = [f"wss_cases/{path}" for path in re.findall(r"`(?:wss_cases/)?([a-z_]+/[a-z_/]+)(?:\.py)?`", page)]
    sources = (ROOT / "wss_cases").rglob("*.py")
    makers = [str(path.relative_to(ROOT)) for path in sources if makes_follow_ups(path.read_text(encoding="utf-8"))]
    assert len(makers) > 15
    assert [path for path in makers if not any(path.startswith((f"{place}/", f"{place}.py")) for place in named)] == []
