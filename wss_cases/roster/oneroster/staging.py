"""The roster's records in a temporary table, compared with the stored ones and written at once."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, and_, case, exists, func, literal, or_, select, text
from sqlalchemy.orm import Session

from wss_cases.foundation.code_tables import code_tables_written
from wss_cases.foundation.database import insert_rows
from wss_cases.foundation.db import Base, CodeTable, table_of
from wss_cases.roster.directory.models import Guardian, Student, StudentGuardian

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
