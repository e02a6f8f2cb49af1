"""Backups that make themselves: only a file that was restored counts, and whatever else becomes of one is shown."""

from __future__ import annotations

import errno
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.foundation.backup import BrokenBackup, Trial
from wss_cases.foundation.db import Base, db
from wss_cases.jobs.ticks import back_up
from wss_cases.journal.models import OutboxMessage
from wss_cases.roster.directory.models import Student
from wss_cases.setup import backups
from wss_cases.setup.backups import (
    AGAIN,
    HELD,
    TROUBLE,
    BackupRun,
    Outcome,
    is_due,
    last_good,
    last_try,
    last_turn,
    note_by_hand,
    tell_late,
)
from wss_cases.setup.checklist import backup_check

At = Callable[..., datetime]
WHOLE = Trial(2, 7, "sqlite")


def told() -> int:
    """How many mails about backups there are."""
    return db.session.scalar(select(func.count()).where(OutboxMessage.kind == TROUBLE)) or 0


@pytest.mark.both_databases
def test_what_a_killed_process_left_is_cleared_and_the_next_one_is_restored_and_counted(
    database: Database, tmp_path: Path, at: At
) -> None:
    """Takes a second or two: a whole database is written, and restored into another one."""
    folder = tmp_path / "backups"
    (folder / ".wss-trial-left").mkdir(parents=True)
    for name in ("wss-20261101-080000.zip", "wss-20261102-080000.zip", "wss-20261103-080000.zip.untested.part"):
        (folder / name).write_text("older")
    settings = {"WSS_BACKUP_FOLDER": str(folder), "WSS_BACKUP_KEEP": "2"}
    app = make_app(database.url, tmp_path / "instance", **settings)
    now = at("2026-11-24 02:00")
    with app.app_context():
        boss, school = make_user(Role.SYSADMIN), SchoolFactory()
        for _number in range(3):
            StudentFactory(school_id=school.id)
        db.session.add(BackupRun(started_at=now, held_until=now + HELD, outcome=Outcome.RUNNING))
        db.session.commit()
        assert back_up("one", at("2026-11-24 04:59")) == "", "another one may be at it"
        assert back_up("one", at("2026-11-24 05:00")) == "backups made 1"
        assert back_up("two", at("2026-11-24 12:00")) == ""
        newest = "wss-20261124-110000.zip"
        assert sorted(os.listdir(folder)) == ["wss-20261102-080000.zip", newest]
        killed, whole = db.session.scalars(select(BackupRun).order_by(BackupRun.id))
        assert (killed.outcome, whole.outcome, whole.file) == (Outcome.KILLED, Outcome.WHOLE, newest)
        assert (whole.tried_in, whole.table_count) == (database.kind, len(Base.metadata.tables))
        with zipfile.ZipFile(folder / newest) as archive:
            assert len(archive.read("tables/student.jsonl").splitlines()) == 3
        assert whole.row_count > 3 == db.session.scalar(select(func.count(Student.id)))
        assert [mail.recipient_id for mail in db.session.scalars(select(OutboxMessage))] == [boss.id]
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def made(app: Flask, session: Any, at: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], str]:
    """Make the backup that is due in a folder: writing and restoring it end as is said, or with an error."""
    monkeypatch.setitem(app.config, "BACKUP_FOLDER", str(tmp_path))
    monkeypatch.setattr(backups, "write_backup", lambda path, _now, _say: path.write_text("rows"))
    at("2026-11-24 02:00")

    def make(ends: Any) -> str:
        def tried(_path: Path, _folder: Path) -> Trial:
            if isinstance(ends, Exception):
                raise ends
            return WHOLE

        monkeypatch.setattr(backups, "tried", tried)
        return back_up("one", clock.now())

    return make


ENDS = (
    (OSError(errno.ENOSPC, "full"), Outcome.FULL),
    (PermissionError(errno.EACCES, "closed"), Outcome.FOLDER),
    (BrokenBackup("The table student came out otherwise than it was."), Outcome.UNLIKE),
    (ValueError("a value of a row"), Outcome.BROKEN),
)


