"""A roster gives the same rows by whichever way it comes in."""

from pathlib import Path

import pytest

from tests.bench.roster import District
from tests.roster.ways.feeding import WAYS, fed
from tests.support.applications import Applications
from tests.support.depth import examples


@pytest.mark.any_database("the thread is the other system's server")
def test_every_way_in_gives_the_same_rows(backend: str, applications: Applications, tmp_path: Path) -> None:
    """In the full cross 4,000 students come in five times: that takes more than five seconds."""
    students, roster = examples(40, 4_000), tmp_path / "roster"
    District(students, 1, schools=examples(3, 40)).write(roster)
    app = applications.get(backend)
    found = {name: fed(app, way, roster, tmp_path / name) for name, way in WAYS.items()}
    first = found["command"]
    assert first["student"].rows == first["enrolment"].rows == students and all(one.rows for one in first.values())
    assert {name: tables for name, tables in found.items() if tables != first} == {}
