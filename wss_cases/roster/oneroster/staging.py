"""Batched writes of an import: the ledger of each feed row's last state, and records staged in temporary tables."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    ARRAY,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.orm import Session

from wss_cases.foundation.code_tables import code_tables_written
from wss_cases.foundation.database import insert_rows
from wss_cases.foundation.db import Base, CodeTable, table_of
from wss_cases.roster.directory.models import Guardian, ImportedRow, Student, StudentGuardian
from wss_cases.roster.import_files import Counts

BATCH = 5_000
MOST_FOR_ONE = 1_000
Value = TypeVar("Value")
LEDGER: Any = ImportedRow.__table__


def batches(values: Iterable[Value], size: int = BATCH) -> Iterator[list[Value]]:
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch


def mark(key: str) -> int:
    """A small stand-in for a key, valid within one import, so that two million of them fit in memory."""
    return hash(key)


def digest(text: str) -> str:
    """The stored digest of a row."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def rows_among(
    session: Session, columns: Sequence[Any], fixed: Sequence[Any], column: Any, values: Sequence[Any]
) -> Sequence[Any]:
    """These columns of the rows that meet `fixed` and whose `column` is one of `values`, unordered.

    PostgreSQL has no statistics of rows written in this transaction and would read all of them for each batch; the
    lateral join with its limit makes it use the index for every value.
    """
    if session.get_bind().dialect.name != "postgresql":
        return session.execute(select(*columns).where(*fixed, column.in_(list(values)))).all()
    wanted = func.unnest(cast(list(values), ARRAY(column.type))).table_valued("value").render_derived("wanted")
    rows = select(*columns).where(*fixed, column == wanted.c.value).limit(MOST_FOR_ONE).lateral("found")
    return session.execute(select(*rows.c).select_from(wanted.join(rows, true()))).all()


class Item(NamedTuple):
    """One valid row: its key with its mark, its digest, whether its record is deleted, and the values read."""

    key: str
    mark: int
    digest: str
    deleted: bool
    content: Any


class Ledger:
    """The rows of one file as last imported from one source."""

    def __init__(self, session: Session, source: str, file: str) -> None:
        self._session = session
        self._source = source
        self._file = file
        self.seen: set[int] = set()
        self.ended = 0
        """Rows that were present before, and that this run ended."""
        self._mine = (LEDGER.c.source == source, LEDGER.c.file == file)
        self._is_new = session.scalar(select(LEDGER.c.id).where(*self._mine).limit(1)) is None

    def write(self, items: Sequence[Item], counts: Counts) -> bool:
        """Count each row as created, updated or unchanged and store its state; True when anything changed."""
        known = {} if self._is_new else self._known([item.key for item in items])
        new, changed = [], []
        for item in items:
            row_id, old, was_present = known.get(item.key, (None, "", False))
            if (row_id is None and item.deleted) or (row_id is not None and not was_present and item.deleted):
                counts.unchanged += 1
            elif row_id is None:
                counts.created += 1
                new.append((self._source, self._file, item.key, item.digest, True))
            elif old == item.digest and was_present:
                counts.unchanged += 1
            else:
                counts.updated += 1
                self.ended += was_present and item.deleted
                changed.append({"row_id": row_id, "new_digest": item.digest, "new_present": not item.deleted})
        insert_rows(self._session, LEDGER, _LEDGER_COLUMNS, new)
        if changed:
            self._session.execute(_CHANGE, changed)
        return bool(new or changed)

    def _known(self, keys: list[str]) -> dict[str, tuple[int, str, bool]]:
        columns = (LEDGER.c.sourced_id, LEDGER.c.id, LEDGER.c.digest, LEDGER.c.is_present)
        rows = rows_among(self._session, columns, self._mine, LEDGER.c.sourced_id, keys)
        return {row[0]: (row[1], row[2], row[3]) for row in rows}

    def number(self) -> int:
        return self._session.scalar(select(func.count()).where(*self._mine, LEDGER.c.is_present)) or 0

    def present(self) -> Iterator[tuple[int, str]]:
        """Yield (id, key) of every row that the last import of this file had, or still has."""
        statement = select(LEDGER.c.id, LEDGER.c.sourced_id).where(*self._mine, LEDGER.c.is_present)
        for row in self._session.execute(statement.execution_options(yield_per=BATCH)):
            yield row[0], row[1]

    def missing(self) -> tuple[list[tuple[int, str]], int]:
        """The stored rows that this import has not read, and how many were stored before it."""
        gone, number = [], 0
        for row_id, key in self.present():
            number += 1
            if mark(key) not in self.seen:
                gone.append((row_id, key))
        return gone, number

    def forget(self, row_ids: Sequence[int]) -> None:
        """Mark these rows as gone."""
        values = [{"row_id": row_id, "new_present": False} for row_id in row_ids]
        for batch in batches(values):
            self._session.execute(_FORGET, batch)


