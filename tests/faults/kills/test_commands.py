"""Commands that take in or write out everything: killed, they leave the old or the new whole; the next one finishes."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.backup.test_round_trip import rows
from tests.roster.oneroster.bundles import DEMOGRAPHICS, roster, table, user, write
from tests.support.databases import ROOT, Database, Databases, flask
from tests.support.depth import examples

HISTORY = ROOT / "tests" / "data" / "metrics.csv"
CATALOGUE = ROOT / "migrations" / "data" / "behavior_codes_2026.csv"
YEAR = ("--school-year", "2026-27")
NO_WORDS = {"WSS_PROGRESS_SECONDS": "3600"}
MANY_WORDS = {"WSS_PROGRESS_SECONDS": "0.01"}


def people(folder: Path) -> tuple[str, ...]:
    facts = table(DEMOGRAPHICS, [{"sourcedId": "u1", "sex": "female"}])
    everybody = [user(1, agentSourcedIds="u2"), user(2, role="parent"), user(3, role="teacher")]
    return "oneroster", str(write(folder / "roster", roster(everybody, demographics=facts)))


def days(folder: Path) -> tuple[str, ...]:
    path = folder / "calendar.csv"
    path.write_text("start_date,end_date,title,kind\n2026-09-07,,Labor Day,no_school\n", encoding="utf-8")
    return "calendar", str(path), *YEAR, "--first-day", "2026-08-24", "--last-day", "2027-06-11"


def history(folder: Path) -> tuple[str, ...]:
    return "metrics", str(HISTORY)


def codes(folder: Path) -> tuple[str, ...]:
    path = folder / "codes.csv"
    known = CATALOGUE.read_text(encoding="utf-8")
    path.write_text(known.replace("Running or loud noise", "Running or noise"), encoding="utf-8")
    return "behaviors", str(path)


def discipline(folder: Path) -> tuple[str, ...]:
    real = ROOT.parent / "shared" / "data" / "edfi"
    if not real.exists():
        pytest.skip("the real input is not beside the repository")
    names = ("StudentDiscipline.xml", "Student.xml", "EducationOrganization.xml")
    return "edfi", *(str(real / name) for name in names)


IMPORTS = (people, days, history, codes, discipline)


def was_killed(url: str, *command: str, at: str) -> str:
    """Run a command that kills itself at a failpoint; returns what it had printed."""
    done = flask(url, *command, WSS_FAILPOINT=f"{at}:kill")
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.stdout


@pytest.mark.parametrize("files", IMPORTS[:: examples(4, 1)])
def test_a_killed_import_leaves_what_was_and_the_next_one_finishes(
    database: Database, tmp_path: Path, files: Callable[[Path], tuple[str, ...]]
) -> None:
    command = ("import", *files(tmp_path))
    before = rows(database)
    assert was_killed(database.url, *command, "--json", at="unit.before_commit") == ""
    assert rows(database) == before
    done = flask(database.url, *command, "--json", **MANY_WORDS)
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), dict)
    assert rows(database) != before
    assert " s)" in done.stderr, "a person at the terminal sees how far it is"


def test_an_import_killed_after_its_commit_is_whole(database: Database, tmp_path: Path) -> None:
    command = ("import", *people(tmp_path), "--json")
    assert was_killed(database.url, *command, at="unit.after_commit") == ""
    there = rows(database)
    assert [len(there[name]) for name in ("student", "guardian", "student_guardian", "staff_member")] == [1] * 4
    quiet = flask(database.url, *command, **NO_WORDS)
    assert quiet.stderr == "", "what ends within a moment says nothing"
    files = json.loads(quiet.stdout)["files"]
    assert {counts["created"] + counts["updated"] for counts in files.values()} == {0}
    assert files["users.csv"]["unchanged"] == 3


WRITERS: dict[str, tuple[str, ...]] = {
    "crdc": ("export", "crdc", *YEAR),
    "state": ("export", "state", *YEAR, "--format", "xlsx"),
    "edfi": ("export", "edfi", *YEAR),
    "core": ("outcomes", "report", "core", *YEAR, "--format", "csv"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_killed_export_leaves_no_file_and_the_next_one_writes_it(
    demo_database: Database, tmp_path: Path, name: str
) -> None:
    out, command = tmp_path / name, WRITERS[name]
    was_killed(demo_database.url, *command, "--output", str(out), at="file.before_name")
    assert not out.exists()
    done = flask(demo_database.url, *command, "--output", str(out), **MANY_WORDS)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert out.stat().st_size > 50
    assert " s)" in done.stderr or "school 2 of 2" in done.stderr


def test_a_killed_export_or_replay_prints_nothing(demo_database: Database) -> None:
    assert was_killed(demo_database.url, *WRITERS["crdc"], at="unit.before_commit") == ""
    command = ("routing", "replay", "--rule-set", "3")
    assert was_killed(demo_database.url, *command, at="file.before_name") == ""
    done = flask(demo_database.url, *command, **MANY_WORDS)
    assert json.loads(done.stdout)["changed"] == 0
    assert " incidents (" in done.stderr


def test_a_killed_backup_leaves_no_file_and_a_killed_restore_no_child(
    database: Database, databases: Databases, tmp_path: Path
) -> None:
    taken_in = flask(database.url, "import", *people(tmp_path))
    assert taken_in.returncode == 0, taken_in.stderr
    folder = tmp_path / "backups"
    folder.mkdir()
    out = folder / "whole.zip"
    was_killed(database.url, "backup", "create", str(out), at="file.before_name")
    assert not out.exists()
    made = flask(database.url, "backup", "create", str(out))
    assert made.returncode == 0, made.stderr
    assert [path.name for path in folder.iterdir()] == ["whole.zip"]
    there = databases.empty(database.kind)
    was_killed(there.url, "backup", "restore", str(out), at="restore.before_commit")
    left = rows(there)
    assert [left[name] for name in ("student", "staff_member", "guardian", "audit_entry")] == [[]] * 4
    done = flask(there.url, "backup", "restore", str(out))
    assert done.returncode == 0, done.stderr
    assert rows(there)["student"] == rows(database)["student"] != []
    assert flask(there.url, "backup", "restore", str(out)).returncode == 1
    databases.drop(there)


def test_a_killed_recount_is_finished_by_the_next(demo_database: Database, databases: Databases) -> None:
    other = databases.copy(demo_database)
    assert flask(other.url, "outcomes", "recount").returncode == 0
    was_killed(demo_database.url, "outcomes", "recount", at="unit.before_commit")
    done = flask(demo_database.url, "outcomes", "recount")
    assert done.returncode == 0
    assert "2 schools counted" in done.stderr
    for name in ("daily_figure", "district_figure"):
        found, wanted = rows(demo_database)[name], rows(other)[name]
        assert len(found) == len(wanted) > 0
    databases.drop(other)
