"""Watch the servers of `WATCH_DATABASE_URL`, and let commits go on while the standby is missing.

A commit waits for the standby (`synchronous_standby_names`), so that losing the first server loses nothing that was
saved. Without a standby every commit would wait forever; so the names are removed, and restored later.
"""

import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from psycopg import sql
from sqlalchemy import URL, Connection, create_engine, delete, func, make_url, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.grants import holders_anywhere
from wss_cases.foundation.clock import now
from wss_cases.foundation.connecting import SILENCE, each_host
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import district_zone, moment_words, today_at
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work
from wss_cases.mail.common.pages import MOST_NAMES, StandbyLapse, StandbyWatch
from wss_cases.mail.monitoring import standing

_NEWEST_FIRST = select(StandbyLapse).order_by(StandbyLapse.id.desc())


def open_lapse() -> StandbyLapse | None:
    return db.session.scalars(_NEWEST_FIRST.where(StandbyLapse.until.is_(None)).limit(1)).first()


def last_lapses(most: int) -> Sequence[StandbyLapse]:
    return db.session.scalars(_NEWEST_FIRST.limit(most)).all()


def known_names() -> str:
    """The standby names (`synchronous_standby_names`) removed in the last lapse that had some; '' for none."""
    named = _NEWEST_FIRST.where(StandbyLapse.names != "").limit(1)
    lapse = db.session.scalars(named).first()
    return lapse.names if lapse is not None else ""


MISSING, UNWATCHED = "standby.missing", "standby.unwatched"
FORGET_AFTER = timedelta(days=1)
_WAITS_FOR_NONE = text("SET LOCAL synchronous_commit = local")


def begin_lapse(now: datetime, names: str) -> None:
    """Store that commits no longer wait for the standby, and notify the administrators once per lapse.

    This commit does not wait for the standby either; it comes before the commits that are less safe.
    """
    with unit_of_work(SYSTEM, now) as uow:
        uow.session.execute(_WAITS_FOR_NONE)
        uow.next_number(StandbyLapse.__tablename__)  # a second process waits here, then checks again
        if open_lapse() is not None:
            uow.no_audit()
            return
        lapse = StandbyLapse(since=now, names=names)
        uow.add_audited(lapse, "standby_lapse.begun")
        for user_id, _name in holders_anywhere(Role.SYSADMIN, today_at(None, now)):
            uow.notify(user_id, MISSING, lapse, f"{MISSING}:{user_id}:{lapse.id}", at_any_hour=True)


def end_lapse(now: datetime) -> None:
    """Store that commits wait for the standby again."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.next_number(StandbyLapse.__tablename__)
        lapse = open_lapse()
        if lapse is None:
            uow.no_audit()
            return
        lapse.until = now
        uow.audit("standby_lapse.ended", "standby_lapse", lapse.id, {"until": [None, now.isoformat()]})


def note_look(name: str, now: datetime, failed_with: str) -> None:
    """Store that this scheduler saw the servers (`failed_with` is '') or how it failed.

    Notifies the administrators when no scheduler sees them. This commit does not wait for the standby.
    """
    seen = {"seen_at": now, "failed_at": None, "failed_with": ""}
    failed = {"failed_at": now, "failed_with": failed_with[:200]}
    with unit_of_work(SYSTEM, now) as uow:
        uow.session.execute(_WAITS_FOR_NONE)
        insert_once(uow.session, StandbyWatch, {"name": name, "failed_with": ""}, ["name"])
        mine = update(StandbyWatch).where(StandbyWatch.name == name)
        uow.session.execute(mine.values(**(failed if failed_with else seen)))
        last = func.coalesce(StandbyWatch.failed_at, StandbyWatch.seen_at)
        uow.session.execute(delete(StandbyWatch).where(last < now - FORGET_AFTER))
        if failed_with and not standing(now).is_watched and _tell_unwatched(uow):
            uow.audit("standby_watch.failed", "standby_watch", None, {"failed_with": [None, failed_with[:200]]})
        else:
            uow.no_audit()


def _tell_unwatched(uow: UnitOfWork) -> bool:
    """Notify the administrators that no scheduler sees the standby, once per last hour it was seen; True if any is
    told."""
    last = uow.session.scalar(select(func.max(StandbyWatch.seen_at)))
    spell, told = f"{last:%Y%m%d%H}" if last is not None else "never", False
    for user_id, _name in holders_anywhere(Role.SYSADMIN, today_at(None, uow.now)):
        boss = uow.session.get_one(UserAccount, user_id)
        told |= uow.notify(user_id, UNWATCHED, boss, f"{UNWATCHED}:{user_id}:{spell}", at_any_hour=True)
    return told


_SAYS = leads_to(
    "/system",
    _l("The database’s second machine does not answer"),
    _l(
        "What people save is kept on one machine only until the second one is back. Work continues, but if the first "
        "machine were lost too, what was entered since then would be lost. Bring the second machine back; saving then "
        "waits for it again by itself. The page shows since when it has been away."
    ),
)


_UNSEEN = leads_to(
    "/system",
    _l("No one is watching the database’s second machine"),
    _l(
        "Nothing is lost, and work continues. But if the second machine fails now, saving stops until someone steps "
        "in. The page says which scheduler does not see the machines, and why."
    ),
)


def _runs_it(_message: OutboxMessage, actor: Actor) -> bool:
    return actor.has(Role.SYSADMIN)


def _still_unseen(message: OutboxMessage, actor: Actor) -> bool:
    return _runs_it(message, actor) and not standing(now()).is_watched


MESSAGES = (MessageKind(MISSING, _SAYS, _runs_it), MessageKind(UNWATCHED, _UNSEEN, _still_unseen))


def lapse_row(lapse: StandbyLapse) -> dict[str, Any]:
    since = moment_words(lapse.since, district_zone())
    if lapse.until is None:
        return {"title": since, "meta": _("It has not come back yet"), "tag": _("One machine only"), "tone": "brick"}
    until = moment_words(lapse.until, district_zone())
    return {"title": since, "meta": _("until %(until)s", until=until), "tag": _("Over"), "tone": "slate"}


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


ROOM = Room(messages=MESSAGES)
