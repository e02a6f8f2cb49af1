"""An import by a string keeps to the direction of imports; each way to break it is caught."""

from __future__ import annotations

import pytest

from tests.architecture.rules.import_strings import hidden_imports
from tests.support.databases import ROOT

PACKAGE = ROOT / "wss_cases"
OFFENDERS = {
    "a cycle": (PACKAGE / "jobs" / "children.py", 'import_module("wss_cases.jobs.side_by_side").run()\n'),
    "a cycle over others": (PACKAGE / "foundation" / "clock.py", 'deferred("wss_cases.foundation.school_time")\n'),
    "a room above": (PACKAGE / "cases" / "models.py", 'import_module("wss_cases.intake.rerouting")\n'),
}


@pytest.mark.parametrize("name", OFFENDERS)
def test_a_planted_offender_is_caught(name: str) -> None:
    path, source = OFFENDERS[name]
    assert hidden_imports(path, source)


def test_no_import_by_a_string_goes_up_or_round() -> None:
    modules = [path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]
    assert [line for path in modules for line in hidden_imports(path, path.read_text(encoding="utf-8"))] == []
