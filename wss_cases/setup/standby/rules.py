"""Watch the servers of `WATCH_DATABASE_URL`, and let commits go on while the standby is missing.

A commit waits for the standby (`synchronous_standby_names`), so that losing the first server loses nothing that was
saved. Without a standby every commit would wait forever; so the names are removed, and restored later.
"""

import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from psycopg import sql
from sqlalchemy import URL, Connection, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from wss_cases.foundation.connecting.hosts import each_host
from wss_cases.foundation.connecting.silence import SILENCE
from wss_cases.foundation.db import db
from wss_cases.mail.common.pages import MOST_NAMES
from wss_cases.setup.standby.pages import begin_lapse, end_lapse, known_names, open_lapse

PATIENCE: Final = 14.0
"""Seconds of silence after which commits go on without the standby; it sends a message at least every ten."""
UNSEEN: Final = 60.0
"""Seconds without a first server, or of failed looks, after which the standby counts as not watched."""
NOTE_EVERY: Final = 30.0
"""Seconds after which an unchanged state is stored again."""
_ANY: Final = "*"


class Step(Enum):
    """What to do. LIFT: stop waiting for the standby; RESTORE: wait again; CLOSE: end the lapse."""

    NOTHING = "nothing"
    LIFT = "lift"
    RESTORE = "restore"
    CLOSE = "close"


@dataclass(frozen=True)
class Primary:
    """The first server. `names`: its synchronous_standby_names, '' for none; `following`: standbys that follow it;
    `waited_for`: those of them that commits wait for."""

    names: str
    following: Collection[str]
    waited_for: Collection[str]


def wanted(names: str) -> int:
    """How many standbys a commit waits for, in PostgreSQL's syntax: `a`, `FIRST 2 (a, b)`, `ANY 1 (*)`."""
    match = re.match(r"\s*(?:first\s+|any\s+)?(\d+)\s*\(", names, re.IGNORECASE)
    return int(match[1]) if match else 1


def are_meant(names: str, following: Collection[str]) -> list[str]:
    """The followers that the setting names."""
    meant = {word.strip('"').lower() for word in re.findall(r'"[^"]*"|[^\s,()"]+', names)}
    return [name for name in following if _ANY in meant or name.lower() in meant]


def unheard(primary: Primary, silent: Mapping[str, float]) -> float | None:
    """Seconds since as many standbys as a commit needs were last heard; None if fewer follow."""
    quiet = sorted(silent[name] for name in primary.waited_for)
    count = wanted(primary.names)
    return quiet[count - 1] if len(quiet) >= count else None


def step(primary: Primary, silent: Mapping[str, float], away: float, is_lapse: bool, known: str) -> Step:
    """What to do now.

    `silent`: seconds since each standby was heard; `away`: seconds since a commit could be sure of its standbys;
    `is_lapse`: a lapse is stored; `known`: the names removed last, '' for none.
    """
    if primary.names:
        if away >= PATIENCE:
            return Step.LIFT
        return Step.CLOSE if is_lapse and unheard(primary, silent) is not None else Step.NOTHING
    lively = [name for name in primary.following if silent[name] < PATIENCE]
    if known and len(are_meant(known, lively)) >= wanted(known):
        return Step.RESTORE
    return Step.LIFT if away >= PATIENCE and not is_lapse else Step.NOTHING


QUICK = SILENCE | {"connect_timeout": 2}
_IS_FIRST = text("SELECT NOT pg_is_in_recovery()")
_NAMES = text("SELECT current_setting('synchronous_standby_names')")
_FOLLOWING = text(
    "SELECT application_name, bool_or(sync_state IN ('sync', 'quorum')), max(reply_time) FROM pg_stat_replication"
    " WHERE state = 'streaming' AND flush_lsn IS NOT NULL GROUP BY application_name"
)


class NotWatched(Exception):
    """The standby cannot be watched; the message says why."""


class NoneFirst(NotWatched):
    """No server that accepts the connection is the first. If this lasts, a person must act."""


