"""Guardians of students: kept in temporary tables while files are read, then made to agree at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, and_, case, exists, func, select
from sqlalchemy.orm import Session

from wss_cases.foundation.database.bulk import insert_rows
from wss_cases.roster.directory.models import Guardian, Student, StudentGuardian
from wss_cases.roster.oneroster.staging import FOR_ONE_TRANSACTION, run_set

LINK: Any = StudentGuardian.__table__
STUDENT: Any = Student.__table__
GUARDIAN: Any = Guardian.__table__
_COLUMNS = ("place", "student", "guardian", "relation")


class Links:
    """Who is whose guardian, by the roster's keys; `relation` is '' where only the guardian's own role says it."""

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
        """Keep links: student, guardian, relation."""
        for link in links:
            self._waiting.append((self.count, *link))
            self.count += 1

    def flush(self) -> None:
        """Put what waits into the database."""
        insert_rows(self._session, self._links, _COLUMNS, self._waiting)
        self._waiting.clear()

    def settle(self, source: str, roles: Mapping[str, str], complete: bool) -> None:
        """Make the links of a source's students agree: of several for one pair the last that says something counts.

        `roles` is what each guardian is where no link says it; where the roster is `complete`, others go.
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
