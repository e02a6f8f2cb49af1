"""`flask import` as an operator runs it."""

import json
from pathlib import Path

from tests.roster.oneroster.bundles import roster, user, write
from tests.support.databases import Database, flask


def test_a_roster_by_command(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "roster", roster([user(1), user(2, role="")]))
    done = flask(database.url, "import", "oneroster", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert set(document) == {"files", "problems", "causes", "unknown", "unplaced"}
    assert document["files"]["users.csv"] == {"created": 1, "updated": 0, "unchanged": 0, "refused": 1}
    assert document["problems"] == [
        {"file": "users.csv", "row": 3, "column": "role", "message": "The cell must not be blank."}
    ]
    write(folder, roster([user(3)]))
    stopped = flask(database.url, "import", "oneroster", str(folder), "--json")
    assert stopped.returncode == 1
    assert "--accept-shrink" in json.loads(stopped.stdout)["problems"][0]["message"]
    assert "Traceback" not in stopped.stderr
    accepted = flask(database.url, "import", "oneroster", str(folder), "--accept-shrink")
    assert accepted.returncode == 0
    assert "users.csv: 1 created, 0 updated, 0 unchanged, 0 refused" in accepted.stdout


def test_a_missing_schema_is_said_plainly(empty_database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "roster", roster([user(1)]))
    done = flask(empty_database.url, "import", "oneroster", str(folder))
    assert done.returncode == 1
    assert "flask db upgrade" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_calendar_by_command(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "calendar.csv"
    path.write_text("start_date,end_date,title,kind\n2026-09-07,,Labor Day,no_school\n", encoding="utf-8")
    arguments = ("import", "calendar", str(path), "--school-year", "2026-27")
    refused = flask(database.url, *arguments)
    assert refused.returncode == 1
    assert "--first-day" in refused.stderr
    done = flask(database.url, *arguments, "--first-day", "2026-08-24", "--last-day", "2027-06-11", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["files"]["calendar.csv"]["created"] == 365
