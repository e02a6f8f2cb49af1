"""What makes the outcome of a test depend on the day or on a draw: each rule is a function from source to offences."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.rules.guards import nodes
from tests.support.databases import ROOT

OWN_CLOCKS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime"},
}
THE_MACHINES = {"machine_now", "on_the_machines_clock", "escape_hatch"}
IN_WORDS = re.compile(r"\bnow\(\)|CURRENT_(DATE|TIME)|clock_timestamp|'now'|Date\.now|new Date\(\)")
"""SQL and JavaScript that ask another program for the day."""
DRAWS = {"random", "randint", "randrange", "choice", "choices", "sample", "shuffle", "uniform", "randbytes", "gauss"}

ON_THE_MACHINES_CLOCK = {
    "support/fixed/day.py": "works out how far the run is ahead",
    "browser/stories/test_push.py": "a library dates what a process signs by the machine's clock",
    "faults/kills/test_push.py": "so it does there",
    "support/servers/signed_in.py": "a web server of its own reads cookies by it",
    "faults/reminders/system.py": "a heartbeat is compared with the clock file",
    "journal/audit/months.py": "months are made ahead of PostgreSQL's own clock",
    "tools/library_holes.py": "a program that is run by hand on the day it asks about",
    "outcomes/reports/test_replica.py": "PostgreSQL is told how late it is by its own clock",
    "cli/test_database_roles.py": "a row that is refused",
    "cli/backup/test_take_over.py": "a row that is overwritten",
    "bench/district.py": "a bench, which asserts no day",
    "architecture/rules/days.py": "names them",
    "architecture/test_days.py": "plants them",
}
"""Files of the tests that ask the machine's clock, each with the reason; what they prove must hold on any day."""


def test_files() -> Iterator[Path]:
    """Every Python file of the tests, helpers and programs among them."""
    return (path for path in sorted((ROOT / "tests").rglob("*.py")) if "__pycache__" not in path.parts)


def reads_the_day(path: Path, source: str) -> list[str]:
    """Tests ask `foundation.clock`, which stands on the day of the run; files that may not are named above."""
    return [
        f"{path}:{node.lineno}: {words} instead of foundation.clock"
        for node in nodes(source)
        if isinstance(node, ast.expr) and (words := _asked(node))
    ]


def _asked(node: ast.expr) -> str:
    """Return how an expression asks for the day; '' where it does not."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and (found := IN_WORDS.search(node.value)):
        return found.group()
    if not isinstance(node, ast.Attribute):
        return ""
    owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
    is_asking = node.attr in OWN_CLOCKS.get(owner, ()) or node.attr in THE_MACHINES
    return f"{owner}.{node.attr}" if is_asking else ""


def draws_without_a_seed(path: Path, source: str) -> list[str]:
    """Whoever draws says from which seed: `random.Random(7)`, `numpy.random.default_rng(7)`."""
    has_random = _imports_random(source)
    return [
        f"{path}:{node.lineno}: {words} draws without a seed"
        for node in nodes(source)
        if isinstance(node, ast.Call) and (words := _drawn(node, has_random))
    ]


def _imports_random(source: str) -> bool:
    return any(isinstance(node, ast.Import) and node.names[0].name == "random" for node in nodes(source))


def _drawn(call: ast.Call, has_random: bool) -> str:
    """Return the name of what draws without a seed; '' where a call does not."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    owner = getattr(call.func.value, "id", "") if isinstance(call.func, ast.Attribute) else ""
    if name in ("Random", "default_rng", "RandomState") and not call.args and not call.keywords:
        return name
    if name == "SystemRandom" or (owner == "random" and has_random and name in DRAWS):
        return name
    return ""
