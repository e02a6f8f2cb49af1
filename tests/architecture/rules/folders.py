"""Rules about folders, each a function from a tree of Python files to the offences in it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

from tests.architecture.rules.guards import imports, nodes

MOST_FILES = 18
OWN_FILES = "its files"
KINDS = ("models", "rules", "queries", "messages", "states", "actions", "presenters")
USUAL_FILES = (*KINDS, "pages", "forms", "views")
LIST_OF_ROOMS = "rooms"
Graph = Mapping[str, Set[str]]


def files(package: Path) -> list[Path]:
    """Every Python file below a folder."""
    return sorted(path for path in package.rglob("*.py") if "__pycache__" not in path.parts)


def crowded(package: Path) -> list[str]:
    """A folder holds one thing: at most eighteen files beside each other, each a feature or a usual file."""
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


def needless_inits(package: Path) -> list[str]:
    """No folder has an `__init__.py` that only says the folder is one: Python and the tools find modules without."""
    inits = (path for path in files(package) if path.name == "__init__.py")
    return [str(path) for path in inits if not any(imports(path.read_text(encoding="utf-8")))]


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
    """No import cycle at any grain: between files, or between what stands in a folder.

    There the files of the usual names count as one, a folder and a file of another name each as a feature of its own;
    features that are files may be used by the usual files and use them.
    """
    arrows = set(_arrows(package))
    files_graph: defaultdict[str, set[str]] = defaultdict(set)
    grains: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for importer, imported in arrows:
        files_graph[importer].add(imported)
        container, first, second = _fork(importer, imported)
        if first != second:
            grains[container or package.name][first].add(second)
    loops = {"files": _loop(files_graph)}
    loops |= {f"folders of {container}": _loop(_own_files_joined(graph)) for container, graph in grains.items()}
    return [f"{grain}: {' -> '.join(loop)}" for grain, loop in loops.items() if loop]


def _fork(importer: str, imported: str) -> tuple[str, str, str]:
    """Return the innermost folder of both files, and where in it each of them stands."""
    paths = importer.split("."), imported.split(".")
    shared = 0
    while shared < min(map(len, paths)) - 1 and paths[0][shared] == paths[1][shared]:
        shared += 1
    first, second = (_place(path[shared:]) for path in paths)
    return ".".join(paths[0][:shared]), first, second


def _place(path: list[str]) -> str:
    if len(path) > 1:
        return path[0]
    return OWN_FILES if path[0] in USUAL_FILES else f"{path[0]}.py"


def _own_files_joined(graph: Graph) -> Graph:
    """Count with the usual files of a folder each file that both uses them and is used by them."""
    own = {name: {other for other in graph[name] if _is_file(other)} for name in graph if _is_file(name)}
    above = {name for name in own if OWN_FILES in _reached(own, name)}
    joined = (above & _reached(own, OWN_FILES)) | {OWN_FILES}
    merged: defaultdict[str, set[str]] = defaultdict(set)
    for name, others in graph.items():
        merged[OWN_FILES if name in joined else name] |= {OWN_FILES if other in joined else other for other in others}
    merged[OWN_FILES].discard(OWN_FILES)
    return merged


def _is_file(place: str) -> bool:
    return place == OWN_FILES or place.endswith(".py")


def _reached(graph: Graph, start: str) -> set[str]:
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        for name in graph.get(ahead.pop(), ()):
            if name not in reached:
                reached.add(name)
                ahead.append(name)
    return reached


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
