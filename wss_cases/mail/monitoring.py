"""The state of schedulers, delivery and standby, and their figures."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Integer, and_, bindparam, case, delete, func, literal_column, or_, select, update

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.grants import Along, ask_along
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import _
from wss_cases.foundation.operations import reach
from wss_cases.foundation.school_time import district_zone, moment_words
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.journal.unit_of_work import insert_once, unit_of_work
from wss_cases.mail.common.pages import DeliveryPause, Heartbeat, StandbyLapse, StandbyWatch
from wss_cases.mail.common.rules import open_schools

SILENT_AFTER = timedelta(minutes=5)
UNWATCHED_AFTER = timedelta(minutes=2)
"""How old a scheduler's record of the standby may be; it is written every half minute."""
ONLY_ROW = 1


@dataclass(frozen=True)
class Standing:
    """The state at an instant.

    `scheduler`: ok · silent (none was seen for five minutes) · failing (alive, but no sweep was completed in that time)
    · not started. `last_beat` is when any was seen last, `paused_since` since when email is paused, `alone_since` since
    when the database's standby is missing, `is_watched` whether any scheduler sees that now.
    """

    scheduler: str
    last_beat: datetime | None
    paused_since: datetime | None
    alone_since: datetime | None
    is_watched: bool

    def standby(self, is_set: bool) -> str:
        """ok, missing, unknown (no scheduler sees it) or none. `is_set`: a standby is configured."""
        if self.alone_since is not None:
            return "missing"
        return ("ok" if self.is_watched else "unknown") if is_set else "none"


def standing(now: datetime) -> Standing:
    """The state, in one query.

    One live scheduler is enough, whatever others there were. A heartbeat from tomorrow comes from a fast clock and
    counts as little as one from yesterday.
    """
    return _words_of(db.session.execute(_standing(), _around(now)).one())


def standing_on_page(now: datetime) -> Standing:
    """The state read with the session, without a query of its own unless there is none yet."""
    known = db.session.info.get(ALONG.name)
    return standing(now) if known is None else _words_of(known)


def _around(now: datetime) -> dict[str, Any]:
    return {"first": now - SILENT_AFTER, "last": now + SILENT_AFTER, "seen": now - UNWATCHED_AFTER}


def _words_of(row: Any) -> Standing:
    if row[0] is None:
        words = "not started"
    else:
        words = "ok" if row[2] else "failing" if row[1] else "silent"
    return Standing(words, row[0], row[3], row[4], row[5] is not None)


def failed_watches(now: datetime) -> list[StandbyWatch]:
    """What the schedulers stored that cannot see the database's servers now."""
    statement = select(StandbyWatch).where(StandbyWatch.failed_at >= now - UNWATCHED_AFTER)
    return list(db.session.scalars(statement.order_by(StandbyWatch.name)))


_ONE, _NONE = literal_column("1", Integer), literal_column("0", Integer)
"""Literals, because bound parameters would be sent again with each request."""


@cache
def _standing() -> Any:
    """The statement of every page, built once."""
    first: Any = bindparam("first")
    last: Any = bindparam("last")
    seen: Any = bindparam("seen")
    lives = Heartbeat.at.between(first, last)
    watches = StandbyWatch.failed_at.is_(None) & StandbyWatch.seen_at.between(seen, last)
    swept = Heartbeat.swept_at.between(first, last)
    well = and_(lives, or_(swept, Heartbeat.failures == _NONE))
    return select(
        func.max(Heartbeat.at).label("last_beat"),
        func.max(case((lives, _ONE), else_=_NONE)).label("lives"),
        func.max(case((well, _ONE), else_=_NONE)).label("well"),
        select(DeliveryPause.since).scalar_subquery().label("paused_since"),
        select(func.min(StandbyLapse.since))
        .where(StandbyLapse.until.is_(None))
        .scalar_subquery()
        .label("lapsed_since"),
        select(func.max(StandbyWatch.seen_at)).where(watches).scalar_subquery().label("watched_at"),
    )


ALONG = Along("known_standing", _standing, _around)
ask_along(ALONG)


def pause_row() -> DeliveryPause | None:
    return db.session.get(DeliveryPause, ONLY_ROW, populate_existing=True)


