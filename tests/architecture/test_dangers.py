"""What the code does without stays out, and each rule is seen to catch an offender."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.rules import dangers, guards, templates
from tests.architecture.rules.guards import PACKAGE
from tests.support.databases import ROOT

HERE = PACKAGE / "cases" / "actions.py"
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


def test_every_template_escapes_and_none_reaches_elsewhere() -> None:
    found = [
        offence
        for path in templates.files()
        if path.suffix == ".html"
        for offence in dangers.unsafe_templates(path, path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_every_dependency_is_pinned_by_hash_and_wanted() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert dangers.loose_dependencies(lock) == []
    good = f"flask==3.1.3 --hash=sha256:{'0' * 64}\n"
    assert dangers.loose_dependencies(good) == []
    for bad in ("flask==3.1.3\n", "flask>=3\n", "--index-url https://pypi.example\n", "./own\n"):
        assert dangers.loose_dependencies(good + bad), bad
    for place in ("Makefile", "docs/deployment.md"):
        installs = (ROOT / place).read_text(encoding="utf-8")
        assert "--require-hashes" in installs and "--no-deps" in installs, place
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    locked = {line.split("==")[0].split("[")[0].lower() for line in lock.splitlines() if "==" in line}
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    names = {part.split("[")[0].split("=")[0].split(">")[0].strip().lower() for part in wanted}
    assert names - locked == set()
