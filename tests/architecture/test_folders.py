"""Folders are named for a thing, imports run one way; each rule is seen to catch an offender."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.rules.folders import crowded, cycles, features_in_names, files, needless_inits, unlisted_rooms
from tests.architecture.rules.guards import PACKAGE
from tests.support.databases import ROOT

TESTS = ROOT / "tests"


@pytest.mark.parametrize("tree", [PACKAGE, TESTS], ids=["code", "tests"])
def test_no_folder_is_crowded(tree: Path) -> None:
    assert crowded(tree) == []


def test_no_file_repeats_a_feature_in_its_name() -> None:
    assert features_in_names(PACKAGE) == []


def test_no_init_file_only_marks_a_folder() -> None:
    assert needless_inits(PACKAGE) == []


def test_no_import_cycle_at_any_grain() -> None:
    assert cycles(PACKAGE) == []


def test_every_room_is_listed() -> None:
    assert unlisted_rooms(PACKAGE) == []


def test_no_committed_file_is_a_link() -> None:
    """One that points out of the tree leads nowhere on another machine, and is in the way of what is made there."""
    listed = subprocess.run(["git", "ls-files", "--stage"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this tree is no checkout")
    assert len(listed.stdout.splitlines()) > 1000
    assert [line for line in listed.stdout.splitlines() if line.startswith("120000")] == []


def planted(folder: Path, sources: dict[str, str]) -> Path:
    """Return a package of these files."""
    for name, source in sources.items():
        path = folder / "planted" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return folder / "planted"


@pytest.mark.parametrize(
    ("rule", "sources"),
    [
        (crowded, {f"room/part{number}.py": "" for number in range(19)}),
        (features_in_names, {"room/actions_release.py": ""}),
        (features_in_names, {"room/release_queries.py": ""}),
        (needless_inits, {"room/__init__.py": '"""The room."""'}),
        (unlisted_rooms, {"rooms.py": "from planted.a import room", "a/room.py": "ROOM = 1", "b/pages.py": "ROOM = 2"}),
        (cycles, {"a.py": "from planted import b", "b.py": "from planted.a import x"}),
        (
            cycles,
            {
                "room/a/one.py": "from planted.room.b.one import x",
                "room/b/one.py": "",
                "room/b/two.py": "from planted.room.a import two",
                "room/a/two.py": "",
            },
        ),
        (
            cycles,
            {
                "room/a/one.py": "from planted.room.models import x",
                "room/models.py": "",
                "room/pages.py": "from planted.room.a.one import x",
            },
        ),
        (
            cycles,
            {
                "room/a/one.py": "from planted.room.feature import x",
                "room/a/two.py": "",
                "room/feature.py": "from planted.room.models import x",
                "room/models.py": "",
                "room/pages.py": "from planted.room import feature\nfrom planted.room.a.two import x",
            },
        ),
    ],
    ids=["crowded", "prefix", "suffix", "init", "unlisted", "files", "folders", "own files", "a feature of one file"],
)  # fmt: skip
def test_a_planted_offender_is_caught(
    tmp_path: Path, rule: Callable[[Path], list[str]], sources: dict[str, str]
) -> None:
    assert rule(planted(tmp_path, sources))


def test_a_feature_of_one_file_stands_between_the_usual_files(tmp_path: Path) -> None:
    sources = {
        "room/models.py": "",
        "room/feature.py": "from planted.room.models import x",
        "room/pages.py": "from planted.room import feature",
    }
    assert cycles(planted(tmp_path, sources)) == []


def lint_imports(folder: Path, config: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter where `wss_cases` is found first in `folder`."""
    program = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); "
        "from importlinter.cli import lint_imports_command as run; run()"
    )
    return subprocess.run(
        [sys.executable, "-c", program, str(folder), "--no-cache", "--config", str(config)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_rooms_and_folders_import_only_what_stands_below() -> None:
    done = lint_imports(ROOT, ROOT / "pyproject.toml")
    assert done.returncode == 0, done.stdout + done.stderr


UPWARD = [
    ("roster.directory", "incidents.incident"),
    ("foundation", "web"),
    ("web", "jobs"),
    ("access", "app"),
    ("pathways.circles", "pathways.mentoring"),
    ("outcomes", "board"),
]


def first_file(package: Path, feature: str) -> Path:
    """A feature's file, or the first file below its folder."""
    path = package / feature.replace(".", "/")
    return min(path.rglob("*.py")) if path.is_dir() else path.with_suffix(".py")


def dotted(root: Path, path: Path) -> str:
    """A file's name as a module."""
    return ".".join(path.relative_to(root).with_suffix("").parts)


def test_upward_imports_are_caught(tmp_path: Path) -> None:
    package = tmp_path / "wss_cases"
    for path in files(PACKAGE):
        bare = package / path.relative_to(PACKAGE)
        bare.parent.mkdir(parents=True, exist_ok=True)
        bare.touch()
    assert lint_imports(tmp_path, ROOT / "pyproject.toml").returncode == 0
    planted = [(first_file(package, importer), first_file(package, imported)) for importer, imported in UPWARD]
    for importer, imported in planted:
        with importer.open("a", encoding="utf-8") as file:
            file.write(f"import {dotted(tmp_path, imported)}\n")
    done = lint_imports(tmp_path, ROOT / "pyproject.toml")
    assert done.returncode == 1, done.stdout + done.stderr
    printed = " ".join(done.stdout.split())
    arrows = [f"{dotted(tmp_path, importer)} -> {dotted(tmp_path, imported)}" for importer, imported in planted]
    assert [arrow for arrow in arrows if arrow not in printed] == []
