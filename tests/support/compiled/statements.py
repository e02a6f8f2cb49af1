"""Statements worked out once for all tests of a process: compiled to SQL for all applications on one kind of database,
and planned for as long as a connection lasts."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any

from psycopg import pq
from psycopg._preparing import Prepare, PrepareManager
from sqlalchemy import Dialect, Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

KEPT = 3000
"""Tests have more statements than the hundred that a driver keeps planned for one page after another."""
CHANGES_TABLES = re.compile(rb"DROP|ALTER|DISCARD ALL|DEALLOCATE ALL")
_forget = PrepareManager.clear
_compiled: dict[type[Dialect], LRUCache[Any, Any]] = {}


def share_statements() -> None:
    """Let engines made from now on share what they compile, and connections keep what was planned."""
    for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
        dialect.__eq__ = _alike  # type: ignore[method-assign, assignment]
        dialect.__hash__ = _by_kind  # type: ignore[method-assign, assignment]
    Engine._compiled_cache = property(_shared, _note)  # type: ignore[assignment]
    PrepareManager.prepared_max = KEPT
    # each test ends with a rollback, at which psycopg would forget every plan: a table may have been made in between
    PrepareManager.clear = _keep  # type: ignore[assignment, method-assign]
    PrepareManager._should_discard = _discards  # type: ignore[method-assign, assignment]
    sqlite3.dbapi2.connect = partial(sqlite3.connect, cached_statements=KEPT)  # type: ignore[assignment]


def _alike(dialect: Dialect, other: object) -> bool:
    return type(dialect) is type(other)


def _by_kind(dialect: Dialect) -> int:
    return hash(type(dialect))


def _shared(engine: Engine) -> LRUCache[Any, Any] | None:
    return engine.__dict__["compiled"]  # type: ignore[no-any-return]


def _note(engine: Engine, cache: LRUCache[Any, Any] | None) -> None:
    shared = None if cache is None else _compiled.setdefault(type(engine.dialect), LRUCache(4 * KEPT))
    engine.__dict__["compiled"] = shared


def _keep(_manager: PrepareManager) -> bool:
    return False


def _discards(manager: PrepareManager, _prepare: Prepare, results: Sequence[pq.abc.PGresult]) -> bool:
    return any(CHANGES_TABLES.match(result.command_status or b"") for result in results) and _forget(manager)
