"""What the code does without stays out, and each rule is seen to catch an offender."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.architecture.rules import dangers, guards, templates
from tests.architecture.rules.guards import PACKAGE
from tests.support.databases import ROOT

TESTS_LOCK = ROOT / "tests" / "requirements.lock"
HERE = PACKAGE / "cases" / "actions.py"
pytestmark = pytest.mark.any_database("it reads sources, and asks no database")

PLANTED: dict[str, tuple[Callable[[Path, str], list[str]], str]] = {
    "pickle": (dangers.dangerous_imports, "import pickle"),
    "xml": (dangers.dangerous_imports, "from xml.etree import ElementTree"),
    "subprocess": (dangers.dangerous_imports, "import subprocess"),
    "random": (dangers.dangerous_imports, "from random import choice"),
    "eval": (dangers.dangerous_calls, "eval(typed)"),
    "system": (dangers.dangerous_calls, "os.system(typed)"),
    "template": (dangers.dangerous_calls, "flask.render_template_string(typed)"),
    "mass assignment": (dangers.dangerous_calls, "form.populate_obj(row)"),
    "upload": (dangers.dangerous_calls, "request.files['a'].save('b')"),
    "setting": (dangers.kept_by_a_session, 'connection.exec_driver_sql("SET lock_timeout = 3000")'),
    "lock": (dangers.kept_by_a_session, "session.scalar(func.pg_advisory_lock(1))"),
    "table": (dangers.kept_by_a_session, 'Table("taken", MetaData(), prefixes=["TEMPORARY"])'),
    "unescaped": (dangers.unsafe_templates, "{{ note |safe }}"),
    "file field": (dangers.unsafe_templates, '<input type="file" name="a">'),
    "foreign script": (dangers.unsafe_templates, '<script src="https://cdn.example/x.js"></script>'),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_offender_is_caught(kind: str) -> None:
    rule, source = PLANTED[kind]
    assert rule(HERE, source)


def test_the_code_runs_nothing_that_it_reads_and_takes_no_other_files() -> None:
    found = [
        offence
        for path in guards.sources()
        for rule in (dangers.dangerous_imports, dangers.dangerous_calls)
        for offence in rule(path, path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_nothing_in_the_database_outlasts_its_transaction() -> None:
    found = [
        one for path in guards.sources() for one in dangers.kept_by_a_session(path, path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_every_template_escapes_and_none_reaches_elsewhere() -> None:
    found = [
        offence
        for path in templates.files()
        if path.suffix == ".html"
        for offence in dangers.unsafe_templates(path, path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_every_dependency_is_pinned_by_hash_and_wanted() -> None:
    runs, tests = (path.read_text(encoding="utf-8") for path in (ROOT / "requirements.lock", TESTS_LOCK))
    assert dangers.loose_dependencies(runs) == dangers.loose_dependencies(tests) == []
    good = f"flask==3.1.3 --hash=sha256:{'0' * 64}\n"
    assert dangers.loose_dependencies(good) == []
    for bad in ("flask==3.1.3\n", "flask>=3\n", "--index-url https://pypi.example\n", "./own\n"):
        assert dangers.loose_dependencies(good + bad), bad
    for place in ("Makefile", "docs/deployment.md"):
        installs = (ROOT / place).read_text(encoding="utf-8")
        assert "--require-hashes" in installs and "--no-deps" in installs, place
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert _names(project["project"]["dependencies"]) - _names(runs.splitlines()) == set()
    assert _names(project["dependency-groups"]["dev"]) - _names(tests.splitlines()) == set()


def test_a_school_installs_nothing_that_only_tests_use() -> None:
    locks = (ROOT / "requirements.lock", TESTS_LOCK)
    runs, tests = (_names(path.read_text(encoding="utf-8").splitlines()) for path in locks)
    assert runs & tests == set() and {"pytest", "playwright", "mypy"} <= tests
    installs = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    assert "-r requirements.lock" in installs and "tests/requirements.lock" not in installs


def _names(lines: Iterable[str]) -> set[str]:
    """The libraries that lines of a lock, or of the project's own list, begin with."""
    return {found[0].lower() for line in lines if (found := re.match(r"[A-Za-z][\w.-]*(?=[\[=>; ]|$)", line))}