def test_each_failure_is_told_once_a_day_and_shown_until_one_is_whole(
    made: Callable[[Any], str], at: At, tmp_path: Path, client_as: Any
) -> None:
    boss = make_user(Role.SYSADMIN)
    assert backup_check(at("2026-11-24 01:00")).words == "No backup has ever been made."
    for number, (error, outcome) in enumerate(ENDS):
        now = at(f"2026-11-24 0{2 + number}:00")
        words = made(error)
        assert "a value of a row" not in words and ("failed" in words) == (outcome is Outcome.BROKEN)
        tried = last_try()
        assert tried is not None and (tried.outcome, tried.ended_at) == (outcome, now)
        assert not list(tmp_path.glob("*.zip")), "what was not restored counts as none"
        found = backup_check(now)
        assert (found.level, found.words) == ("warning", f"No backup has ever been made. · {outcome.label}")
        assert made(WHOLE) == "", "it is tried again an hour later"
    assert told() == 1
    at("2026-11-24 06:00")
    assert made(WHOLE) == "backups made 1"
    assert (backup_check(at("2026-11-25 01:59")).level, made(WHOLE)) == ("ok", "")
    page = client_as(boss).page("/system").text
    assert "Made, restored as a test, and complete · 7 rows of 2 tables" in page
    assert str(Outcome.FULL.label) in page
    at("2026-11-25 02:00")
    assert made(OSError(errno.ENOSPC, "full")) == "backups not_made 1"
    assert told() == 2
    assert backup_check(at("2026-11-25 02:00")).words.startswith("The last backup is 0 days old. · Not made: the disk")


def test_one_that_is_late_or_made_by_hand_is_never_called_in_order(session: Any, at: At) -> None:
    make_user(Role.SYSADMIN)
    now = at("2026-11-24 02:00")
    assert tell_late(now) == {"told": 0}
    session.add(BackupRun(started_at=now, held_until=now, ended_at=now, outcome=Outcome.WHOLE))
    session.commit()
    almost, late = now + timedelta(hours=47), now + timedelta(days=2)
    assert (tell_late(almost), backup_check(almost).level) == ({"told": 0}, "ok")
    assert (tell_late(late), tell_late(late)) == ({"told": 1}, {"told": 0})
    found = backup_check(late)
    assert (found.level, found.words.split(" · ")[0]) == ("warning", "The last backup is 2 days old.")
    note_by_hand(late, "copy.zip", {"tables": {"school": {"rows": 4}}})
    good = last_good()
    assert good is not None and (good.file, good.row_count, tell_late(late)) == ("copy.zip", 4, {"told": 0})
    assert (backup_check(late).level, "not restored as a test" in backup_check(late).words) == ("warning", True)


def test_one_is_due_once_after_each_turn_and_after_a_failure_every_hour() -> None:
    turn = datetime(2026, 11, 24, 8, tzinfo=UTC)

    def run(outcome: Outcome, started_at: datetime) -> BackupRun:
        return BackupRun(outcome=outcome, started_at=started_at, held_until=started_at + HELD)

    now, whole = turn + timedelta(hours=5), run(Outcome.WHOLE, turn)
    assert is_due(None, None, turn, now)
    assert not is_due(whole, whole, turn, now)
    assert is_due(whole, whole, turn + timedelta(days=1), now)
    failed = run(Outcome.FULL, now - AGAIN)
    assert is_due(failed, None, turn, now) and not is_due(failed, None, turn, now - timedelta(seconds=1))
    at_it = run(Outcome.RUNNING, now - HELD)
    assert is_due(at_it, None, turn, now) and not is_due(at_it, None, turn, now - timedelta(seconds=1))


def test_a_turn_is_an_hour_of_the_district_on_the_days_that_clocks_change() -> None:
    zone = "America/Chicago"
    noon = datetime(2027, 3, 14, 18, tzinfo=UTC)
    assert last_turn(noon, 2, zone) == datetime(2027, 3, 14, 8, tzinfo=UTC), "two is skipped: the instant after"
    assert last_turn(noon, 23, zone) == datetime(2027, 3, 14, 5, tzinfo=UTC)
    assert last_turn(datetime(2027, 3, 14, 4, tzinfo=UTC), 0, zone) == datetime(2027, 3, 13, 6, tzinfo=UTC)
