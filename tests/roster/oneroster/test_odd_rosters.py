"""Rosters as they are: what one odd cell costs, whom a roster gives no place, and what stops a run."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.roster.oneroster.bundles import NOW, take
from tests.roster.oneroster.odd_rosters import (
    LATER,
    ODD_CELLS,
    REFUSED,
    STAFF,
    STOPPED,
    STUDENTS,
    UNPLACED,
    put,
    run,
    run_later,
    written,
)
from wss_cases.roster.directory.models import ImportRun, Student


def refused_rows(document: Any) -> dict[str, int]:
    return {file: counts["refused"] for file, counts in document["files"].items() if counts["refused"]}


@pytest.mark.parametrize("trap", ODD_CELLS)
def test_an_odd_cell_costs_its_field_alone(app: Flask, session: Any, tmp_path: Path, trap: str) -> None:
    change, unknown, look, seen = ODD_CELLS[trap]
    code, document = run(app, written(tmp_path, change))
    assert (code, refused_rows(document), document["unknown"]) == (0, {}, unknown)
    causes = [cause for cause in document["causes"] if not cause["refused"]]
    assert sum(cause["count"] for cause in causes) == sum(unknown.values())
    assert len(causes) == len(document["problems"]) == len(unknown), "one line for each cause"
    assert all(cause["rows"] and cause["count"] >= len(cause["rows"]) for cause in causes)
    assert session.scalar(select(func.count(Student.id))) == STUDENTS
    if look is not None:
        assert look(session) == seen


@pytest.mark.parametrize("trap", REFUSED)
def test_what_identifies_a_row_refuses_it(app: Flask, session: Any, tmp_path: Path, trap: str) -> None:
    change, file, number = REFUSED[trap]
    code, document = run(app, written(tmp_path, change))
    assert code == 0
    assert refused_rows(document)[file] == number
    cause = next(cause for cause in document["causes"] if cause["refused"])
    assert (cause["file"], cause["count"], len(cause["rows"])) == (file, number, number)
    assert session.scalar(select(func.count(Student.id))) >= STUDENTS - 1


@pytest.mark.parametrize("trap", UNPLACED)
def test_nobody_vanishes(app: Flask, session: Any, tmp_path: Path, trap: str) -> None:
    change, wanted = UNPLACED[trap]
    folder = written(tmp_path, change)
    for again in (False, True):
        code, document = run(app, folder)
        found = {kind: one["sourced_ids"] for kind, one in document["unplaced"].items() if one["count"]}
        assert (code, found) == (0, wanted), again
    kept = session.scalars(select(ImportRun.report).order_by(ImportRun.id)).all()
    assert [report["unplaced"] for report in kept] == [document["unplaced"]] * 2


@pytest.mark.parametrize("trap", STOPPED)
def test_what_cannot_be_read_is_named_and_kept(app: Flask, session: Any, tmp_path: Path, trap: str) -> None:
    change, status, words = STOPPED[trap]
    code, document = run(app, written(tmp_path, change))
    assert code == status
    assert words in document["problems"][0]["message"]
    assert session.scalar(select(func.count(Student.id))) == 0
    kept = session.scalars(select(ImportRun)).one()
    assert (kept.landed, kept.report["problems"][0]) == (False, document["problems"][0])


@pytest.mark.parametrize("trap", LATER)
def test_what_is_odd_beside_what_was_there(app: Flask, session: Any, tmp_path: Path, trap: str) -> None:
    odd = LATER[trap]
    code, document = run_later(app, tmp_path / "roster", odd)
    assert code == odd.status, document["problems"]
    assert odd.words in " ".join(problem["message"] for problem in document["problems"])
    assert (refused_rows(document), document["unknown"]) == (odd.refused, odd.unknown)


def test_a_larger_share_may_be_refused_where_a_person_says_so(app: Flask, session: Any, tmp_path: Path) -> None:
    folder = written(tmp_path, put("users", "sourcedId", *[""] * 6))
    code, document = run(app, folder, "--most-refused", "25")
    assert (code, document["files"]) == (3, {}), "six facts of twenty are about nobody"
    code, document = run(app, folder, "--most-refused", "30")
    assert (code, refused_rows(document)) == (0, {"users.csv": 6, "demographics.csv": 6})
    cause = next(cause for cause in document["causes"] if cause["refused"] and cause["file"] == "users.csv")
    assert (cause["count"], cause["rows"]) == (6, [2, 3, 4, 5, 6, 7])


def test_many_refused_rows_are_said_before_the_people_who_are_missing_by_them(
    app: Flask, session: Any, tmp_path: Path
) -> None:
    take(written(tmp_path, lambda _files: None))
    code, document = run(app, written(tmp_path, put("users", "sourcedId", *[""] * 6)))
    assert (code, document["problems"][0]["message"][:22]) == (3, "6 of 24 rows are refus")


def test_an_odd_roster_that_comes_again_is_known_with_all_it_said(session: Any, tmp_path: Path) -> None:
    folder = written(tmp_path, put("users", "grades", "Wizard"))
    first, again = take(folder), take(folder, NOW)
    assert again.files["users.csv"].unchanged == STUDENTS + STAFF
    said = [report.as_document() for report in (first, again)]
    assert said[0]["causes"] == said[1]["causes"] != []
    assert (said[0]["problems"], said[0]["unknown"]) == (said[1]["problems"], said[1]["unknown"])
