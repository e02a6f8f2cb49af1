"""Asking for a count, and the scheduler's counting: one after the other."""

import time
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, delete, func, or_, select

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db, table_of
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work
from wss_cases.outcomes.counting.daily_figures.models import FigureState
from wss_cases.outcomes.counting.filters.models import FilteredCount
from wss_cases.outcomes.counting.filters.queries import (
    GIVEN_UP_AFTER,
    LATE,
    MOST_TRIES,
    Asked,
    NotCountedYet,
    count_year,
    waits,
    written,
)

MOST_OF_ONE: Final = 3
MOST: Final = 30
"""How many counts may wait of one person's asking, and of all people's."""
KEPT: Final = 200
FORGET_AFTER: Final = timedelta(days=30)
CLAIM: Final = timedelta(minutes=2)
"""How long a scheduler that is killed over a count holds it."""


def ask(actor: Actor, missing: NotCountedYet, now: datetime) -> bool:
    """Let a count that a page misses be made; False when too many wait already, of the actor's or of all."""
    with unit_of_work(actor, now) as uow:
        uow.no_audit()  # a count changes no record
        # one at a time of a person's own: two pages that are opened at once do not pass the bound
        mine = select(UserAccount.id).where(UserAccount.id == actor.user_id)
        uow.session.execute(mine.with_for_update(key_share=True))
        row = uow.session.get(FilteredCount, missing.asked.digest, with_for_update=True, populate_existing=True)
        if row is not None and (_waits_yet(row, now) or (row.asked_at is None and row.upto != missing.stale)):
            return True
        if _waiting(uow, FilteredCount.asked_by_id == actor.user_id) >= MOST_OF_ONE or _waiting(uow) >= MOST:
            return False
        if row is None:
            asked = missing.asked
            waits_from_now = {"asked_by_id": actor.user_id, "asked_at": now, "tries": 0}
            first = {"digest": asked.digest, "school_year": asked.year, "traits": dict(asked.traits), **waits_from_now}
            insert_once(uow.session, FilteredCount, first, ["digest"])  # somebody else may ask at the same moment
        else:
            row.asked_by_id, row.asked_at, row.claimed_until, row.tries = actor.user_id, now, None, 0
        return True


def _waits_yet(row: FilteredCount, now: datetime) -> bool:
    return row.asked_at is not None and row.asked_at > now - GIVEN_UP_AFTER


def _waiting(uow: UnitOfWork, *more: Any) -> int:
    one = FilteredCount
    number = select(func.count()).where(one.asked_at > uow.now - LATE, one.tries < MOST_TRIES, *more)
    return uow.session.scalar(number) or 0


def count_asked(now: datetime, seconds: float) -> dict[str, int]:
    """Make the counts that somebody waits for, beginning none after so many seconds; returns how many `counted`."""
    until, done = time.monotonic() + seconds, 0
    db.session.remove()
    while time.monotonic() < until and waits():
        asked = _claim(now)
        if asked is None:
            break
        _count(asked, now)
        done += 1
    return {"counted": done}


def _claim(now: datetime) -> Asked | None:
    """Take the one that has waited longest for this scheduler alone, of those first that a page still waits for; None
    where others have them all."""
    one = FilteredCount
    free = (
        one.asked_at.is_not(None),
        one.tries < MOST_TRIES,
        or_(one.claimed_until.is_(None), one.claimed_until <= now),
    )
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        oldest = select(one).where(*free).order_by(one.asked_at <= now - LATE, one.asked_at, one.digest).limit(1)
        row = uow.session.scalars(oldest.with_for_update(skip_locked=True)).one_or_none()
        if row is None:
            return None
        row.claimed_until, row.tries = now + CLAIM, row.tries + 1
        return Asked(row.school_year, row.traits)


def _count(asked: Asked, now: datetime) -> None:
    """Count, and keep it with the mark that stood before: what is reckoned meanwhile is counted again by the page."""
    db.session.remove()
    upto = db.session.scalar(select(FigureState.upto).where(FigureState.built_at.is_not(None)))
    figures = written(count_year(SYSTEM, asked))
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        row = uow.session.get(FilteredCount, asked.digest, with_for_update=True, populate_existing=True)
        if row is None:
            return
        if upto is None:
            uow.session.delete(row)  # without daily figures pages count for themselves
            return
        row.upto, row.figures, row.counted_at = upto, figures, now
        row.asked_at = row.asked_by_id = row.claimed_until = None
        row.tries = 0
        uow.session.flush()
        _forget(uow)


def _forget(uow: UnitOfWork) -> None:
    """Let go of what was counted long ago, of the oldest where many are kept, and of what failed and was given up."""
    one = FilteredCount
    rested = one.asked_at.is_(None)
    newest = select(one.digest).where(rested).order_by(one.counted_at.desc(), one.digest).limit(KEPT)
    old = and_(rested, or_(one.counted_at < uow.now - FORGET_AFTER, one.digest.not_in(newest)))
    uow.session.execute(delete(table_of(one)).where(or_(old, one.asked_at < uow.now - GIVEN_UP_AFTER)))
