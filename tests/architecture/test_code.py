"""The rules about the code hold, and each is seen to catch an offender."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.architecture import guards
from tests.architecture.guards import PACKAGE
from tests.support.databases import ROOT
from wss_cases.app import create_app
from wss_cases.foundation.db import Base

Guard = Callable[[Path, str], list[str]]
VERSIONED = "Case"


@cache
def versioned_models() -> set[str]:
    """Names of the tables whose rows carry a version, as classes and as tables."""
    create_app()
    mappers = [mapper for mapper in Base.registry.mappers if mapper.version_id_col is not None]
    return {mapper.class_.__name__ for mapper in mappers} | {str(mapper.local_table) for mapper in mappers}


def bulk_writes(path: Path, source: str) -> list[str]:
    return guards.bulk_writes(path, source, versioned_models())


RULES: dict[str, tuple[Guard, Path, str]] = {
    "file size": (guards.file_size, PACKAGE / "cases" / "rules.py", "x = 1\n" * 301),
    "function size": (
        guards.function_size,
        PACKAGE / "cases" / "rules.py",
        "def f():\n" + "    x = 1\n" * 40,
    ),
    "extensions": (
        guards.extension_imports,
        PACKAGE / "cases" / "views.py",
        "from flask_login import current_user\n",
    ),
    "flask below views": (
        guards.flask_below_views,
        PACKAGE / "cases" / "actions.py",
        "from flask import g\n",
    ),
    "wtforms in views": (guards.flask_below_views, PACKAGE / "cases" / "views.py", "import wtforms\n"),
    "datetime.now": (guards.own_clock, PACKAGE / "cases" / "rules.py", "datetime.datetime.now(UTC)\n"),
    "date.today": (guards.own_clock, PACKAGE / "cases" / "rules.py", "date.today()\n"),
    "commit": (guards.own_commit, PACKAGE / "cases" / "actions.py", "db.session.commit()\n"),
    "bulk update": (bulk_writes, PACKAGE / "cases" / "actions.py", f"session.execute(update({VERSIONED}))\n"),
    "bulk delete": (
        bulk_writes,
        PACKAGE / "cases" / "actions.py",
        f"session.execute(sa.delete(models.{VERSIONED}))\n",
    ),
    "query update": (bulk_writes, PACKAGE / "cases" / "actions.py", "session.query(X).filter().update({})\n"),
    "local import": (guards.local_imports, PACKAGE / "cases" / "rules.py", "def f():\n    import os\n"),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_planted_offender_is_caught(rule: str) -> None:
    guard, path, source = RULES[rule]
    assert guard(path, source)


@pytest.mark.parametrize("guard", sorted({rule[0] for rule in RULES.values()}, key=lambda g: g.__name__))
def test_the_code_keeps_the_rule(guard: Guard) -> None:
    offences = [
        offence for path in guards.sources() for offence in guard(path, path.read_text(encoding="utf-8"))
    ]
    assert not offences, "\n".join(offence.replace(f"{ROOT}/", "") for offence in offences)


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


def test_rooms_import_only_rooms_below() -> None:
    done = lint_imports(ROOT, ROOT / "pyproject.toml")
    assert done.returncode == 0, done.stdout + done.stderr


ROOMS = ("app", "web", "jobs", "pathways", "incidents", "roster", "access", "foundation")
PATHWAYS = ("conversations", "circles", "mentoring", "referrals", "reengagement")


@pytest.mark.parametrize(
    ("room", "imported"),
    [
        ("roster", "incidents"),
        ("foundation", "web"),
        ("web", "jobs"),
        ("access", "app"),
        ("pathways/circles", "pathways.mentoring"),
    ],
)
def test_an_upward_import_is_caught(tmp_path: Path, room: str, imported: str) -> None:
    package = tmp_path / "wss_cases"
    for name in (".", *ROOMS, *(f"pathways/{kind}" for kind in PATHWAYS)):
        (package / name).mkdir(parents=True, exist_ok=True)
        (package / name / "__init__.py").touch()
    assert lint_imports(tmp_path, ROOT / "pyproject.toml").returncode == 0
    (package / room / "__init__.py").write_text(f"import wss_cases.{imported}\n", encoding="utf-8")
    done = lint_imports(tmp_path, ROOT / "pyproject.toml")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"wss_cases.{room.replace('/', '.')} -> wss_cases.{imported}" in done.stdout
