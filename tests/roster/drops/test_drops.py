"""A watched folder: what is complete is taken once and moved away; what is not, is left alone."""

import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

import config
from tests.roster.oneroster.bundles import roster, user, write, zipped
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.jobs.ticks import take_rosters
from wss_cases.roster import drops
from wss_cases.roster.directory.models import ImportRun, Student
from wss_cases.roster.drops import QUIET, TORN
from wss_cases.roster.import_files import Report

PEOPLE = roster([user(n) for n in range(4)])


@pytest.fixture
def folder(app: Flask, session: Any, at: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    at("2026-11-24 02:30")
    for name, value in (("ROSTER_FOLDER", str(tmp_path)), ("ROSTER_SOURCE", "sis")):
        monkeypatch.setitem(app.config, name, value)
    return tmp_path


def aged(path: Path, seconds: float) -> Path:
    """Let files look as if they had not changed for so long."""
    for file in (path, *(path.iterdir() if path.is_dir() else ())):
        if file.name not in ("done", "refused", ".lock"):
            os.utime(file, (clock.now().timestamp() - seconds,) * 2)
    return path


def tick() -> str:
    return take_rosters("one", clock.now())


def moved(folder: Path) -> dict[str, list[str]]:
    """What stands in done and refused, without the time in the name."""
    found = [*folder.glob("done/*"), *folder.glob("refused/*")]
    return {f"{one.parent.name}/{one.name[16:]}": sorted(file.name for file in one.iterdir()) for one in found}


def students() -> Any:
    return db.session.scalar(select(func.count(Student.id)))


def test_a_zip_waits_until_it_is_quiet_or_marked(folder: Path) -> None:
    drop = aged(zipped(folder / "roster.zip", PEOPLE), QUIET - 1)
    assert (tick(), students()) == ("", 0)
    (folder / "roster.zip.ready").touch()
    assert (tick(), students()) == ("rosters imported 1", 4)
    assert moved(folder) == {"done/roster.zip": ["report.txt", "roster.zip", "roster.zip.ready"]}
    assert not drop.exists() and tick() == ""
    run = db.session.scalars(select(ImportRun)).one()
    assert (run.source, run.landed) == ("sis", True)


def test_loose_files_are_one_drop_and_a_folder_is_another(folder: Path) -> None:
    write(folder, PEOPLE)
    aged(folder, QUIET)
    os.utime(folder / "users.csv", (clock.now().timestamp(),) * 2)
    assert tick() == "", "one file of it has just been written"
    aged(folder, QUIET)
    assert tick() == "rosters imported 1"
    aged(write(folder / "second", roster([user(n) for n in range(5)])), QUIET)
    assert (tick(), students()) == ("rosters imported 1", 5)
    assert moved(folder) == {
        f"done/{folder.name}": ["orgs.csv", "report.txt", "users.csv"], "done/second": ["report.txt", "second"],
    }  # fmt: skip


def test_a_torn_zip_waits_and_is_then_refused_with_words(folder: Path) -> None:
    whole = zipped(folder / "roster.zip", PEOPLE)
    whole.write_bytes(whole.read_bytes()[:-40])
    aged(whole, QUIET)
    assert tick() == ""
    aged(whole, TORN)
    (folder / "people.xlsx").write_bytes(b"PK")
    (folder / "next.zip.part").write_bytes(b"PK")
    aged(folder / "people.xlsx", QUIET)
    assert (tick(), students()) == ("rosters refused 2", 0)
    [said] = folder.glob("refused/*people.xlsx/report.txt")
    assert "This is an Excel workbook" in said.read_text()
    assert set(moved(folder)) == {"refused/people.xlsx", "refused/roster.zip"}
    assert db.session.scalars(select(ImportRun.landed)).all() == [False, False]


@pytest.mark.parametrize("point", ["drop.before_move", "drop.moved_one"])
def test_a_kill_in_the_middle_takes_nothing_twice_and_no_half(
    folder: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    def dies(reached: str) -> None:
        if reached == point:
            raise KeyboardInterrupt

    write(folder, PEOPLE)
    aged(folder, QUIET)
    with monkeypatch.context() as killed:
        killed.setattr(drops, "reach", dies)
        with pytest.raises(KeyboardInterrupt):
            tick()
    assert students() == 4 and len(list(folder.glob("*.csv"))) == (2 if point == "drop.before_move" else 1)
    assert tick() == ("rosters imported 1" if point == "drop.before_move" else "")
    assert students() == 4 and not list(folder.glob("*.csv"))
    assert moved(folder) == {f"done/{folder.name}": ["orgs.csv", "report.txt", "users.csv"]}
    for report in list(db.session.scalars(select(ImportRun.report).order_by(ImportRun.id)))[1:]:
        assert report["files"]["users.csv"]["unchanged"] == 4


def test_outside_the_hours_and_while_another_works_nothing_is_taken(
    app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged(zipped(folder / "roster.zip", PEOPLE), QUIET)
    monkeypatch.setitem(app.config, "ROSTER_HOURS", (3, 5))
    assert tick() == ""
    monkeypatch.setitem(app.config, "ROSTER_HOURS", (0, 24))
    with drops._alone(folder) as mine:
        assert mine and tick() == ""
    assert tick() == "rosters imported 1"


def test_what_was_taken_long_ago_is_deleted(folder: Path, at: Any) -> None:
    aged(zipped(folder / "roster.zip", PEOPLE), QUIET)
    tick()
    at("2026-12-23 02:30")
    tick()
    assert len(moved(folder)) == 1
    at("2026-12-25 02:30")
    tick()
    assert moved(folder) == {}


def test_a_folder_needs_a_name_and_hours_are_hours(tmp_path: Path) -> None:
    for more, words in (
        ({"WSS_ROSTER_FOLDER": "/drops"}, "WSS_ROSTER_SOURCE"),
        ({"WSS_ROSTER_HOURS": "5-2"}, "two hours of the day"),
    ):
        with pytest.raises(RuntimeError, match=words):
            config.from_environment(more, tmp_path)


def test_every_way_in_gives_the_same_rows(folder: Path) -> None:
    """The command's own function, the folder and (tests/roster/uploads) the page: the second time nothing changes."""
    aged(zipped(folder / "roster.zip", PEOPLE), QUIET)
    tick()
    report: Report = drops.import_oneroster(drops.SYSTEM, write(folder / ".again", PEOPLE), clock.now(), "sis")
    assert all(one.unchanged and not one.created + one.updated + one.refused for one in report.files.values())
