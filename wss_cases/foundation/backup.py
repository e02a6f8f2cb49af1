"""A whole database in one file, and a whole database from it: the same form for SQLite and PostgreSQL.

The file is a zip: each table as one JSON array to a line, and `manifest.json` with how many rows each table has and
two sums: of the member as it lies in the file, and of the rows whatever their order. Texts that are sealed stay so.
"""

import hashlib
import json
import os
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    NullPool,
    Table,
    Text,
    cast,
    create_engine,
    func,
    make_url,
    select,
    text,
    type_coerce,
)
from sqlalchemy import column as sqlalchemy_column
from sqlalchemy import table as sqlalchemy_table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DataError
from sqlalchemy.types import TypeDecorator

from wss_cases.foundation.connecting import WRITING
from wss_cases.foundation.db import Base, db, fit_sqlite, quoted
from wss_cases.foundation.operations import reach

_VIRTUAL = text("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'")


def word_indexes(connection: Connection) -> list[str]:
    """Their names. Each has helper tables beside it (`<name>_...`)."""
    return list(connection.scalars(_VIRTUAL)) if connection.dialect.name == "sqlite" else []


def make_word_indexes_anew(connection: Connection) -> None:
    """Rebuild them from the rows, after rows were written while the triggers were off."""
    for name in word_indexes(connection):
        connection.execute(sqlalchemy_table(name, sqlalchemy_column(name)).insert(), {name: "rebuild"})


_SEQUENCES = (
    "SELECT s.relname, s.tabname, s.last_value FROM (SELECT c.relname, t.relname AS tabname,"
    " COALESCE(pg_sequence_last_value(c.oid), 0) AS last_value FROM pg_class c"
    " JOIN pg_depend d ON d.objid = c.oid AND d.deptype IN ('a', 'i') JOIN pg_class t ON t.oid = d.refobjid"
    " WHERE c.relkind = 'S' AND c.relnamespace = 'public'::regnamespace) s ORDER BY s.relname"
)
_FOREIGN_KEYS = (
    "SELECT t.relname, c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid"
    " WHERE c.contype = 'f' AND t.relnamespace = 'public'::regnamespace AND NOT c.condeferrable"
)
_TRIGGERED = (
    "SELECT DISTINCT t.relname FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid"
    " WHERE NOT g.tgisinternal AND t.relnamespace = 'public'::regnamespace"
)


