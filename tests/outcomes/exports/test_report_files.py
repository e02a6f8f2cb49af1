"""`flask outcomes report` and the files of the page: one document, safe in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import openpyxl
import pytest
from flask import Flask

from tests.factories.roster import SchoolFactory
from tests.outcomes.making.small_district import Made
from tests.outcomes.published.test_import import DATA, take_in
from wss_cases.outcomes.documents import Report, rendered, safe_cell


def report(app: Flask, *arguments: str) -> Any:
    """Run the command."""
    return app.test_cli_runner().invoke(args=["outcomes", "report", *arguments])


def test_history_keys_and_sums(app: Flask, session: Any) -> None:
    take_in(app, DATA / "metrics.csv")
    document = json.loads(report(app, "history", "--school-year", "2019-20", "--format", "json").stdout)
    assert list(document) == ["school_year", "district", "schools"]
    assert document["district"] == {
        "misconducts": 16, "group_1_2": 12, "group_3_4": 3, "group_5_6": 1, "iss": 2, "oss": 2,
        "police_notifications": 2, "students_notified": 1, "expelled": 3,
    }  # fmt: skip
    charter = document["schools"][-1]
    assert charter["charter"] and charter["misconducts"] is None and charter["expelled"] == 2
    assert "misconducts" in charter["suppressed"] and "expelled" not in charter["suppressed"]


def test_history_of_one_school_as_csv_marks_what_is_suppressed(app: Flask, session: Any) -> None:
    take_in(app, DATA / "metrics.csv")
    done = report(app, "history", "--school-year", "2019-20", "--school", "4001", "--format", "csv")
    table = list(csv.DictReader(io.StringIO(done.stdout.removeprefix("﻿"))))
    assert [(row["school"], row["misconducts"], row["expelled"]) for row in table] == [
        ("CEDAR CHARTER", "suppressed", "2")
    ]


def test_history_takes_a_school_by_number_code_or_id(app: Flask, session: Any) -> None:
    take_in(app, DATA / "metrics.csv")
    school = SchoolFactory(identifier="1001")
    unpublished = SchoolFactory(identifier="")
    for named in ("1001", school.code, str(school.id)):
        done = report(app, "history", "--school-year", "2019-20", "--school", named, "--format", "json")
        assert [one["name"] for one in json.loads(done.stdout)["schools"]] == ["ALDER HS"], named
    closed = report(app, "history", "--school-year", "2019-20", "--school", "1002", "--format", "json")
    assert [one["name"] for one in json.loads(closed.stdout)["schools"]] == ["BIRCH"]
    for named in (unpublished.code, "nowhere"):
        done = report(app, "history", "--school-year", "2019-20", "--school", named, "--format", "json")
        assert (done.exit_code, named in json.loads(done.stdout)["error"]["message"]) == (1, True)


@pytest.mark.parametrize("name", ["core", "funnel", "harms", "notifications", "followups", "equity"])
def test_every_report_in_every_form(app: Flask, session: Any, at: Any, name: str) -> None:
    at("2026-11-24 10:00")
    made = Made(seed=5, incidents=20)
    school = ("--school", made.schools[0].code)
    document = json.loads(report(app, name, "--school-year", "2026-27", *school, "--format", "json").stdout)
    assert document["report"] == name and document["school"] == made.schools[0].name
    written = report(app, name, "--school-year", "2026-27", *school, "--format", "csv").stdout_bytes
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))
    book = report(app, name, "--school-year", "2026-27", *school, "--format", "xlsx").stdout_bytes
    sheet = openpyxl.load_workbook(io.BytesIO(book))[name]
    assert [[_bare(cell) for cell in row] for row in sheet.iter_rows(values_only=True)] == [
        [_bare(cell) for cell in row] for row in rows
    ]
    assert len(rows) > 1
    assert all(round(one, 4) == one for one in _fractions(document)), "more figures than there are students"


def _fractions(found: Any) -> list[float]:
    inside = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    return [found] if isinstance(found, float) else [one for part in inside for one in _fractions(part)]


def _bare(cell: Any) -> Any:
    try:
        return round(float(cell), 9)
    except (TypeError, ValueError):
        return cell or ""


def test_an_output_file(app: Flask, session: Any, tmp_path: Any) -> None:
    take_in(app, DATA / "metrics.csv")
    out = tmp_path / "history.json"
    done = report(app, "history", "--school-year", "2019-20", "--format", "json", "--output", str(out))
    assert (done.exit_code, done.stdout) == (0, "")
    assert json.loads(out.read_text(encoding="utf-8"))["school_year"] == "2019-20"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("history", "--school-year", "1999-00", "--format", "json"), 2),
        (("history", "--school-year", "2012-13", "--format", "json"), 1),
        (("core", "--school-year", "2019-20", "--school", "nowhere", "--format", "json"), 1),
        (("core", "--school-year", "2019-21", "--format", "json"), 2),
        (("core", "--school-year", "9999-00", "--format", "json"), 2),
        (("nothing", "--school-year", "2019-20", "--format", "json"), 2),
        (("core", "--school-year", "2019-20", "--format", "pdf"), 2),
        (("core", "--format", "json"), 2),
    ],
)
def test_refusals_print_only_the_document(app: Flask, session: Any, arguments: tuple[str, ...], status: int) -> None:
    done = report(app, *arguments)
    assert done.exit_code == status
    assert done.stderr
    if status == 1:
        assert json.loads(done.stdout)["error"]["message"]
    else:
        assert done.stdout == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", '=HYPERLINK("x")'])
def test_no_cell_is_a_formula(text: str) -> None:
    made = Report("core", {}, ("name",), [[text], ["plain"]], [])
    assert safe_cell(text) == f"'{text}" and safe_cell("plain") == "plain" and safe_cell(-1) == -1
    cells = list(csv.reader(io.StringIO(rendered(made, "csv").decode("utf-8-sig"), newline="")))
    assert cells[1] == [f"'{text}"]
    sheet = openpyxl.load_workbook(io.BytesIO(rendered(made, "xlsx")))["core"]
    # a carriage return is written as the format's own escape
    assert sheet["A2"].data_type == "s" and sheet["A2"].value == text.replace("\r", "_x000D_")


def test_a_school_named_like_a_formula_is_only_a_name(app: Flask, session: Any, at: Any) -> None:
    at("2026-11-24 10:00")
    school = SchoolFactory(name='=HYPERLINK("http://evil.example")')
    done = report(app, "core", "--school-year", "2026-27", "--school", school.code, "--format", "xlsx")
    about = openpyxl.load_workbook(io.BytesIO(done.stdout_bytes))["about"]
    assert about["B3"].value == school.name and about["B3"].data_type == "s"
