"""The sealer chains the audit rows written since the last seal, in the order of their ids. Any number of sealers is
safe.

Rows commit in another order than they get their ids. So each seal also names the id below which no row can follow
(`settled_id`): on SQLite there is one writer at a time; on PostgreSQL every transaction that was writing audit rows
when the newest row was read has ended since. A row that appears at or below that id later was not written by this
system. Writers never wait for the sealer.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, select, text
from sqlalchemy.orm import Session

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import db, table_of
from wss_cases.foundation.settings import setting
from wss_cases.journal.audit.rules import CLOCK, CLOCKS_DIFFER, ENTRY_FIELDS, GENESIS, PURPOSE, Clocks, keyring, seal_of
from wss_cases.journal.models import AuditEntry, AuditSeal, Counter
from wss_cases.journal.unit_of_work import insert_once, unit_of_work


def notes_of(session: Any, acts: Sequence[str]) -> tuple[list[tuple[int, Any]], list[int]]:
    """The contents of audit rows of some acts, by row id, and the ids of those that cannot be read."""
    said = (
        select(AuditEntry.id, AuditEntry.changes)
        .where(AuditEntry.object_type == AuditSeal.__tablename__, AuditEntry.action.in_(acts))
        .order_by(AuditEntry.id)
    )
    try:
        return [(row[0], row[1]) for row in session.execute(said)], []
    except (ValueError, TypeError):
        return _one_by_one(session, said)


def _one_by_one(session: Any, said: Select[Any]) -> tuple[list[tuple[int, Any]], list[int]]:
    found: list[tuple[int, Any]] = []
    unreadable: list[int] = []
    for number in session.scalars(said.with_only_columns(AuditEntry.id)).all():
        try:
            found += [(number, row[1]) for row in session.execute(said.where(AuditEntry.id == number))]
        except (ValueError, TypeError):
            unreadable.append(number)
    return found, unreadable


BATCH = 500
TICK_BATCHES = 20
"""How much one tick seals at most: what is left waits for the next."""
EVERY_ROW = 1_000_000
"""How many batches whoever waits for it seals: more than there ever are without a seal."""
SETTLE_SECONDS = 2.0
SERIES = "audit_seal"

# every writer takes this lock before it gets an id, and releases it after its commit is visible
_WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND relation = 'audit_entry'::regclass AND pid IS DISTINCT FROM pg_backend_pid()"
)


def seal(now: datetime, batches: int = TICK_BATCHES) -> dict[str, int]:
    """Seal rows that have no seal, at most so many batches. Returns how many were `sealed`, and how many notes about
    wrong clocks were `unreadable`, if any were skipped."""
    newest = settled_row()
    sealed, unreadable = 0, 0
    for _number in range(batches):
        done, more, passed_over = _seal_batch(now, newest)
        sealed, unreadable = sealed + done, max(unreadable, passed_over)
        if not more:
            break
    return {"sealed": sealed} | ({"unreadable": unreadable} if unreadable else {})


def settled_row() -> int:
    """The newest row's id once no lower one can follow; 0 when that cannot be known yet."""
    db.session.remove()
    newest = db.session.scalar(select(func.max(AuditEntry.id))) or 0
    on_postgres = db.session.get_bind().dialect.name == "postgresql"
    writing = _writers() if on_postgres else set()
    until = time.monotonic() + SETTLE_SECONDS
    while writing and time.monotonic() < until:
        time.sleep(0.02)
        writing &= _writers()
    db.session.remove()
    return 0 if writing else newest


def _writers() -> set[str]:
    return set(db.session.execute(_WRITERS).scalars())


def _seal_batch(now: datetime, newest: int) -> tuple[int, bool, int]:
    """Seal the next rows; returns how many, whether there may be more, and how many notes about clocks cannot be read.

    Of two rows with one id the first is sealed; `verify` names the other. No seal has an earlier time than the one
    before: a clock that was set back would look like a backdated seal. When the log says that the earlier clock was
    wrong, seals use the present clock.
    """
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()  # a row about the sealing would have to be sealed in its turn
        _alone(uow.session)
        head = last_seal(uow.session)
        number, prev, settled = (head.number, head.hash, head.settled_id) if head else (0, GENESIS, 0)
        rows = [dict(row) for row in uow.session.execute(unsealed(settled).limit(BATCH)).mappings()]
        if rows and newest > settled:
            settled = newest if len(rows) < BATCH else max(settled, min(newest, rows[-1]["id"]))
        keys = keyring(setting("WSS_KEYS").derived(PURPOSE))
        name, key = next(iter(keys.items()))
        of_wrong_clock, unreadable = _is_of_wrong_clock(uow.session, head, now, keys)
        if head is not None and not of_wrong_clock:
            now = max(now, head.sealed_at)
        links: list[dict[str, Any]] = []
        for row in _first_of_each(rows):
            number += 1
            link = {
                "number": number, "entry_id": row["id"], "settled_id": settled, "prev": prev, "key_id": name,
                "sealed_at": now,
            }  # fmt: skip
            prev = link["hash"] = seal_of(key, link, row)
            links.append(link)
        if links:
            uow.session.execute(insert(table_of(AuditSeal)), links)
        return len(links), len(rows) == BATCH, unreadable


def _is_of_wrong_clock(
    session: Session, head: AuditSeal | None, now: datetime, keys: Mapping[str, bytes]
) -> tuple[bool, int]:
    """Whether the newest seal lies so far in the future that `verify` names it and the log says that its clock was
    wrong; and how many rows that might say so cannot be read."""
    if head is None or head.sealed_at <= now + CLOCKS_DIFFER:
        return False, 0
    said, unreadable = notes_of(session, [CLOCK])
    return Clocks(said, keys).of(head.number) is not None, len(unreadable)


def _first_of_each(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for place, row in enumerate(rows) if place == 0 or row["id"] != rows[place - 1]["id"]]


def _alone(session: Session) -> None:
    insert_once(session, Counter, {"series": SERIES, "value": 0}, ["series"])
    session.execute(select(Counter).where(Counter.series == SERIES).with_for_update()).one()


def last_seal(session: Any) -> AuditSeal | None:
    """The newest link of the chain."""
    found: AuditSeal | None = session.scalars(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)).first()
    return found


def unsealed(settled: int) -> Any:
    """The rows above the settled id that have no seal, oldest first, as columns."""
    columns = [getattr(AuditEntry, name) for name in ENTRY_FIELDS]
    return select(*columns).where(AuditEntry.id > settled, without_seal()).order_by(AuditEntry.id, AuditEntry.at)


def without_seal() -> ColumnElement[bool]:
    return ~select(AuditSeal.number).where(AuditSeal.entry_id == AuditEntry.id).exists()