@contextmanager
def one_view(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees the database as of its first statement, whatever is written meanwhile."""
    options: dict[str, Any] = {}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def rules_at_the_end(engine: Engine) -> Iterator[Connection]:
    """A transaction whose foreign keys are checked at its end and whose triggers are off.

    When a constraint is violated at the end, nothing is written.
    """
    with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        around = _postgresql if connection.dialect.name == "postgresql" else _sqlite
        with around(connection):
            yield connection


@contextmanager
def _sqlite(connection: Connection) -> Iterator[None]:
    connection.execute(text("PRAGMA defer_foreign_keys=ON"))
    triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _sql in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {quoted(connection, name)}")
    yield
    for _name, sql in triggers:
        connection.exec_driver_sql(sql)
    make_word_indexes_anew(connection)


@contextmanager
def _postgresql(connection: Connection) -> Iterator[None]:
    keys = connection.execute(text(_FOREIGN_KEYS)).all()
    tables = connection.execute(text(_TRIGGERED)).scalars().all()
    _each_key(connection, keys, "DEFERRABLE INITIALLY DEFERRED")
    for table in tables:
        connection.exec_driver_sql(f"ALTER TABLE {quoted(connection, table)} DISABLE TRIGGER USER")
    yield
    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    _each_key(connection, keys, "NOT DEFERRABLE")
    for table in tables:
        connection.exec_driver_sql(f"ALTER TABLE {quoted(connection, table)} ENABLE TRIGGER USER")


def _each_key(connection: Connection, keys: Iterable[Any], how: str) -> None:
    for table, key in keys:
        connection.exec_driver_sql(
            f"ALTER TABLE {quoted(connection, table)} ALTER CONSTRAINT {quoted(connection, key)} {how}"
        )


def next_ids(connection: Connection) -> dict[str, int]:
    """The last id that each table gave, so that a restored database does not give the id of a deleted row again."""
    if connection.dialect.name != "postgresql":
        return {}
    return {table: int(value) for _name, table, value in connection.execute(text(_SEQUENCES))}


def set_next_ids(connection: Connection, wanted: Mapping[str, int], highest: Mapping[str, int]) -> None:
    """Let each table continue from these ids; a table that is not named continues from its highest id."""
    if connection.dialect.name != "postgresql":
        return
    for name, table, _value in connection.execute(text(_SEQUENCES)).all():
        reached = max(wanted.get(table, 0), highest[table])
        if reached:
            connection.execute(text("SELECT setval(CAST(:name AS regclass), :at)"), {"name": name, "at": reached})


FORMAT = "wss-backup-1"
MANIFEST = "manifest.json"
REVISION = "alembic_version"
BATCH = 1000

Say = Callable[[str], None]
Ready = Callable[[Connection, str, list[dict[str, Any]]], None]
"""What makes room for the next rows of a table before they are put into it."""


class BrokenBackup(Exception):
    """The file is not a backup, or was changed after it was written; the message says where."""


class JsonWords(TypeDecorator[str]):
    """A JSON column read as canonical text, so that "no value" and the JSON value null stay different."""

    impl = Text
    cache_ok = True

    def __init__(self, postgresql: bool) -> None:
        super().__init__()
        self.postgresql = postgresql

    def column_expression(self, column: Any) -> Any:
        """Read the text itself."""
        return type_coerce(cast(column, Text), self) if self.postgresql else column

    def bind_expression(self, bindparam: Any) -> Any:
        """Write what the column takes."""
        return cast(bindparam, JSONB(none_as_null=True)) if self.postgresql else bindparam

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else canonical(json.loads(value))


@dataclass
class RowSum:
    """The number of rows, and a sum of their hashes that does not depend on their order."""

    rows: int = 0
    total: int = 0

    def add(self, line: bytes) -> None:
        self.rows += 1
        self.total = (self.total + int.from_bytes(hashlib.sha256(line).digest())) % 2**256

    def passing(self, rows: Iterable[bytes]) -> Iterator[bytes]:
        """Count rows as they pass."""
        for line in rows:
            self.add(line)
            yield line

    def document(self) -> dict[str, Any]:
        """The sum as it stands in the manifest."""
        return {"rows": self.rows, "sum": f"{self.total:064x}"}


def canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def tables_of(connection: Connection) -> dict[str, Table]:
    """Every table of the database except the schema's revision and the word indexes."""
    metadata, indexes = MetaData(), word_indexes(connection)
    metadata.reflect(connection, only=lambda name, _: not any(f"{name}_".startswith(f"{index}_") for index in indexes))
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, JSON):
                column.type = JsonWords(connection.dialect.name == "postgresql")
    return {name: table for name, table in sorted(metadata.tables.items()) if name != REVISION}


def lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """Return each row of a table as a line, its columns in the order of their names."""
    columns = [table.columns[name] for name in sorted(table.columns.keys())]
    rows = connection.execute(select(*columns).execution_options(yield_per=BATCH))
    for row in rows:
        yield canonical([_plain(value) for value in row]).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        value = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return b64encode(bytes(value)).decode()
    return value


def write(connection: Connection, path: Path, about: dict[str, Any], say: Say) -> dict[str, Any]:
    """Write everything that this transaction sees into a new file (0600); returns its manifest.

    The file appears under its name only when it is whole; what failed leaves none. Raises FileExistsError when the
    name is taken.
    """
    part = _part(path)
    part.unlink(missing_ok=True)
    with os.fdopen(_new(part), "wb") as handle:
        try:
            manifest = _write_all(handle, connection, about, say)
            reach("file.before_name")
            os.link(part, path)  # unlike a rename, never over a file that came meanwhile
        finally:
            part.unlink(missing_ok=True)
    return manifest