class SeveralFirst(NotWatched):
    """More than one server considers itself the first."""


class TooLong(NotWatched):
    """The names are too long to be stored and restored; they are not removed."""


@dataclass(frozen=True)
class Found:
    """The first server, and the time of each standby's last message by the standby's own clock."""

    url: URL
    primary: Primary
    words: dict[str, datetime | None]


class Watch:
    """What one scheduler has seen of the standbys. It measures time by its own clock only."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[datetime | None, float]] = {}
        self._sure = time.monotonic()

    def look(self, address: str, now: datetime) -> str:
        """Look once and act; returns words for the log, '' for none. Raises NotWatched."""
        try:
            first = _first(address)
        except NoneFirst:
            self._sure = time.monotonic()  # gives the standbys time to follow a first server that comes back
            raise
        if len(first.primary.names) > MOST_NAMES:
            raise TooLong(f"synchronous_standby_names is longer than {MOST_NAMES} letters: shorten it")
        is_lapse, known = open_lapse() is not None, known_names()
        db.session.remove()
        silent, moment = self._silent(first.words), time.monotonic()
        quiet = unheard(first.primary, silent) if first.primary.names else None
        if quiet is not None:
            self._sure = max(self._sure, moment - quiet)
        elif is_lapse and not first.primary.names:
            self._sure = moment  # another scheduler may restore the names at any time
        what = step(first.primary, silent, moment - self._sure, is_lapse, known)
        if what is Step.LIFT:
            begin_lapse(now, first.primary.names or known)
            _set_names(first.url, "")
            return "the standby is missing: saves go on without it"
        if what is Step.RESTORE:
            _set_names(first.url, known)
            self._sure = time.monotonic()
            return "a standby follows: saves wait for it again"
        if what is Step.CLOSE:
            end_lapse(now)
        return ""

    def _silent(self, words: dict[str, datetime | None]) -> dict[str, float]:
        """Seconds since each standby sent something new."""
        moment = time.monotonic()
        for name, heard_at in words.items():
            if name not in self._heard or self._heard[name][0] != heard_at:
                self._heard[name] = (heard_at, moment)
        return {name: moment - self._heard[name][1] for name in words}


def _first(address: str) -> Found:
    """Raises NoneFirst, SeveralFirst."""
    servers, closed = [], []
    for server in each_host(make_url(address)):
        try:
            one = _asked(server.url)
        except SQLAlchemyError:
            closed.append(server.host or "the socket")
        else:
            servers += [one] if one is not None else []
    if len(servers) > 1:
        hosts = ", ".join(str(one.url.host) for one in servers)
        raise SeveralFirst(f"{hosts} both take themselves for the first server: stop the one that was left")
    if not servers:
        away = f"; not let in, or no answer: {', '.join(closed)}" if closed else ""
        raise NoneFirst(f"no first server is seen{away}")
    return servers[0]


def _asked(url: URL) -> Found | None:
    """The server's state; None when it is not the first. Raises SQLAlchemyError."""
    with _connected(url) as connection:
        if not connection.scalar(_IS_FIRST):
            return None
        rows = connection.execute(_FOLLOWING).all()
        waited_for = [name for name, is_waited_for, _said in rows if is_waited_for]
        primary = Primary(connection.scalar(_NAMES), [name for name, *_rest in rows], waited_for)
        return Found(url, primary, {name: heard_at for name, _waited_for, heard_at in rows})


def _set_names(url: URL, names: str) -> None:
    """Set the standbys that commits wait for, including commits already waiting; '' for none."""
    with _connected(url) as connection:
        literal = sql.Literal(names).as_string()
        connection.exec_driver_sql(f"ALTER SYSTEM SET synchronous_standby_names = {literal}")
        connection.exec_driver_sql("SELECT pg_reload_conf()")


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    """A connection in autocommit: ALTER SYSTEM cannot run in a transaction."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=QUICK)
    with engine.connect() as connection:
        yield connection
