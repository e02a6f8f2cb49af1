"""Daily backups of the database, each restored as a test; only the newest are kept.

The file gets its final name, `wss-DAY-TIME.zip`, only after the test restore. Leftovers of a killed process are removed
when the next backup begins.
"""

import errno
import shutil
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import String, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.accounts.grants import holders_anywhere
from wss_cases.foundation import backup, clock
from wss_cases.foundation.backup import PREFIX, BrokenBackup, Trial, one_view, tried
from wss_cases.foundation.database import schema_command
from wss_cases.foundation.db import Base, Id, db, named_enum
from wss_cases.foundation.i18n import Labelled, _, _l, dotted
from wss_cases.foundation.school_time import at_local, district_zone, local_date, moment_words, today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.audit.actions import EVERY_ROW, seal
from wss_cases.journal.audit.queries import head_document
from wss_cases.journal.audit.rules import PURPOSE, keyring
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work


class Outcome(Labelled):
    RUNNING = "running", _l("Being made")
    WHOLE = "whole", _l("Made, restored as a test, and complete")
    BY_HAND = "by_hand", _l("Made by a command; not restored as a test")
    FULL = "full", _l("Not made: the disk is full")
    FOLDER = "folder", _l("Not made: the folder does not exist, or cannot be written")
    DATABASE = "database", _l("Not made: the database did not answer, or this role may not read everything")
    UNLIKE = "unlike", _l("Made, but it could not be restored; it is kept as untested")
    BROKEN = "broken", _l("Not made: something failed; the scheduler’s log says where")
    KILLED = "killed", _l("Not made: the process ended partway through")


GOOD: Final = (Outcome.WHOLE, Outcome.BY_HAND)
"""Outcomes that leave a usable file."""


class BackupRun(Base):
    """One backup. Its process has the job to itself until `held_until`. `tried_in`: the kind of database in which it
    was restored as a test, '' for none; `row_count` and `table_count` come from that test."""

    __tablename__ = "backup_run"

    id: Mapped[Id]
    started_at: Mapped[datetime]
    held_until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[Outcome] = mapped_column(named_enum(Outcome, "outcome"), default=Outcome.RUNNING)
    file: Mapped[str] = mapped_column(String(255), default="", server_default="")
    table_count: Mapped[int] = mapped_column(default=0, server_default="0")
    row_count: Mapped[int] = mapped_column(default=0, server_default="0")
    tried_in: Mapped[str] = mapped_column(String(20), default="", server_default="")


AGAIN: Final = timedelta(hours=1)
"""Wait before the next try after a failed backup."""
HELD: Final = timedelta(hours=3)
"""How long a running backup blocks others; after that its process counts as killed."""
LATE: Final = timedelta(days=2)
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_WORDS: Final = ("disk is full", "No space left")


def last_turn(now: datetime, hour: int, time_zone: str) -> datetime:
    """The last time that it was this hour in the time zone."""
    day = local_date(now, time_zone)
    turn = at_local(day, hour, 0, time_zone)
    return turn if turn <= now else at_local(day - timedelta(days=1), hour, 0, time_zone)


def is_due(tried: BackupRun | None, whole: BackupRun | None, turn: datetime, now: datetime) -> bool:
    """Whether a backup is due: none succeeded since the last turn, none is running, and none failed within the last
    hour."""
    if whole is not None and whole.started_at >= turn:
        return False
    if tried is None or tried.outcome is Outcome.WHOLE:
        return True
    if tried.outcome is Outcome.RUNNING:
        return tried.held_until <= now
    return tried.started_at <= now - AGAIN


def is_late(good: BackupRun | None, now: datetime) -> bool:
    """Whether the last usable backup is at least two days old."""
    return good is not None and good.started_at <= now - LATE