def last_sweep() -> tuple[datetime, int] | None:
    """When the last sweep was completed, and how many milliseconds it took."""
    statement = select(Heartbeat.swept_at, Heartbeat.sweep_ms).where(Heartbeat.swept_at.is_not(None))
    row = db.session.execute(statement.order_by(Heartbeat.swept_at.desc()).limit(1)).one_or_none()
    return (row[0], row[1] or 0) if row and row[0] is not None else None


def overdue_since(now: datetime) -> datetime | None:
    """Since when the oldest email waits that may go now; hours and school days excuse, a pause does not."""
    may_go = or_(
        OutboxMessage.at_any_hour, OutboxMessage.school_id.is_(None), OutboxMessage.school_id.in_(open_schools(now))
    )
    statement = select(func.min(OutboxMessage.next_attempt_at)).where(
        OutboxMessage.state.in_((OutboxState.WAITING, OutboxState.CLAIMED)),
        OutboxMessage.next_attempt_at <= now,
        may_go,
    )
    return db.session.execute(statement).scalar_one_or_none()


FORGET_SCHEDULERS_AFTER = timedelta(days=7)


def pause(actor: Actor, reason: str, now: datetime, request_key: str | None = None) -> None:
    """Stop every sender before its next email; queueing goes on. Raises NotFound, Refused."""
    if not might(actor, Permission.SYSTEM_HEALTH):
        raise NotFound
    if not reason.strip():
        raise Refused("reason", _("Enter the reason email is paused."))
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return
        uow.answer = ONLY_ROW
        values = {"id": ONLY_ROW, "since": now, "by_id": actor.user_id, "reason": reason.strip()[:300]}
        if not insert_once(uow.session, DeliveryPause, values, ["id"]):
            standing = pause_row()
            since = moment_words(standing.since, district_zone()) if standing else ""
            raise Refused("", _("Email is already paused, since %(since)s.", since=since))
        uow.audit("delivery.paused", "delivery_pause", ONLY_ROW, {"reason": [None, values["reason"]]})


def release(actor: Actor, now: datetime) -> None:
    """Resume sending, including what has waited. Raises NotFound, Refused when it is not paused."""
    if not might(actor, Permission.SYSTEM_HEALTH):
        raise NotFound
    with unit_of_work(actor, now) as uow:
        gone = uow.session.execute(
            delete(DeliveryPause).where(DeliveryPause.id == ONLY_ROW).returning(DeliveryPause.reason)
        ).scalar_one_or_none()
        if gone is None:
            raise Refused("", _("Email is not paused."))
        uow.audit("delivery.released", "delivery_pause", ONLY_ROW, {"reason": [gone, None]})


def beat(name: str, now: datetime, sweep_ms: int | None = None) -> bool:
    """Record that this scheduler is alive, and how long its completed sweep took.

    Deletes schedulers not seen for a week. Returns whether its previous tick had failed.
    """
    swept = {} if sweep_ms is None else {"swept_at": now, "sweep_ms": sweep_ms}
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        insert_once(uow.session, Heartbeat, {"name": name, "at": now, **UNHURT}, ["name"])
        mine = update(Heartbeat).where(Heartbeat.name == name).values(at=now, **swept)
        failures: int = uow.session.execute(mine.returning(Heartbeat.failures)).scalar_one()
        reach("heartbeat.before_commit")
        uow.session.execute(delete(Heartbeat).where(Heartbeat.at < now - FORGET_SCHEDULERS_AFTER))
    return failures > 0


UNHURT = {"failures": 0, "failed_part": "", "failed_with": ""}


def note_failure(name: str, part: str, words: str, now: datetime) -> None:
    """Store that a part of this scheduler's tick failed, and the error: shown on System until it works again."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        insert_once(uow.session, Heartbeat, {"name": name, "at": now, **UNHURT}, ["name"])
        uow.session.execute(
            update(Heartbeat)
            .where(Heartbeat.name == name)
            .values(failures=Heartbeat.failures + 1, failed_at=now, failed_part=part, failed_with=words[:200])
        )


def note_recovery(name: str, now: datetime) -> None:
    """Store that every part of this scheduler's tick works again; the last failure stays on record."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        uow.session.execute(update(Heartbeat).where(Heartbeat.name == name).values(failures=0))
