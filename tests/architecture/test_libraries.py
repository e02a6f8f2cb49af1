"""A library with a hole stays no longer than docs/security.md says; what was not compared does not pass for sound."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import ROOT
from tests.tools.library_holes import FRAMES, KNOWN, deadlines, problems

SEEN = date(2026, 11, 2)
HOLE = {"id": "PYSEC-2026-1", "fix_versions": ["3.1.4"], "aliases": [], "description": "x"}


def report(**library: Any) -> dict[str, Any]:
    """What pip-audit prints of one sound library and another."""
    sound = {"name": "jinja2", "version": "3.1.6", "vulns": []}
    return {"dependencies": [sound, {"name": "flask", "version": "3.1.3", **library}], "fixes": []}


def test_a_hole_past_its_time_stops_the_audit() -> None:
    with_hole = report(vulns=[HOLE])
    assert problems(report(vulns=[]), {}, SEEN) == []
    assert problems(with_hole, {}, SEEN) == ["flask 3.1.3: PYSEC-2026-1 is new, mended in 3.1.4"]
    for days in FRAMES:
        known = deadlines(f"# why\n\nPYSEC-2026-1 {SEEN} {days} waits for the release of its maker\n")
        assert problems(with_hole, known, SEEN + timedelta(days=days)) == []
        (late,) = problems(with_hole, known, SEEN + timedelta(days=days + 1))
        assert f"had to be mended by {SEEN + timedelta(days=days)}" in late
    assert problems(report(skip_reason="not found"), {}, SEEN) == ["flask: not compared (not found)"]
    assert problems({"dependencies": []}, {}, SEEN) == ["nothing was compared"]


@pytest.mark.parametrize("line", ["PYSEC-1 2026-11-02 90 later", "PYSEC-1 2026-11-02 3", "PYSEC-1 yesterday 3 later"])
def test_no_hole_gets_more_time_than_is_written(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        deadlines(line)


def test_the_page_says_these_times_and_the_list_can_be_read() -> None:
    page = " ".join((ROOT / "docs" / "security.md").read_text(encoding="utf-8").split())
    assert f"mended within {FRAMES[0]} days, other serious ones within {FRAMES[1]}, the rest within {FRAMES[2]}" in page
    assert deadlines(KNOWN.read_text(encoding="utf-8")) is not None
    assert "tests.tools.library_holes" in (Path(ROOT) / "Makefile").read_text(encoding="utf-8")