def why(error: Exception) -> Outcome:
    """The outcome to store for a backup that ended with this error."""
    if isinstance(error, BrokenBackup):
        return Outcome.UNLIKE
    if isinstance(error, OSError):
        return Outcome.FULL if error.errno in _FULL else Outcome.FOLDER
    if isinstance(error, SQLAlchemyError):
        return Outcome.FULL if any(words in str(error) for words in _FULL_WORDS) else Outcome.DATABASE
    return Outcome.BROKEN


_NEWEST_FIRST = select(BackupRun).order_by(BackupRun.started_at.desc(), BackupRun.id.desc())


def last_backups(most: int) -> Sequence[BackupRun]:
    return db.session.scalars(_NEWEST_FIRST.limit(most)).all()


def last_try() -> BackupRun | None:
    """The last backup that the scheduler began, whatever its outcome."""
    return db.session.scalars(_NEWEST_FIRST.where(BackupRun.outcome != Outcome.BY_HAND).limit(1)).first()


def last_good(outcomes: Collection[Outcome] = GOOD) -> BackupRun | None:
    """The last backup that left a usable file."""
    return db.session.scalars(_NEWEST_FIRST.where(BackupRun.outcome.in_(outcomes)).limit(1)).first()


def write_backup(path: Path, now: datetime, say: Callable[[str], None]) -> dict[str, Any]:
    """Write a copy of the database with an audit entry that is part of the copy; a failure gets an entry of its own.

    Returns the copy's manifest. Raises FileExistsError, OSError or SQLAlchemyError; then there is no file.
    """
    _note(now, "backup.created")
    try:
        seal(now, EVERY_ROW)
        head = head_document(now)
        db.session.remove()
        with one_view(db.engine) as connection:
            revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            about = {"made_at": now.isoformat(), "revision": revision, "keys": key_names_in_use(), "head": head}
            return backup.write(connection, path, about, say)
    except BaseException:
        # A database that does not answer takes no entry either; the error itself is still raised.
        with suppress(SQLAlchemyError):
            _note(clock.now(), "backup.failed")
        raise


def key_names_in_use() -> list[str]:
    return sorted(keyring(setting("WSS_KEYS").derived(PURPOSE)))


def _note(now: datetime, action: str) -> None:
    with unit_of_work(SYSTEM, now) as uow:
        uow.audit(action, "database", None)


TROUBLE = "backup.trouble"


def due(now: datetime) -> bool:
    turn = last_turn(now, setting("BACKUP_HOUR"), district_zone())
    return is_due(last_try(), last_good([Outcome.WHOLE]), turn, now)


def claim(now: datetime, file: str) -> int | None:
    """Begin a backup and return its id, or None when another process was faster.

    A backup whose process died is marked as killed first.
    """
    with unit_of_work(SYSTEM, now) as uow:
        uow.next_number("backup")  # a second process waits here, then checks again
        if not due(now):
            uow.no_audit()
            return None
        newest = last_try()
        if newest is not None and newest.outcome is Outcome.RUNNING:
            _end(uow, newest, Outcome.KILLED)
        return uow.add_audited(
            BackupRun(started_at=now, held_until=now + HELD, outcome=Outcome.RUNNING, file=file), "backup_run.begun"
        )


def end_backup(run_id: int, now: datetime, outcome: Outcome, trial: Trial | None = None) -> None:
    """Store the outcome, and notify the system administrators of a failure."""
    with unit_of_work(SYSTEM, now) as uow:
        run = uow.session.get_one(BackupRun, run_id, with_for_update=True, populate_existing=True)
        if trial is not None:
            run.table_count, run.row_count, run.tried_in = trial.tables, trial.rows, trial.kind
        _end(uow, run, outcome)


def note_by_hand(now: datetime, file: str, manifest: dict[str, Any]) -> None:
    """Store a backup made by a command. It was not restored as a test; the audit entry exists already."""
    counted = [about["rows"] for about in manifest["tables"].values()]
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        uow.add(
            BackupRun(
                started_at=now, held_until=now, ended_at=now, outcome=Outcome.BY_HAND, file=file[:255],
                table_count=len(counted), row_count=sum(counted),
            )
        )  # fmt: skip


