"""The one write path: request key, locked record, policy, change, timeline, audit, outbox, one commit."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import bindparam, event, insert, inspect, literal_column, select, union_all, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from wss_cases.access.actor import Actor, Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.connecting import read_again
from wss_cases.foundation.db import Base, begin_writing, db, table_of
from wss_cases.foundation.errors import Overreach, Stale, existing
from wss_cases.foundation.operations import reach
from wss_cases.journal.changes import Changes
from wss_cases.journal.counted import NOTED, insert_of, noted, one_more
from wss_cases.journal.models import AuditEntry, Disclosure, OutboxMessage, RequestKey, TimelineEntry
from wss_cases.journal.queries import key_digest

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


Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True)
class Act:
    """One act on a record: its table and id, the case and school of its history, and the data of its sentence."""

    subject_type: str
    subject_id: int
    case_id: int | None
    school_id: int | None
    data: dict[str, Any]
    changes: dict[str, Any]


class UnitOfWork:
    """One act of one actor. Steps of lower rooms take it as their first argument and never commit."""

    def __init__(self, actor: Actor, now: datetime, session: Session) -> None:
        self.actor = actor
        self.now = now
        self.session = session
        self.version: int | None = None
        self.asked_of: tuple[str, int] | None = None
        self.recorded = False
        self._form: Form | None = None
        self._leaving = Leaving()
        self._changes = Changes()
        event.listen(session, "before_flush", self._changes.remember)

    def write_log(self) -> None:
        """Write the recorded rows and the answer to the form, at the end."""
        self.session.flush()
        if self._form is not None and self._form.answered_now:
            self._leaving.answer(self._form.id, str(self._form.answer))
        self._leaving.write(self.session)

    def along(self, statement: Any, values: dict[str, Any]) -> None:
        """Run a statement together with the recorded rows, at the end.

        It is a module's constant, its values are bound by names of its own, and it changes rows that nothing else in
        this unit writes. RuntimeError where a name is already bound.
        """
        self._leaving.go_along(statement, values)

    def claim(self, key: str) -> None:
        """Claim a form's key for this unit; when the form was carried out before, `answer` is its answer."""
        self._form = _claim(self.session, self.actor.user_id, key, self.now)

    def end(self) -> None:
        """Stop watching the session's flushes."""
        event.remove(self.session, "before_flush", self._changes.remember)

    @property
    def answered(self) -> bool:
        """Whether the same form was already carried out; then return `answer` and do nothing."""
        return self._form is not None and self._form.answer is not None

    @property
    def answer(self) -> int:
        """The id that the first submission returned."""
        assert self._form is not None and self._form.answer is not None
        return int(self._form.answer)

    @answer.setter
    def answer(self, value: int) -> None:
        if self._form is not None:
            self._form.answer, self._form.answered_now = str(value), True

    def load(
        self, model: type[Row], object_id: int, permission: Permission, version: int | None = None,
        of: Callable[[Row], Any] = lambda record: record,
    ) -> Row:  # fmt: skip
        """Lock a record, check the policy on it (or on what `of` makes of it) and its version.

        Raises NotFound when it is missing or forbidden, Stale when someone changed it since the form was opened.
        """
        record = existing(self.session.get(model, object_id, with_for_update=True, populate_existing=True))
        self.asked_of = self.asked_of or (model.__tablename__, object_id)
        require(self.actor, permission, of(record))
        if version is not None and getattr(record, "version", version) != version:
            raise Stale
        return record

    def add(self, record: Row) -> Row:
        """Add a new record and give it its id."""
        self._changes.made(record)
        self.session.add(record)
        self.session.flush()
        return record

    def add_audited(self, record: Any, action: str) -> int:
        """Add a new record and its audit row, without a timeline entry; returns its id."""
        self.add(record)
        self.audit(action, record.__tablename__, record.id, self._changes.take(record))
        return int(record.id)

    def record(self, subject: Any, kind: str, /, *, case_id: int | None = None, **data: Any) -> None:
        """Write the timeline and the audit row of an act on `subject`; call it after the change, before commit.

        `data` is what the timeline sentence needs; the audit row takes the changed columns by itself.
        """
        changes = self._changes.take(subject)
        if getattr(subject, "id", None) is None:
            self.session.add(subject)
            self.session.flush()
        act = Act(
            subject_type=subject.__tablename__,
            subject_id=subject.id,
            case_id=case_id if case_id is not None else _case_of(subject),
            school_id=getattr(subject, "school_id", None),
            data=data,
            changes=changes,
        )
        self.record_each(kind, [act])

    def record_each(self, kind: str, acts: Sequence[Act]) -> None:
        """Write the timeline and audit rows of one act on each of many records that were not loaded."""
        self.recorded = True
        by = {"at": self.now, "actor_id": self.actor.user_id}
        for act in acts:
            self._leaving.timeline.append(
                {
                    "subject_type": act.subject_type, "subject_id": act.subject_id, "case_id": act.case_id,
                    "school_id": act.school_id, "kind": kind, "data": act.data, "actor_name": self.actor.name, **by,
                }
            )  # fmt: skip
            self.audit(kind, act.subject_type, act.subject_id, act.changes)

    def audit(
        self, action: str, object_type: str, object_id: int | None, changes: dict[str, Any] | None = None
    ) -> None:
        """Write an audit row alone, e.g. for a confidential read or a batch."""
        self._leaving.audit.append(noted(self.actor, self.now, action, object_type, object_id, changes or {}))
        self.recorded = True

    def no_audit(self) -> None:
        """Declare that this unit changes no school record: heartbeats, leases, last-seen times. No audit row."""
        self.recorded = True

    def notify(
        self,
        recipient_id: int,
        kind: str,
        subject: Any,
        dedupe_key: str,
        *,
        at_any_hour: bool = False,
        not_before: datetime | None = None,
    ) -> bool:
        """Queue one message; True when this call queued it, False when the same key already is queued.

        The row holds ids only. `deliver` checks the recipient again and waits for hours and school days.
        """
        values = {
            "dedupe_key": dedupe_key, "kind": kind, "recipient_id": recipient_id, "state": "waiting", "attempts": 0,
            "object_type": subject.__tablename__, "object_id": subject.id, "last_error": "",
            "school_id": getattr(subject, "school_id", None), "at_any_hour": at_any_hour, "created_at": self.now,
            "next_attempt_at": not_before or self.now, "message_id": secrets.token_hex(16),
        }  # fmt: skip
        self.recorded = True
        return insert_once(self.session, OutboxMessage, values, ["dedupe_key"])

    def disclose(
        self, subject: Any, student_id: int, *, told_whom: str, interest: str, purpose: str, fields: list[str],
        asked_by: str = "", at: datetime | None = None, of_housing: bool = False,
    ) -> Disclosure:  # fmt: skip
        """Record that these fields of a student's record were disclosed (FERPA 99.32).

        `asked_by` is '' when the school sent it unasked, for a reason that its subject states.
        """
        row = Disclosure(
            student_id=student_id, school_id=subject.school_id, at=at or self.now, asked_by=asked_by,
            told_whom=told_whom, interest=interest, purpose=purpose, fields=fields, of_housing=of_housing,
            object_type=subject.__tablename__, object_id=subject.id, made_by_id=self.actor.user_id,
        )  # fmt: skip
        self.add_audited(row, "disclosure.made")
        return row

    def next_number(self, series: str) -> int:
        """The next number of a series, without gaps once the unit commits."""
        counted = one_more(insert_of(self.session))
        return int(self.session.execute(counted, {"series": series, "value": 1}).scalar_one())


