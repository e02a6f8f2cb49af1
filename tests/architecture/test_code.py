"""The rules about the code hold, and each is seen to catch an offender."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.rules import guards
from tests.architecture.rules.guards import PACKAGE
from tests.support.databases import ROOT
from wss_cases.app import create_app
from wss_cases.foundation.db import Base

Guard = Callable[[Path, str], list[str]]
VERSIONED = "Case"
CLICKS = ROOT / "tests" / "support" / "pages" / "browser.py"


@cache
def versioned_models() -> set[str]:
    """Names of the tables whose rows carry a version, as classes and as tables."""
    create_app()
    mappers = [mapper for mapper in Base.registry.mappers if mapper.version_id_col is not None]
    return {mapper.class_.__name__ for mapper in mappers} | {str(mapper.local_table) for mapper in mappers}


def bulk_writes(path: Path, source: str) -> list[str]:
    return guards.bulk_writes(path, source, versioned_models())


RULES: dict[str, tuple[Guard, Path, str]] = {
    "file size": (guards.file_size, PACKAGE / "cases" / "rules.py", "x = 1\n" * 501),
    "function size": (guards.function_size, PACKAGE / "cases" / "rules.py", "def f():\n" + "    x = 1\n" * 40),
    "extensions": (guards.extension_imports, PACKAGE / "cases" / "views.py", "from flask_login import current_user\n"),
    "flask below pages": (guards.flask_below_pages, PACKAGE / "cases" / "queries.py", "from flask import g\n"),
    "wtforms below pages": (guards.flask_below_pages, PACKAGE / "cases" / "rules.py", "import wtforms\n"),
    "datetime.now": (guards.own_clock, PACKAGE / "cases" / "rules.py", "datetime.datetime.now(UTC)\n"),
    "date.today": (guards.own_clock, PACKAGE / "cases" / "rules.py", "date.today()\n"),
    "date of now": (guards.own_days, PACKAGE / "cases" / "rules.py", "today = uow.now.date()\n"),
    "date of an instant": (guards.own_days, PACKAGE / "cases" / "views.py", "day_words(row.made_at.date())\n"),
    "UTC day": (guards.own_days, PACKAGE / "cases" / "queries.py", 'local_date(now, "UTC")\n'),
    "own zone": (guards.own_days, PACKAGE / "cases" / "views.py", 'ZONE = "America/Chicago"\n'),
    "zoneinfo": (guards.own_days, PACKAGE / "cases" / "rules.py", "from zoneinfo import ZoneInfo\n"),
    "astimezone": (guards.own_days, PACKAGE / "cases" / "rules.py", "now.astimezone(zone)\n"),
    "date in SQL": (guards.own_days, PACKAGE / "cases" / "queries.py", "func.date(Case.opened_at)\n"),
    "commit": (guards.own_commit, PACKAGE / "cases" / "actions.py", "db.session.commit()\n"),
    "bulk update": (bulk_writes, PACKAGE / "cases" / "actions.py", f"session.execute(update({VERSIONED}))\n"),
    "bulk delete": (bulk_writes, PACKAGE / "cases" / "actions.py", f"session.execute(sa.delete(models.{VERSIONED}))\n"),
    "query update": (bulk_writes, PACKAGE / "cases" / "actions.py", "session.query(X).filter().update({})\n"),
    "local import": (guards.local_imports, PACKAGE / "cases" / "rules.py", "def f():\n    import os\n"),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_planted_offender_is_caught(rule: str) -> None:
    guard, path, source = RULES[rule]
    assert guard(path, source)


def test_a_planted_bare_click_is_caught() -> None:
    assert guards.bare_clicks(CLICKS, 'page.get_by_role("button").first.click()\n')


def test_tests_say_where_a_click_leads() -> None:
    texts = ((path, path.read_text(encoding="utf-8")) for path in (ROOT / "tests").rglob("*.py") if path != CLICKS)
    assert not [offence for path, text in texts if ".click(" in text for offence in guards.bare_clicks(path, text)]


GUARDS = sorted({rule[0] for rule in RULES.values()}, key=lambda guard: guard.__name__)


@cache
def found() -> dict[Guard, list[str]]:
    """What each guard finds in the code, looked at file by file, so that each file is parsed once."""
    offences: dict[Guard, list[str]] = {guard: [] for guard in GUARDS}
    for path in guards.sources():
        source = path.read_text(encoding="utf-8")
        for guard in GUARDS:
            offences[guard] += guard(path, source)
    return offences


@pytest.mark.parametrize("guard", GUARDS)
def test_the_code_keeps_the_rule(guard: Guard) -> None:
    offences = found()[guard]
    assert not offences, "\n".join(offence.replace(f"{ROOT}/", "") for offence in offences)