def look_for_room(path: Path) -> None:
    """Raise FileExistsError when the name is taken, OSError when no file can be created there."""
    if os.path.lexists(path):
        raise FileExistsError(path)
    part = _part(path)
    part.unlink(missing_ok=True)
    os.close(_new(part))
    part.unlink()


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _new(part: Path) -> int:
    return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _write_all(handle: IO[bytes], connection: Connection, about: dict[str, Any], say: Say) -> dict[str, Any]:
    manifest = {"format": FORMAT, **about, "next_ids": next_ids(connection), "tables": {}}
    with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in tables_of(connection).items():
            manifest["tables"][name] = found = _write_table(archive, connection, table)
            say(f"{name}: {found['rows']}")
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    handle.flush()
    os.fsync(handle.fileno())
    return manifest


def _write_table(archive: zipfile.ZipFile, connection: Connection, table: Table) -> dict[str, Any]:
    summed, member = RowSum(), hashlib.sha256()
    with archive.open(_member(table.name), "w", force_zip64=True) as out:
        for line in lines(connection, table):
            summed.add(line)
            member.update(line)
            out.write(line)
    columns = sorted(table.columns.keys())
    return summed.document() | {"member": member.hexdigest(), "columns": columns}


def _member(table: str) -> str:
    return f"tables/{table}.jsonl"