_LEDGER_COLUMNS = ("source", "file", "sourced_id", "digest", "is_present")
_CHANGE = (
    LEDGER.update()
    .where(LEDGER.c.id == bindparam("row_id"))
    .values(digest=bindparam("new_digest"), is_present=bindparam("new_present"))
)
_FORGET = LEDGER.update().where(LEDGER.c.id == bindparam("row_id")).values(is_present=bindparam("new_present"))


def ids_of(session: Session, model: type[Any], source: str) -> dict[str, int]:
    table = model.__table__
    statement = select(table.c.sourced_id, table.c.id).where(table.c.source == source)
    return {row[0]: row[1] for row in session.execute(statement)}


KEY = "sourced_id"
_NUMBERS = count(1)
FOR_ONE_TRANSACTION: dict[str, Any] = {"prefixes": ["TEMPORARY"], "postgresql_on_commit": "DROP"}
"""Dropped at commit: behind a pooler, the session that would keep the table goes to someone else."""


class Staged:
    """Rows for one table by their `sourced_id`; all have the columns `names`."""

    def __init__(self, session: Session, model: type[Base], names: Sequence[str]) -> None:
        self._session = session
        self.target = table_of(model)
        self.names = tuple(names)
        columns = [Column(name, self.target.c[name].type) for name in (KEY, *names)]
        self.table = Table(f"taken_{next(_NUMBERS)}", MetaData(), *columns, **FOR_ONE_TRANSACTION)
        self.table.create(session.connection())
        self._is_empty = True

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add rows to the temporary table; each has `sourced_id` and every column."""
        self._is_empty = self._is_empty and not rows
        columns = (KEY, *self.names)
        insert_rows(self._session, self.table, columns, [[row[name] for name in columns] for row in rows])

    def update(self, source: str) -> None:
        """Update the records of a source that differ from the added rows; missing records are not made."""
        if self._is_empty:
            return
        target, taken = self.target, self.table
        changes: dict[str, Any] = {name: taken.c[name] for name in self.names}
        if "version" in target.c:
            changes["version"] = target.c.version + 1
        differs = or_(*(target.c[name].is_distinct_from(taken.c[name]) for name in self.names))
        same = and_(target.c.source == source, target.c.sourced_id == taken.c.sourced_id)
        run_set(self._session, target.update().where(same, differs).values(changes))

    def others(self, source: str, values: dict[str, Any]) -> None:
        """Change the active records of a source that were not added, where they differ."""
        target, taken = self.target, self.table
        mine = and_(target.c.source == source, target.c.is_active)
        added = exists().where(taken.c.sourced_id == target.c.sourced_id)
        differs = or_(*(target.c[name].is_distinct_from(value) for name, value in values.items()))
        changes = {**values, "version": target.c.version + 1}
        run_set(self._session, target.update().where(mine, ~added, differs).values(changes))

    def insert(self, source: str, more: "Staged | None" = None) -> None:
        """Insert the missing records, with the columns of `more` where it has a row for them."""
        if self._is_empty:
            return
        target, taken = self.target, self.table
        standing = and_(target.c.source == source, target.c.sourced_id == taken.c.sourced_id)
        tables, names = taken.outerjoin(target, standing), [KEY, *self.names]
        values = [taken.c[name] for name in names]
        if more is not None:
            tables = tables.outerjoin(more.table, more.table.c.sourced_id == taken.c.sourced_id)
            names, values = [*names, *more.names], [*values, *(more.table.c[name] for name in more.names)]
        new = select(literal(source), *values).select_from(tables).where(target.c.id.is_(None))
        run_set(self._session, target.insert().from_select(["source", *names], new))

    def drop(self) -> None:
        self.table.drop(self._session.connection())


def run_set(session: Session, statement: Any) -> None:
    """Run a statement about many rows written in this transaction."""
    if session.get_bind().dialect.name != "postgresql":
        session.execute(statement)
        return
    # PostgreSQL has no statistics of such rows: without this it would read all of them for each one
    session.execute(text("SET LOCAL work_mem = '64MB'"))
    session.execute(text("SET LOCAL enable_nestloop = off"))
    session.execute(statement)
    session.execute(text("SET LOCAL enable_nestloop = on"))


def upsert(
    session: Session, model: type[Base], source: str, rows: Sequence[dict[str, Any]], insert: bool = True
) -> None:
    """Write rows with the same columns, `sourced_id` among them, where they differ from the stored ones; missing
    rows are inserted, or with `insert` False ignored."""
    if not rows:
        return
    staged = Staged(session, model, [name for name in rows[0] if name != KEY])
    staged.add(rows)
    staged.update(source)
    if insert:
        staged.insert(source)
    staged.drop()
    if issubclass(model, CodeTable):
        code_tables_written(session)


LINK: Any = StudentGuardian.__table__
STUDENT: Any = Student.__table__
GUARDIAN: Any = Guardian.__table__
_COLUMNS = ("place", "student", "guardian", "relation")


class Links:
    """Guardians of students by the roster's keys; `relation` is '' where only the guardian's own role says it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.count = 0
        self._waiting: list[tuple[int, str, str, str]] = []
        made = MetaData()
        words = (Column(name, String) for name in _COLUMNS[1:])
        self._links = _temporary("taken_link", made, Column("place", Integer), *words)
        self._roles = _temporary("taken_role", made, Column("guardian", String), Column("role", String))
        self._pairs = _temporary(
            "taken_pair",
            made,
            Column("student_id", LINK.c.student_id.type, primary_key=True, autoincrement=False),
            Column("guardian_id", LINK.c.guardian_id.type, primary_key=True, autoincrement=False),
            Column("relation", String),
        )
        made.create_all(session.connection(), checkfirst=False)

    def add(self, links: Iterable[tuple[str, str, str]]) -> None:
        for link in links:
            self._waiting.append((self.count, *link))
            self.count += 1

    def flush(self) -> None:
        insert_rows(self._session, self._links, _COLUMNS, self._waiting)
        self._waiting.clear()

    def settle(self, source: str, roles: Mapping[str, str], complete: bool) -> None:
        """Make the links of a source's students match.

        Of several links for one pair the last with a relation counts. `roles` are the guardians' roles for links
        without one; where the roster is `complete`, other links are removed.
        """
        if self.count or complete:
            insert_rows(self._session, self._roles, ("guardian", "role"), list(roles.items()))
            self._pair(source)
            self._write(source, complete)
        self._links.metadata.drop_all(self._session.connection())

    def _pair(self, source: str) -> None:
        link, role = self._links, self._roles
        relation = case((link.c.relation != "", link.c.relation), else_=func.coalesce(role.c.role, ""))
        turn = func.row_number().over(
            partition_by=(STUDENT.c.id, GUARDIAN.c.id),
            order_by=(case((relation == "", 1), else_=0), link.c.place.desc()),
        )
        student_id, guardian_id = STUDENT.c.id.label("student_id"), GUARDIAN.c.id.label("guardian_id")
        pairs = (
            select(student_id, guardian_id, relation.label("relation"), turn.label("turn"))
            .select_from(link)
            .join(STUDENT, and_(STUDENT.c.source == source, STUDENT.c.sourced_id == link.c.student))
            .join(GUARDIAN, and_(GUARDIAN.c.source == source, GUARDIAN.c.sourced_id == link.c.guardian))
            .outerjoin(role, role.c.guardian == link.c.guardian)
            .subquery()
        )
        last = select(pairs.c.student_id, pairs.c.guardian_id, pairs.c.relation).where(pairs.c.turn == 1)
        run_set(self._session, self._pairs.insert().from_select(["student_id", "guardian_id", "relation"], last))

    def _write(self, source: str, complete: bool) -> None:
        pair = self._pairs
        same = and_(LINK.c.student_id == pair.c.student_id, LINK.c.guardian_id == pair.c.guardian_id)
        differs = LINK.update().where(same, LINK.c.relation != pair.c.relation)
        run_set(self._session, differs.values(relation=pair.c.relation))
        new = select(pair).select_from(pair.outerjoin(LINK, same)).where(LINK.c.id.is_(None))
        run_set(self._session, LINK.insert().from_select(["student_id", "guardian_id", "relation"], new))
        if complete:
            mine = LINK.c.student_id.in_(select(STUDENT.c.id).where(STUDENT.c.source == source))
            run_set(self._session, LINK.delete().where(mine, ~exists().where(same)))


def _temporary(name: str, made: MetaData, *columns: Column[Any]) -> Table:
    return Table(name, made, *columns, **FOR_ONE_TRANSACTION)
