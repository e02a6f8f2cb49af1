"""`flask backup`: everything in one file, and a new database from it, proven row by row and by the audit chain."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import click
from flask.cli import AppGroup
from sqlalchemy import Connection, create_engine, inspect, literal, select, table, text
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.cli.common import FILE, refuse, words_of
from wss_cases.foundation import backup, clock
from wss_cases.foundation.backup import rules_at_the_end
from wss_cases.foundation.connecting import WRITING
from wss_cases.foundation.database import is_known, schema_command, upgrade_to
from wss_cases.foundation.db import db, fit_sqlite
from wss_cases.foundation.operations import reach
from wss_cases.journal.audit.queries import verify
from wss_cases.journal.audit.rules import GENESIS
from wss_cases.journal.months import make_months, months_ready
from wss_cases.setup.backups import Outcome, key_names_in_use, note_by_hand, write_backup

PAUSED = "This database was restored from a backup. See who was told meanwhile, then let mail go again."
TAKEN_OVER = "This database was made of another one. When that one no longer runs, let mail go again."
RELEASE = "Mail is paused and nobody is signed in. Release it with: flask reminders pause --release"
_OF_PEOPLE = ("user_account", "audit_entry", "school", "student")
"""Tables that no migration fills."""
OWNER = "the owner of the schema"
SCHEDULER = f"the scheduler's role, or {OWNER}"

group = AppGroup("backup", help="Everything in one file, and a new database from it.")


@group.command("create")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def create(path: Path) -> None:
    """Write the whole database into the new file PATH while people work; it shows one moment.

    The file holds children's records: keep it encrypted, and apart from the keys, which are not in it.
    """
    try:
        backup.look_for_room(path)
        if command := schema_command():
            _refuse(f"The database and this release do not match. Run: {command}")
        now = clock.now()
        manifest = write_backup(path, now, _say)
    except FileExistsError:
        _refuse(f"{path} is there already.")
    except OSError as error:
        _refuse(f"{path} cannot be written: {error.strerror}.")
    except SQLAlchemyError as error:
        _refuse(words_of(error, SCHEDULER))
    with suppress(SQLAlchemyError):
        note_by_hand(now, path.name, manifest)
    rows = sum(about["rows"] for about in manifest["tables"].values())
    click.echo(f"{rows} rows of {len(manifest['tables'])} tables are in {path}.")


@group.command("restore")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def restore(path: Path) -> None:
    """Make a whole database of the file PATH in an empty one (DATABASE_URL), prove it, and leave mail paused.

    Nobody is signed in afterwards. A database that holds anything is refused, never overwritten.
    """
    try:
        manifest = backup.checked(path, _say)
        with _made_of(manifest["revision"], "restored", PAUSED) as connection:
            backup.fill(connection, path, manifest, _say, months_ready)
        missing = sorted(set(manifest["keys"]) - set(key_names_in_use()))
        if missing:
            _say(f"Keys that were in use are not here: {', '.join(missing)}. What they sealed stays unreadable.")
        _prove(manifest["head"]["number"], manifest["head"]["hash"])
    except backup.BrokenBackup as error:
        _refuse(str(error))
    except SQLAlchemyError as error:
        _refuse(words_of(error, OWNER))
    rows = sum(about["rows"] for about in manifest["tables"].values())
    click.echo(f"{rows} rows are as they were on {manifest['made_at']}; the audit log reaches its head.")
    click.echo(RELEASE)


@group.command("take-over")
@click.argument("path", type=FILE)
def take_over(path: Path) -> None:
    """Make a whole database of the SQLite file PATH in an empty one (DATABASE_URL, PostgreSQL), prove it, and leave
    mail paused.

    Stop the web server and the scheduler first. The file stays as it is, and nobody can write to it meanwhile. A
    database that holds anything is refused, never overwritten; after an interruption run it again.
    """
    try:
        revision = _revision_of(path)
        with _held(path) as source:
            head = source.execute(text("SELECT number, hash FROM audit_seal ORDER BY number DESC LIMIT 1")).first()
            with _made_of(revision, "taken_over", TAKEN_OVER) as connection:
                rows = backup.carry(source, connection, _say, months_ready)
        _prove(*(head or (0, GENESIS)))
    except backup.BrokenBackup as error:
        _refuse(str(error))
    except SQLAlchemyError as error:
        _refuse(words_of(error, OWNER))
    click.echo(f"{rows} rows of {path} are in the database that DATABASE_URL leads to; the audit log reaches its head.")
    click.echo(RELEASE)


def _revision_of(path: Path) -> str:
    # not by the application's engine, which would change the file's access and keep a log beside it
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as asked:
            found = asked.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        found = None
    if found is None:
        raise backup.BrokenBackup(f"{path.name} is not a SQLite database of this system.")
    return str(found[0])


@contextmanager
def _held(path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True)
    fit_sqlite(engine)
    try:
        with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _made_of(revision: str, how: str, paused: str) -> Iterator[Connection]:
    """An empty database on that schema to fill; afterwards no one is signed in and email is paused."""
    if not is_known(revision):
        raise backup.BrokenBackup("This is of a newer release than the one here. Deploy that release first.")
    _must_be_empty()
    upgrade_to(revision)
    db.session.remove()
    with rules_at_the_end(db.engine) as connection:
        yield connection
        _quiet(connection, clock.now(), how, paused)
        reach("restore.before_commit")
    upgrade_to()
    make_months(clock.now())
    db.session.remove()


def _prove(number: int, digest: str) -> None:
    broken = verify(None, number, digest).broken
    if broken is not None:
        raise backup.BrokenBackup(f"The rows are as they were, but the audit log is not: {broken.words}.")


def _quiet(connection: Connection, now: datetime, how: str, reason: str) -> None:
    """In the same commit as the rows: no old session opens a page, and no email goes out a second time by itself."""
    tables = backup.tables_of(connection)
    connection.execute(tables["user_session"].delete())
    if (runs := tables.get("backup_run")) is not None:
        # the backup that this database came from was not finished in its rows
        connection.execute(runs.delete().where(runs.columns.outcome == Outcome.RUNNING.value))
    if (lapses := tables.get("standby_lapse")) is not None:
        # it was the other database's standby that was missing
        going_on = lapses.update().where(lapses.columns.until.is_(None))
        connection.execute(going_on.values(until=_stored(lapses, "until", now)))
    paused = tables["delivery_pause"]
    if connection.execute(select(paused.columns.id)).first() is None:
        connection.execute(paused.insert().values(id=1, since=_stored(paused, "since", now), reason=reason))
    audit = tables["audit_entry"]
    connection.execute(
        audit.insert().values(
            at=_stored(audit, "at", now), action=f"backup.{how}", object_type="database", changes="{}", request_id=""
        )
    )


def _stored(table: Any, column: str, now: datetime) -> datetime:
    return now if table.columns[column].type.timezone else now.replace(tzinfo=None)


def _must_be_empty() -> None:
    # a killed restore leaves a schema without people; the next one goes on with it
    with db.engine.connect() as connection:
        names = set(inspect(connection).get_table_names())
        foreign = names and "alembic_version" not in names
        held = (select(literal(1)).select_from(table(name)).limit(1) for name in _OF_PEOPLE if name in names)
        if foreign or any(connection.execute(one).first() for one in held):
            raise backup.BrokenBackup(
                "This database is not empty. Make a new one, name it in DATABASE_URL, and restore into that."
            )


def _say(words: str) -> None:
    click.echo(words, err=True)


def _refuse(message: str) -> NoReturn:
    with suppress(SQLAlchemyError):
        db.session.remove()
    refuse("", message)
