"""Rules about folders, each a function from a tree of Python files to the offences in it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

from tests.architecture.rules.guards import imports, nodes

MOST_FILES = 15
KINDS = ("states", "rules", "models", "queries", "actions", "messages", "forms", "views", "presenters")
LIST_OF_ROOMS = "rooms"
Graph = Mapping[str, Set[str]]


def files(package: Path) -> list[Path]:
    """Every Python file below a folder."""
    return sorted(path for path in package.rglob("*.py") if "__pycache__" not in path.parts)


def crowded(package: Path) -> list[str]:
    """A folder holds one thing: at most fifteen files beside each other."""
    counted: defaultdict[Path, int] = defaultdict(int)
    for path in files(package):
        counted[path.parent] += 1
    return [f"{folder}: {count} files" for folder, count in counted.items() if count > MOST_FILES]


def features_in_names(package: Path) -> list[str]:
    """A feature is a folder, never half of a file's name."""
    return [
        str(path)
        for path in files(package)
        if any(path.stem.startswith(f"{kind}_") or path.stem.endswith(f"_{kind}") for kind in KINDS)
    ]


def unlisted_rooms(package: Path) -> list[str]:
    """`rooms.py` lists every module that assigns ROOM: what it leaves out has no pages and no commands."""
    source = (package / f"{LIST_OF_ROOMS}.py").read_text(encoding="utf-8")
    listed = {f"{module}.{name}" for _line, module, names in imports(source) for name in names}
    return [
        str(path)
        for path in files(package)
        if _brings_a_room(path) and f"{package.name}.{_module(package, path)}" not in listed
    ]


def _brings_a_room(path: Path) -> bool:
    assigned = (node.targets for node in nodes(path.read_text(encoding="utf-8")) if isinstance(node, ast.Assign))
    return any(isinstance(target, ast.Name) and target.id == "ROOM" for targets in assigned for target in targets)


def cycles(package: Path) -> list[str]:
    """No import cycle at any grain: between the folders of a folder (its own files count as one), or its files."""
    arrows = set(_arrows(package))
    grains: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for importer, imported in arrows:
        grains["files"][importer].add(imported)
        if "room" in (importer.rpartition(".")[2], imported.rpartition(".")[2]):
            continue
        container, one, other = _fork(importer, imported)
        if one != other:
            grains[f"folders of {container or package.name}"][one].add(other)
    return [f"{grain}: {' -> '.join(loop)}" for grain, graph in grains.items() if (loop := _loop(graph))]


def _fork(importer: str, imported: str) -> tuple[str, str, str]:
    one, other = importer.split("."), imported.split(".")
    shared = 0
    while shared < min(len(one), len(other)) - 1 and one[shared] == other[shared]:
        shared += 1
    # at the top a file is a room of its own
    parts = [parts[shared] if shared < len(parts) - 1 or not shared else "its files" for parts in (one, other)]
    return ".".join(one[:shared]), parts[0], parts[1]


def _arrows(package: Path) -> Iterator[tuple[str, str]]:
    named = {_module(package, path): path for path in files(package) if path.name != "__init__.py"}
    for module, path in named.items():
        for _line, target, names in imports(path.read_text(encoding="utf-8")):
            base = target.removeprefix(package.name).lstrip(".")
            if target.split(".")[0] == package.name:
                found = {f"{base}.{name}".lstrip(".") for name in names} | {base}
                yield from ((module, other) for other in found if other in named and other != module)


def _module(package: Path, path: Path) -> str:
    return ".".join(path.relative_to(package).with_suffix("").parts)


def _loop(graph: Graph) -> list[str]:
    """Return one cycle of a graph; [] when there is none."""
    done: set[str] = set()
    for start in sorted(graph):
        trail: list[str] = []
        ahead = [iter([start])]
        while ahead:
            name = next(ahead[-1], None)
            if name is None:
                ahead.pop()
                done.update(trail[-1:])
                del trail[-1:]
            elif name in trail:
                return [*trail[trail.index(name) :], name]
            elif name not in done:
                trail.append(name)
                ahead.append(iter(sorted(graph.get(name, ()))))
    return []
