"""Which tests the two depths may not divide between the databases: a rule from source to the offences in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.databases import ROOT
from tests.support.depth import ANY, BACKENDS, BOTH, FULL

TESTS = ROOT / "tests"
TELLING_NAMES = {
    "dialect", "with_for_update", "skip_locked", "on_conflict_do_nothing", "on_conflict_do_update", "exec_driver_sql",
    "DDL", "IntegrityError", "OperationalError", "DBAPIError", "Thread", "ThreadPoolExecutor", "Barrier", "BACKENDS",
}  # fmt: skip
TELLING_WORDS = re.compile(
    r"\b(FOR UPDATE|SKIP LOCKED|ON CONFLICT|PRAGMA \w|(CREATE|ALTER|DROP) [A-Z]+ |(select|SELECT) .* (from|FROM) |"
    r"(insert|INSERT) (into|INTO) |(update|UPDATE) \w+ (set|SET) |(delete|DELETE) (from|FROM) |pg_\w+)"
)
OWN_STATEMENTS = {"skip_locked", "on_conflict_do_nothing", "on_conflict_do_update"}
Unit = ast.FunctionDef | ast.Assign | ast.AnnAssign


def test_files() -> Iterator[Path]:
    """Every file of tests."""
    return (path for path in sorted(TESTS.rglob("test_*.py")) if "__pycache__" not in path.parts)


def unmarked(path: Path, source: str) -> list[str]:
    """A test that touches dialect, lock, constraint, schema, raw SQL or racing threads, itself or by what it takes from
    its file, is marked `both_databases`, names its database itself, or says why any one will do (`any_database`)."""
    tree = ast.parse(source)
    units = dict(_units(tree))
    if _all_marked(tree, units):
        return []
    touching = {name: why for name, unit in units.items() if (why := _why(unit, _imports_text(tree)))}
    offences = []
    for test in _tests(tree, units):
        if reached := sorted(touching.keys() & _reached(test, units)):
            offences.append(f"{path}:{test.lineno} {test.name}: {touching[reached[0]]} in {reached[0]}")
    return offences


def speaks_a_dialect(source: str) -> bool:
    """Whether code of the package does one thing on one database and another on the other."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)) if name in OWN_STATEMENTS:
                return True
            case ast.Attribute(attr="name", value=ast.Name(id="dialect") | ast.Attribute(attr="dialect")):
                return True
    return False


def proves_on_both(source: str) -> bool:
    """Whether a file of tests has any that is marked `both_databases`."""
    return f"pytest.mark.{BOTH}" in source


def left_without_proof(path: Path, source: str) -> list[str]:
    """A test that only the full cross runs names a file of tests that the small depth runs."""
    return [
        f"{path}: {where!r} proves nothing in the small depth"
        for where in re.findall(rf'@pytest\.mark\.{FULL}\("([^"]*)"\)', source)
        if not any(_runs_always(ROOT / name) for name in re.findall(r"tests/[\w/]+\.py", where))
    ]


def _runs_always(path: Path) -> bool:
    source = path.read_text(encoding="utf-8") if path.exists() else ""
    return source.count("\ndef test_") > source.count(f"pytest.mark.{FULL}")


def _units(tree: ast.Module) -> Iterator[tuple[str, Unit]]:
    """Each function, wherever it stands, and each constant of the file, by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            yield ast.unparse(target), node


def _tests(tree: ast.Module, units: dict[str, Unit]) -> Iterator[ast.FunctionDef]:
    """Each test that is not marked, nor its class."""
    classes = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not (_all_marked(node, units) or _marked(node, units))
    ]
    for owner in (tree, *classes):
        for node in owner.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not _marked(node, units):
                yield node


def _imports_text(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy" and "text" in [one.name for one in node.names]
        for node in tree.body
    )


def _why(unit: Unit, imports_text: bool) -> str:
    """Return what a function or constant touches, empty where nothing. A kind of database that it compares with
    counts; one that it asks for by name does not."""
    docstring = ast.get_docstring(unit, clean=False) if isinstance(unit, ast.FunctionDef) else None
    for node in ast.walk(unit):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)) if name in TELLING_NAMES:
                return name
            case ast.Attribute(attr="text", value=ast.Name(id="db" | "sa" | "sqlalchemy")):
                return "text"
            case ast.Call(func=ast.Name(id="text")) if imports_text:
                return "text"
            case ast.Compare() | ast.Dict() if any(_is_kind(inner) for inner in ast.iter_child_nodes(node)):
                return "a kind of database"
            case ast.Constant(value=str(words)) if words != docstring and TELLING_WORDS.search(words):
                return repr(words)
    return ""


def _is_kind(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value in BACKENDS


def _reached(test: ast.FunctionDef, units: dict[str, Unit]) -> set[str]:
    """Return the names of what a test calls, reads or takes of its file, through others too, itself among them."""
    reached: set[str] = set()
    waiting = {test.name}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        named = set[str]()
        for node in ast.walk(units[name]):
            match node:
                case ast.Name(id=other) | ast.Attribute(attr=other) | ast.arg(arg=other):
                    named.add(other)
        waiting |= (named & units.keys()) - reached
    return reached


def _marked(node: ast.FunctionDef | ast.ClassDef, units: dict[str, Unit]) -> bool:
    return any(_marks(decorator, units) for decorator in node.decorator_list)


def _all_marked(owner: ast.Module | ast.ClassDef, units: dict[str, Unit]) -> bool:
    """Whether `pytestmark` says it for all."""
    return any(
        isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark" and _marks(node.value, units)
        for node in owner.body
    )


def _marks(node: ast.expr, units: dict[str, Unit]) -> bool:
    words = ast.unparse(units.get(ast.unparse(node), node))
    return BOTH in words or f"{ANY}(" in words or ("parametrize" in words and "'backend'" in words)