def tell_late(now: datetime) -> dict[str, int]:
    """Notify the system administrators once when the last usable backup is too old; returns the number of people
    `told`."""
    good = last_good()
    if good is None or not is_late(good, now):
        return {"told": 0}
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        return {"told": _tell(uow, good, f"late:{good.id}")}


def _end(uow: UnitOfWork, run: BackupRun, outcome: Outcome) -> None:
    run.outcome, run.ended_at = outcome, uow.now
    ended = "tested" if outcome in GOOD else "failed"
    uow.audit(f"backup_run.{ended}", "backup_run", run.id, {"outcome": [None, outcome.value]})
    if outcome not in GOOD:
        _tell(uow, run, today_at(None, uow.now).isoformat())


def _tell(uow: UnitOfWork, run: BackupRun, once: str) -> int:
    people = holders_anywhere(Role.SYSADMIN, today_at(None, uow.now))
    return sum(uow.notify(user_id, TROUBLE, run, f"{TROUBLE}:{user_id}:{once}") for user_id, _name in people)


NAMES = "wss-*.zip"
UNTESTED = ".untested"


def take_backup(now: datetime) -> dict[str, int]:
    """Make a backup if one is due and a folder is set; returns how many were `made` or `not_made`.

    An error other than of disk, folder, database or file is raised again after the failure is stored.
    """
    if not setting("BACKUP_FOLDER") or not due(now) or schema_command():
        return {}
    folder, name = Path(setting("BACKUP_FOLDER")), f"wss-{now:%Y%m%d-%H%M%S}.zip"
    run_id = claim(now, name)
    if run_id is None:
        return {}
    try:
        _clear(folder)
        trial = _make(folder, name, now)
    except Exception as error:
        outcome = why(error)
        db.session.remove()
        end_backup(run_id, clock.now(), outcome)
        if outcome is Outcome.BROKEN:
            raise
        return {"not_made": 1}
    end_backup(run_id, clock.now(), Outcome.WHOLE, trial)
    _forget(folder)
    return {"made": 1}


def _make(folder: Path, name: str, now: datetime) -> Trial:
    untested = folder / f"{name}{UNTESTED}"
    write_backup(untested, now, lambda _words: None)
    trial = tried(untested, folder)
    untested.rename(folder / name)
    return trial


def _clear(folder: Path) -> None:
    for left in folder.glob(f"{NAMES}{UNTESTED}*"):
        left.unlink()
    for left in folder.glob(f"{PREFIX}*"):
        shutil.rmtree(left)


def _forget(folder: Path) -> None:
    for old in sorted(folder.glob(NAMES))[: -setting("BACKUP_KEEP")]:
        old.unlink()


_SAYS = leads_to(
    "/system",
    _l("There is no new backup"),
    _l(
        "The backup of this system failed, or the last one is at least two days old. Work continues, but anything "
        "entered since then would be lost with the machine. The page says what went wrong; it tries again every hour."
    ),
)


def _runs_it(_message: OutboxMessage, actor: Actor) -> bool:
    return actor.has(Role.SYSADMIN)


MESSAGES = (MessageKind(TROUBLE, _SAYS, _runs_it),)


def backup_row(run: BackupRun) -> dict[str, Any]:
    counted = ""
    if run.outcome in GOOD:
        counted = _("%(rows)d rows of %(tables)d tables", rows=run.row_count, tables=run.table_count)
    tone = "moss" if run.outcome in GOOD else "slate" if run.outcome is Outcome.RUNNING else "brick"
    tag = _("In order") if run.outcome in GOOD else _("In progress") if run.outcome is Outcome.RUNNING else _("Failed")
    return {
        "title": moment_words(run.started_at, district_zone()),
        "meta": dotted(run.outcome.label, counted, run.file),
        "tag": tag,
        "tone": tone,
    }


ROOM = Room(messages=MESSAGES)