def insert_once(session: Session, model: type[Base], values: dict[str, Any], unique: list[str]) -> bool:
    """Insert a row unless its unique columns already exist; True when it was inserted."""
    statement = insert_of(session)(model).values(**values).on_conflict_do_nothing(index_elements=unique)
    # counted by RETURNING: PostgreSQL's rowcount is unknown where the database assigns the key
    return session.execute(statement.returning(*inspect(model).primary_key)).first() is not None


def _case_of(subject: Any) -> int | None:
    if subject.__tablename__ == "case_record":
        return int(subject.id)
    case_id: int | None = getattr(subject, "case_id", None)
    return case_id


@contextmanager
def unit_of_work(actor: Actor, now: datetime, request_key: str | None = None) -> Iterator[UnitOfWork]:
    """Carry out one act in one transaction and commit it once.

    Raises Stale when another editor saved first, RuntimeError when something was written without its audit row.
    """
    begin_writing()
    session = db.session()
    unit = UnitOfWork(actor, now, session)
    try:
        if request_key and actor.user_id is not None:
            unit.claim(request_key)
        yield unit
        if not unit.recorded and not unit.answered and (session.new or session.dirty or session.deleted):
            raise RuntimeError("a write without its audit row")
        unit.write_log()
        kind = "save" if request_key else "unit"
        reach(f"{kind}.before_commit")
        session.commit()
        read_again(session)
        reach(f"{kind}.after_commit")
    except StaleDataError as error:
        session.rollback()
        raise Stale from error
    except BaseException as error:
        session.rollback()
        if isinstance(error, Overreach):
            _keep_overreach(unit)
        raise
    finally:
        unit.end()


def _keep_overreach(refused: UnitOfWork) -> None:
    """Record in the audit log that someone tried what was refused, and on which record. Nothing else of the attempt
    remains."""
    begin_writing()
    again = UnitOfWork(refused.actor, refused.now, db.session())
    again.audit("overreach.refused", *(refused.asked_of or ("user_account", refused.actor.user_id)))
    again.write_log()
    again.session.commit()


def _claim(session: Session, user_id: int | None, key: str, now: datetime) -> Form:
    own = {"user_id": user_id, "key": key_digest(key)}
    # on PostgreSQL a duplicate waits here for the first one's commit; on SQLite it waited for BEGIN IMMEDIATE
    claimed = session.scalar(_claiming(insert_of(session)), own | {"at": now})
    if claimed is not None:
        return Form(claimed)
    return Form(*session.execute(select(RequestKey.id, RequestKey.answer).filter_by(**own)).one())


@cache
def _claiming(insert: Any) -> Any:
    keys = table_of(RequestKey)
    return insert(keys).on_conflict_do_nothing(index_elements=["user_id", "key"]).returning(keys.c.id)


P = ParamSpec("P")


def use_case(body: Callable[Concatenate[UnitOfWork, P], int]) -> Callable[Concatenate[Invocation, P], int]:
    """Make a use case of its body: one unit of work, carried out once for each request key.

    The body takes the unit first (`uow.actor`, `uow.now`, `uow.version`: the version that the page showed) and returns
    its record's id, which is stored as the answer. Callers pass an Invocation in its place.
    """

    @wraps(body)
    def carried_out(invocation: Invocation, /, *args: P.args, **kwargs: P.kwargs) -> int:
        with unit_of_work(invocation.actor, invocation.now, invocation.request_key) as uow:
            if uow.answered:
                return uow.answer
            uow.version = invocation.version
            uow.answer = answer = body(uow, *args, **kwargs)
            return answer

    return carried_out
