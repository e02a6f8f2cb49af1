"""Supports by three ways in, each with three values: a blank cell never becomes a no."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.roster.oneroster.bundles import DISTRICT, ORGS, USERS, roster, table, take, user, write
from wss_cases.roster.directory.models import ImportRun, Student
from wss_cases.roster.import_files import BundleRefused

FIELDS = (Student.has_iep, Student.has_504, Student.is_english_learner, Student.has_housing_support, Student.language)
NOBODY = (None, None, None, None, None)


def held(session: Any) -> list[tuple[Any, ...]]:
    """What is known of each student, in the order of their ids."""
    rows = session.execute(select(*FIELDS).order_by(Student.sourced_id))
    return [tuple(row) for row in rows]


def flagged(tmp_path: Path, *flags: tuple[str, str]) -> Path:
    """Three students in the files of School Data Sync 2.1, and their flags."""
    people = [{"sourcedId": f"u{n}", "givenName": f"Given{n}", "familyName": "Hazelton"} for n in range(3)]
    roles = [{"userSourcedId": f"u{n}", "orgSourcedId": "s1", "role": "student"} for n in range(3)]
    files = {
        "orgs": table(("sourcedId", "name", "type", "parentSourcedId"), [_four(org) for org in DISTRICT]),
        "users": table(("sourcedId", "givenName", "familyName"), people),
        "roles": table(("userSourcedId", "orgSourcedId", "role"), roles),
        "userFlags": table(("userSourcedId", "flag"), [{"userSourcedId": key, "flag": flag} for key, flag in flags]),
    }
    return write(tmp_path / "roster", files)


def _four(org: Any) -> Any:
    return {name: org[name] for name in ("sourcedId", "name", "type", "parentSourcedId")}


def test_a_flag_that_the_file_uses_is_no_for_whoever_lacks_it(session: Any, tmp_path: Path) -> None:
    take(flagged(tmp_path, ("u0", "iep"), ("u1", "iep"), ("u1", "freeLunch")))
    assert held(session) == [(True, *NOBODY[1:]), (True, *NOBODY[1:]), (False, *NOBODY[1:])]
    report = take(flagged(tmp_path, ("u0", "iep"), ("u2", "iep"), ("u1", "freeLunch")), shrink=True)
    assert report.landed
    assert [row[0] for row in held(session)] == [True, False, True]
    take(flagged(tmp_path, ("u1", "freeLunch")), shrink=True)
    assert [row[0] for row in held(session)] == [False, False, False], "it was used, and nobody has it any more"


def test_a_mapping_says_which_columns_hold_supports(app: Flask, session: Any, tmp_path: Path, monkeypatch: Any) -> None:
    columns = (*USERS, "metadata.iep", "metadata.homeLanguage", "metadata.lunch")
    cells = [("Y", "Spanish"), ("no", "pl"), ("", ""), ("perhaps", "Klingonese")]
    people = [
        {**user(n), "metadata.iep": iep, "metadata.homeLanguage": language, "metadata.lunch": "free"}
        for n, (iep, language) in enumerate(cells)
    ]
    folder = write(tmp_path, {"orgs": table(ORGS, DISTRICT), "users": table(columns, people)})
    take(folder)
    assert held(session) == [NOBODY] * 4, "without a mapping nothing is guessed"
    monkeypatch.setitem(app.config, "ROSTER_SUPPORTS", "iep=metadata.iep, language=metadata.homeLanguage")
    report = take(folder)
    assert held(session) == [
        (True, None, None, None, "es"), (False, None, None, None, "pl"), NOBODY, NOBODY
    ]  # fmt: skip
    assert report.unknown == {"users.csv": 1}
    assert {cause.values[0] for cause in report.causes.values()} == {"perhaps", "Klingonese"}
    monkeypatch.setitem(app.config, "ROSTER_SUPPORTS", "gifted=metadata.gate")
    with pytest.raises(BundleRefused, match="iep=COLUMN"):
        take(folder)


def test_a_file_by_student_number_adds_what_it_says(app: Flask, session: Any, tmp_path: Path) -> None:
    people = [user(n, identifier=str(9000 + n)) for n in range(4)]
    take(write(tmp_path / "roster", roster([*people, user(9, identifier="9003")])))
    file = tmp_path / "supports.csv"
    file.write_text(
        "student_number,iep,504,english_learner,housing,language,lunch\n"
        "9000,yes,no,1,0,es,free\n9001,,,,N,,\n9002,maybe,,,,en,\n9003,yes,,,,,\n7777,yes,,,,,\n",
        encoding="utf-8",
    )
    command = ["import", "supports", str(file), "--json"]
    stopped = app.test_cli_runner().invoke(args=[*command, "--most-refused", "1"])
    assert stopped.exit_code == 0, "two refused rows are few"
    document = json.loads(stopped.stdout)
    assert document["files"] == {"supports.csv": {"created": 0, "updated": 3, "unchanged": 0, "refused": 2}}
    wanted = [(True, False, True, False, "es"), (None, None, None, False, None), (None, None, None, None, "en")]
    assert held(session) == [*wanted, NOBODY, NOBODY]
    assert [(problem["row"], problem["column"]) for problem in document["problems"]] == [
        (4, "iep"), (5, "student_number"), (6, "student_number"),
    ]  # fmt: skip
    again = json.loads(app.test_cli_runner().invoke(args=command).stdout)
    assert again["files"]["supports.csv"]["unchanged"] == 3
    take(write(tmp_path / "roster", roster([*people, user(9, identifier="9003")])))
    assert held(session)[0] == wanted[0], "the next roster does not know of supports"
    file.write_text("number,iep\n9000,no\n", encoding="utf-8")
    refused = app.test_cli_runner().invoke(args=command)
    assert (refused.exit_code, held(session)[0]) == (1, wanted[0])
    kept = session.scalars(select(ImportRun.landed).where(ImportRun.kind == "supports").order_by(ImportRun.id)).all()
    assert kept == [True, True, False]
    long_name = file.rename(tmp_path / f"{'s' * 130}.csv")
    long_name.write_text("student_number,iep\n9000,no\n", encoding="utf-8")
    app.test_cli_runner().invoke(args=["import", "supports", str(long_name)])
    assert session.scalars(select(ImportRun.source).order_by(ImportRun.id.desc()).limit(1)).one() == "s" * 120
