"""The end of a unit of work: its timeline and audit rows, the form's answer, and further statements.

On PostgreSQL all of it is one statement when it has few rows, as most saves do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from sqlalchemy import bindparam, insert, literal_column, select, union_all, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from wss_cases.foundation.db import Base, table_of
from wss_cases.journal.counted import NOTED, insert_of
from wss_cases.journal.models import AuditEntry, RequestKey, TimelineEntry

TOLD: Final = ("at", "actor_id", "actor_name", "subject_type", "subject_id", "case_id", "school_id", "kind", "data")
MOST: Final = 4
"""So many rows of a table go into the one statement: each number of them is another one, with its own plan."""


@dataclass
class Form:
    """The key of one submitted form: its row's id, and the answer when the form was carried out before."""

    id: int
    answer: str | None = None
    answered_now: bool = False


@dataclass
class Leaving:
    """The unwritten rows and statements of one unit of work."""

    timeline: list[dict[str, Any]] = field(default_factory=list)
    audit: list[dict[str, Any]] = field(default_factory=list)
    along: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)

    def go_along(self, statement: Any, values: dict[str, Any]) -> None:
        """Add a statement. RuntimeError when another one binds a value by the same name, because both become one
        statement."""
        taken = {name for _statement, said in self.along for name in said}
        if shared := sorted(taken & values.keys()):
            raise RuntimeError(f"two statements of one unit bind {', '.join(shared)}")
        self.along.append((statement, values))

    def answer(self, form_id: int, answer: str) -> None:
        """Store the answer to a form under its claimed key."""
        self.go_along(_answered(), {"form_id": form_id, "form_answer": answer})

    def write(self, session: Session) -> None:
        few = max(len(self.timeline), len(self.audit)) <= MOST
        if few and insert_of(session) is postgresql.insert:
            self._at_once(session)
        else:
            self._each(session)
        for rows in (self.timeline, self.audit, self.along):
            rows.clear()

    def _at_once(self, session: Session) -> None:
        values = {name: held for _statement, said in self.along for name, held in said.items()}
        for prefix, rows in (("told", self.timeline), ("noted", self.audit)):
            for number, row in enumerate(rows):
                values |= {f"{prefix}{number}_{name}": held for name, held in row.items()}
        if values:
            along = tuple(statement for statement, _said in self.along)
            session.execute(_together(len(self.timeline), len(self.audit), along), values)

    def _each(self, session: Session) -> None:
        for statement, values in self.along:
            session.execute(statement, values)
        for model, rows in ((TimelineEntry, self.timeline), (AuditEntry, self.audit)):
            if rows:
                session.execute(insert(table_of(model)), rows)


@cache
def _answered() -> Any:
    keys = table_of(RequestKey)
    return update(keys).where(keys.c.id == bindparam("form_id")).values(answer=bindparam("form_answer"))


@cache
def _together(told: int, noted: int, along: tuple[Any, ...]) -> Any:
    parts = [*along]
    parts += [_rows(TimelineEntry, TOLD, "told", told)] if told else []
    parts += [_rows(AuditEntry, NOTED, "noted", noted)] if noted else []
    return select(literal_column("1")).add_cte(*(part.cte(f"part{number}") for number, part in enumerate(parts)))


def _rows(model: type[Base], names: Sequence[str], prefix: str, number: int) -> Any:
    table = table_of(model)
    rows = [
        select(*(bindparam(f"{prefix}{one}_{name}", type_=table.c[name].type).label(name) for name in names))
        for one in range(number)
    ]
    return postgresql.insert(table).from_select(list(names), union_all(*rows) if number > 1 else rows[0])
