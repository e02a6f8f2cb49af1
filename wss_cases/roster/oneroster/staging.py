"""Records as the roster has them, in a temporary table beside those that stand, and what differs written at once."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from sqlalchemy import Column, MetaData, Table, and_, exists, literal, or_, select, text
from sqlalchemy.orm import Session

from wss_cases.foundation.code_tables import code_tables_written
from wss_cases.foundation.database.bulk import insert_rows
from wss_cases.foundation.db import Base, CodeTable, table_of

KEY = "sourced_id"
_NUMBERS = count(1)
FOR_ONE_TRANSACTION: dict[str, Any] = {"prefixes": ["TEMPORARY"], "postgresql_on_commit": "DROP"}
"""Behind a pooler the session that a table would otherwise stay in goes to somebody else."""


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
        """Put rows beside the table; each has `sourced_id` and every column."""
        self._is_empty = self._is_empty and not rows
        columns = (KEY, *self.names)
        insert_rows(self._session, self.table, columns, [[row[name] for name in columns] for row in rows])

    def update(self, source: str) -> None:
        """Change the records of a source that differ from what was added; those that do not stand are left alone."""
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
        """Make the records that do not stand yet, with the columns of `more` where it has a row for them."""
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
        """Put the temporary table away."""
        self.table.drop(self._session.connection())


def run_set(session: Session, statement: Any) -> None:
    """Carry out a statement about many rows that this transaction has written."""
    if session.get_bind().dialect.name != "postgresql":
        session.execute(statement)
        return
    # PostgreSQL has no statistics of such rows: it must not look through all of them again for each one
    session.execute(text("SET LOCAL work_mem = '64MB'"))
    session.execute(text("SET LOCAL enable_nestloop = off"))
    session.execute(statement)
    session.execute(text("SET LOCAL enable_nestloop = on"))


def upsert(
    session: Session, model: type[Base], source: str, rows: Sequence[dict[str, Any]], insert: bool = True
) -> None:
    """Write rows that all have the same columns, `sourced_id` among them, where they differ from what stands; rows that
    do not stand yet are inserted, or with `insert` False left alone."""
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