def checked(path: Path, say: Say) -> dict[str, Any]:
    """Read the whole file and return its manifest. Raises BrokenBackup when anything differs from what was written."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
            if manifest.get("format") != FORMAT:
                raise BrokenBackup(f"{path.name} is not a backup of this system.")
            for name, about in manifest["tables"].items():
                with archive.open(_member(name)) as member:
                    if hashlib.file_digest(member, "sha256").hexdigest() != about["member"]:  # type: ignore[arg-type]
                        raise BrokenBackup(f"{path.name}: the table {name} is not as it was written.")
                say(f"{name}: read")
    except (OSError, KeyError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise BrokenBackup(f"{path.name} is not a whole backup of this system.") from error
    return manifest


def fill(connection: Connection, path: Path, manifest: dict[str, Any], say: Say, ready: Ready | None = None) -> None:
    """Replace the rows of all tables by those of a checked file, in the caller's transaction. Every row is read back
    and summed. Raises BrokenBackup when a sum differs."""
    tables = _emptied(connection, {name: about["columns"] for name, about in manifest["tables"].items()})
    with zipfile.ZipFile(path) as archive:
        for name, about in manifest["tables"].items():
            with archive.open(_member(name)) as member:
                _insert(connection, tables[name], member, ready)
            _as_it_was(connection, tables[name], {"rows": about["rows"], "sum": about["sum"]}, say)
    set_next_ids(connection, manifest["next_ids"], {name: _highest(connection, t) for name, t in tables.items()})


def carry(source: Connection, connection: Connection, say: Say, ready: Ready | None = None) -> int:
    """Replace the rows of all tables by those of another database, in the caller's transaction; returns how many.
    Every row is read back and summed. Raises BrokenBackup when a sum differs or a row is refused."""
    there, count = tables_of(source), 0
    tables = _emptied(connection, {name: sorted(table.columns.keys()) for name, table in there.items()})
    for name, table in tables.items():
        summed = RowSum()
        try:
            _insert(connection, table, summed.passing(lines(source, there[name])), ready)
        except DataError as error:
            words = f"The table {name} has a row that this database does not take, of its first {summed.rows}."
            raise BrokenBackup(words) from error
        _as_it_was(connection, table, summed.document(), say)
        count += summed.rows
    set_next_ids(connection, next_ids(source), {name: _highest(connection, t) for name, t in tables.items()})
    return count


def _emptied(connection: Connection, there: dict[str, list[str]]) -> dict[str, Table]:
    tables = tables_of(connection)
    here = {name: sorted(table.columns.keys()) for name, table in tables.items()}
    if here != there:
        odd = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
        raise BrokenBackup(f"The tables differ from those of the backup: {', '.join(odd)}.")
    for table in tables.values():
        connection.execute(table.delete())
    return tables


def _as_it_was(connection: Connection, table: Table, expected: dict[str, Any], say: Say) -> None:
    summed = RowSum()
    for line in lines(connection, table):
        summed.add(line)
    if summed.document() != expected:
        raise BrokenBackup(f"The table {table.name} came out otherwise than it was.")
    say(f"{table.name}: {summed.rows}")


def _insert(connection: Connection, table: Table, member: Iterable[bytes], ready: Ready | None) -> None:
    columns = [table.columns[name] for name in sorted(table.columns.keys())]
    batch: list[dict[str, Any]] = []
    for line in member:
        values = json.loads(line)
        batch.append({column.name: _typed(column, value) for column, value in zip(columns, values, strict=True)})
        if len(batch) == BATCH:
            _put(connection, table, batch, ready)
            batch = []
    if batch:
        _put(connection, table, batch, ready)


def _put(connection: Connection, table: Table, batch: list[dict[str, Any]], ready: Ready | None) -> None:
    if ready is not None:
        ready(connection, table.name, batch)
    connection.execute(table.insert(), batch)


def _typed(column: Any, value: Any) -> Any:
    if value is None or isinstance(column.type, JsonWords):
        return value
    kind = column.type.python_type
    if kind is bytes:
        return b64decode(value)
    if kind is datetime:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if isinstance(column.type, DateTime) and column.type.timezone else found
    return kind.fromisoformat(value) if kind in (date, time) else value


def _highest(connection: Connection, table: Table) -> int:
    if "id" not in table.columns:
        return 0
    return int(connection.execute(select(func.max(table.columns["id"]))).scalar() or 0)


PREFIX = ".wss-trial-"
"""How the folders of throwaway files begin; a process that was killed leaves one."""
SUFFIX = "_backup_trial"
"""How the throwaway database of PostgreSQL ends; whoever begins a trial removes the one that is there."""
_MAY_CREATE = text("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")


@dataclass(frozen=True)
class Trial:
    """The rows counted, and the kind of database they were counted in."""

    tables: int
    rows: int
    kind: str


def tried(path: Path, folder: Path) -> Trial:
    """Restore a backup of this release's schema into a temporary database, delete that database, and return the counts.

    Uses PostgreSQL when the role may create databases, otherwise a SQLite file beside the backup (a backup file is the
    same for both). Raises BrokenBackup for a damaged file or row, OSError or SQLAlchemyError when the temporary
    database cannot be made or filled.
    """
    manifest = checked(path, _silent)
    with _throwaway(folder) as engine:
        Base.metadata.create_all(engine)
        with rules_at_the_end(engine) as connection:
            fill(connection, path, manifest, _silent)
        counted = [about["rows"] for about in manifest["tables"].values()]
        return Trial(len(counted), sum(counted), engine.dialect.name)


def _silent(_words: str) -> None:
    """Say nothing."""


@contextmanager
def _throwaway(folder: Path) -> Iterator[Engine]:
    with ExitStack() as ending:
        if db.engine.dialect.name == "postgresql" and _may_create():
            url = db.engine.url.set(database=ending.enter_context(_database()))
        else:
            place = ending.enter_context(TemporaryDirectory(prefix=PREFIX, dir=folder))
            url = make_url(f"sqlite:///{place}/trial.sqlite3")
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
        ending.callback(engine.dispose)
        if engine.dialect.name == "sqlite":
            fit_sqlite(engine)
        yield engine


def _may_create() -> bool:
    with db.engine.connect() as connection:
        return bool(connection.execute(_MAY_CREATE).scalar_one())


@contextmanager
def _database() -> Iterator[str]:
    name = f"{(db.engine.url.database or '')[:40]}{SUFFIX}"
    _say("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _say("CREATE DATABASE {} TEMPLATE template0", name)
    try:
        yield name
    finally:
        _say("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _say(words: str, name: str) -> None:
    outside: Any = db.engine.execution_options(isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        connection.exec_driver_sql(words.format(quoted(connection, name)))
