"""`flask import metrics`: the published file as it is, the bad rows named, nothing half landed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.support.databases import ROOT
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry
from wss_cases.outcomes.published.actions import number_of, short_year
from wss_cases.outcomes.published.queries import PublishedSchool, PublishedYear

DATA = ROOT / "tests" / "data"


def take_in(app: Flask, file: Path) -> tuple[int, dict[str, Any]]:
    done = app.test_cli_runner().invoke(args=["import", "metrics", str(file), "--json"])
    return done.exit_code, json.loads(done.stdout)


def figures(identifier: str, year: str, period: str = "EOY") -> PublishedYear:
    found: PublishedYear = db.session.scalars(
        db.select(PublishedYear)
        .join(PublishedSchool, PublishedSchool.id == PublishedYear.published_school_id)
        .where(
            PublishedSchool.identifier == identifier, PublishedYear.school_year == year, PublishedYear.period == period
        )
    ).one()
    return found


def test_a_file_lands_once(app: Flask, session: Any) -> None:
    status, document = take_in(app, DATA / "metrics.csv")
    assert status == 0
    assert document == {
        "files": {"metrics.csv": {"created": 7, "updated": 0, "unchanged": 0, "refused": 0}},
        "problems": [],
    }
    assert take_in(app, DATA / "metrics.csv")[1]["files"]["metrics.csv"] == {
        "created": 0, "updated": 0, "unchanged": 7, "refused": 0,
    }  # fmt: skip
    school = session.scalars(db.select(PublishedSchool).where(PublishedSchool.identifier == "1001")).one()
    assert (school.name, school.network, school.is_charter) == ("ALDER HS", "Network 2", False)
    imports = db.select(AuditEntry).where(AuditEntry.action == "metrics.imported").order_by(AuditEntry.id)
    audited = session.scalars(imports).all()
    assert [entry.changes["created"] for entry in audited] == [7, 0]


def test_suppressed_is_neither_zero_nor_missing(app: Flask, session: Any) -> None:
    take_in(app, DATA / "metrics.csv")
    charter = figures("4001", "2019-20")
    assert charter.misconducts is None and "misconducts" in charter.suppressed
    assert charter.expelled == 2 and "expelled" not in charter.suppressed
    assert figures("1002", "2019-20").iss == 0 and figures("1002", "2019-20").suppressed == []
    assert figures("1001", "2019-20", "S1").misconducts == 3
    assert figures("1001", "2019-20").suspension_percent == pytest.approx(133.3)


def test_a_changed_row_is_updated(app: Flask, session: Any, tmp_path: Path) -> None:
    take_in(app, DATA / "metrics.csv")
    text = (DATA / "metrics.csv").read_bytes().decode("utf-8-sig")
    (tmp_path / "metrics.csv").write_text(text.replace("1202,1200,2,0", "1203,1200,3,0"), encoding="utf-8")
    _status, document = take_in(app, tmp_path / "metrics.csv")
    assert document["files"]["metrics.csv"] == {"created": 0, "updated": 1, "unchanged": 6, "refused": 0}
    assert figures("1002", "2021-22").misconducts == 1203


def test_bad_rows_are_named_and_the_good_ones_land(app: Flask, session: Any) -> None:
    status, document = take_in(app, DATA / "metrics_problems.csv")
    assert status == 0
    assert document["files"]["metrics_problems.csv"] == {
        "created": 2, "updated": 0, "unchanged": 0, "refused": 6,
    }  # fmt: skip
    named = [(problem["row"], problem["column"]) for problem in document["problems"]]
    assert named == [
        (3, "# of Misconducts"), (4, "# of Misconducts"), (5, "School Year"), (6, "Time Period"),
        (7, "School ID"), (8, "School ID"),
    ]  # fmt: skip
    assert {problem["file"] for problem in document["problems"]} == {"metrics_problems.csv"}
    assert figures("1007", "2019-20").misconducts == 6


BROKEN = {
    "utf-16": (DATA / "metrics.csv").read_bytes().decode("utf-8-sig").encode("utf-16"),
    "unclosed quote": (DATA / "metrics.csv").read_bytes() + b'"never closed,1\n',
    "empty": b"",
    "another table": b"sourcedId,name\n1,School\n",
    "missing column": (DATA / "metrics_missing_column.csv").read_bytes(),
    "huge cell": (DATA / "metrics.csv").read_bytes() + b"x" * 200_000 + b"\n",
    "double header": (DATA / "metrics.csv").read_bytes().replace(b"# of ISS,", b"# of OSS,", 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_unusable_file_changes_nothing(app: Flask, session: Any, tmp_path: Path, name: str) -> None:
    file = tmp_path / "broken.csv"
    file.write_bytes(BROKEN[name])
    status, document = take_in(app, file)
    assert status == 1
    assert document["files"] == {} and document["problems"][0]["message"]
    assert session.scalar(db.select(db.func.count()).select_from(PublishedYear)) == 0
    assert session.scalar(db.select(db.func.count()).select_from(PublishedSchool)) == 0


@pytest.mark.parametrize(
    ("text", "whole", "value"),
    [
        ("12", True, 12), ("1,234", True, 1234), ("133.3", False, 133.3), ("12.5", True, None), ("-1", True, None),
        ("1e999", False, None), ("NaN", False, None), ("٣", True, None), ("9223372036854775808", True, None),
        ("=1", True, None), (".", False, None),
    ],
)  # fmt: skip
def test_numbers(text: str, whole: bool, value: float | None) -> None:
    assert number_of(text, whole) == value


@pytest.mark.parametrize(
    ("text", "year"),
    [("2017-2018", "2017-18"), ("2017-18", "2017-18"), ("2017-2019", None), ("2017", None), ("x", None)],
)
def test_school_years(text: str, year: str | None) -> None:
    assert short_year(text) == year
