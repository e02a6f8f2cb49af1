"""Rules about the code, each a function from source to the offences in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tests.support.databases import ROOT

PACKAGE = ROOT / "wss_cases"
LONGEST_FILE = 500
LONGEST_FUNCTION = 40
FLASK_ROOMS = ("foundation", "web", "cli", "jobs", "app")
BELOW_PAGES = ("models", "rules", "queries", "messages", "states", "actions")
"""Files that know neither Flask nor a form: what they hold is called without a request."""
CLOCK_CALLS = {"now", "utcnow", "today", "fromtimestamp", "utcfromtimestamp"}
CLOCK_NAMES = {"datetime", "date"}
SCHOOL_TIME = PACKAGE / "foundation" / "school_time.py"
# dates that a person typed or a file says: no instants
GIVEN_DATES = {"roster/calendar/importing/calendar_file.py", "cli/imports.py", "cli/routing.py"}


def sources() -> Iterator[Path]:
    """Every Python file of the package."""
    return (path for path in sorted(PACKAGE.rglob("*.py")) if "__pycache__" not in path.parts)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@lru_cache(maxsize=1)
def nodes(source: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(source)))


def imports(source: str) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Return (line, module, names) of every import, wherever it stands."""
    for node in nodes(source):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or "", tuple(alias.name for alias in node.names)


def file_size(path: Path, source: str) -> list[str]:
    """Files stay readable in one sitting."""
    lines = source.count("\n")
    return [f"{path}: {lines} lines, {LONGEST_FILE} at most"] if lines > LONGEST_FILE else []


def bare_clicks(path: Path, source: str) -> list[str]:
    """A test clicks through `go` (it leads to another page, and is there) or `tap` (it stays): what is looked at after
    a bare click may still be the page before, on a slow day."""
    return [
        f"{path}:{node.lineno}: a click that does not say whether it leads on: use go or tap"
        for node in nodes(source)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "click"
    ]


def function_size(path: Path, source: str) -> list[str]:
    """Functions fit on a screen."""
    offences = []
    for node in nodes(source):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                offences.append(f"{path}:{node.lineno} {node.name}: {lines} lines, {LONGEST_FUNCTION} at most")
    return offences


def extension_imports(path: Path, source: str) -> list[str]:
    """Only foundation imports Flask's extensions."""
    if room_of(path) == "foundation":
        return []
    return [
        f"{path}:{line}: imports {module}"
        for line, module, _ in imports(source)
        if module.split(".")[0].startswith("flask_")
    ]


def flask_below_pages(path: Path, source: str) -> list[str]:
    """No Flask and no form below the pages of a feature."""
    if room_of(path) in FLASK_ROOMS or path.stem not in BELOW_PAGES:
        return []
    return [
        f"{path}:{line}: imports {module} below the pages"
        for line, module, _ in imports(source)
        if module.split(".")[0] in ("flask", "werkzeug", "wtforms")
    ]


def own_clock(path: Path, source: str) -> list[str]:
    """`foundation.clock` is the only clock."""
    if path == PACKAGE / "foundation" / "clock.py":
        return []
    offences = []
    for node in nodes(source):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_CALLS:
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if name in CLOCK_NAMES:
                offences.append(f"{path}:{node.lineno}: {name}.{node.func.attr}() instead of foundation.clock")
    return offences


def own_days(path: Path, source: str) -> list[str]:
    """`foundation.school_time` alone makes a date of an instant: no other file knows a zone, and no day is UTC's."""
    if path == SCHOOL_TIME:
        return []
    given = path.relative_to(PACKAGE).as_posix() in GIVEN_DATES
    return [
        f"{path}:{line}: {words} instead of foundation.school_time"
        for line, words in _days_made(source)
        if not (given and words == ".date()")
    ]


def _days_made(source: str) -> Iterator[tuple[int, str]]:
    for node in nodes(source):
        match node:
            case ast.Call(func=ast.Attribute(attr="date"), args=[]):
                yield node.lineno, ".date()"
            case ast.Call(func=ast.Attribute(attr="astimezone"), args=[zone]) if ast.unparse(zone) != "UTC":
                yield node.lineno, ".astimezone()"
            case ast.Attribute(value=ast.Name(id="func"), attr="date" | "current_date" | "timezone"):
                yield node.lineno, f"func.{node.attr}"
            case ast.ImportFrom(module="zoneinfo") | ast.Import(names=[ast.alias(name="zoneinfo")]):
                yield node.lineno, "zoneinfo"
            case ast.Constant(value=str(value)) if value == "UTC" or value.startswith("America/"):
                yield node.lineno, value


def own_commit(path: Path, source: str) -> list[str]:
    """Only the unit of work commits."""
    if room_of(path) in ("journal", "foundation"):
        return []
    return [
        f"{path}:{node.lineno}: {ast.unparse(node.func)}() outside unit_of_work"
        for node in nodes(source)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("commit", "begin_nested")
    ]


def bulk_writes(path: Path, source: str, versioned: set[str]) -> list[str]:
    """No bulk update or delete of a record whose version protects it."""
    offences = []
    for node in nodes(source):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("update", "delete") and node.args and _named(node.args[0]) in versioned:
            offences.append(f"{path}:{node.lineno}: bulk {name} of {ast.unparse(node.args[0])}")
        if name == "bulk_update_mappings" or (name in ("update", "delete") and _is_query(node.func)):
            offences.append(f"{path}:{node.lineno}: bulk {name} through a query")
    return offences


def _named(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_query(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and any(
        isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr == "query"
        for inner in ast.walk(function.value)
    )


def local_imports(path: Path, source: str) -> list[str]:
    """Imports stand at the top of the file, where a cycle shows."""
    offences = []
    for node in nodes(source):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            offences += [
                f"{path}:{inner.lineno}: import inside {node.name}"
                for inner in ast.walk(node)
                if isinstance(inner, ast.Import | ast.ImportFrom)
            ]
    return offences
