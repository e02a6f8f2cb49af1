"""Incidents that fit a filter. Those of the whole district are counted by the scheduler, by day, and kept; a page adds
up the days that it asks for and counts anew those that moved since, so that it is exact at every moment."""

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, and_, delete, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.db import Base, db, table_of
from wss_cases.incidents.incident.models import BehaviorCode, Incident, LocationCode
from wss_cases.incidents.incident.rules import IncidentFilter
from wss_cases.incidents.lists import conditions_of
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work
from wss_cases.mail.monitoring import standing
from wss_cases.outcomes.counting.cache import counted_elsewhere, key_of
from wss_cases.outcomes.counting.daily_figures.queries import (
    DistrictFigure,
    FigureState,
    SchoolDay,
    count_days,
    counted_parts,
    unreckoned_days,
)
from wss_cases.outcomes.counting.daily_figures.rules import DayFigure, Parts, parts_from
from wss_cases.outcomes.counting.scope.queries import counted, reads_all
from wss_cases.outcomes.counting.scope.rules import Scope


class FilteredCount(Base):
    """The incidents of the whole district in a school year that have some traits, by day, as JSON; it names no one.

    `asked_at` is since when somebody waits for it, None when nobody does. `upto` is the audit row up to which the daily
    figures had been reckoned when it was counted. `tries` is how often a count for who waits now was begun.
    """

    __tablename__ = "filtered_count"
    __table_args__ = (
        CheckConstraint("(asked_at is null) = (asked_by_id is null)", name="asked"),
        CheckConstraint(
            "(figures is null) = (upto is null) and (figures is null) = (counted_at is null)", name="counted"
        ),
        Index("ix_filtered_count_asked", "asked_at"),
    )  # fmt: skip

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    school_year: Mapped[str] = mapped_column(String(7))
    traits: Mapped[dict[str, Any]]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    asked_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(Integer)
    upto: Mapped[int | None]
    counted_at: Mapped[datetime | None]
    figures: Mapped[str | None] = mapped_column(Text)


TRAITS: Final = ("behavior", "group", "place", "grade", "hour")
"""What daily figures cannot be narrowed by."""
MANY: Final = 20_000
"""Incidents from which on a page does not look through them itself."""
MOST_MOVED: Final = 20
"""Days that a page counts anew by itself; with more of them the whole year is counted again."""
MOST_TRIES: Final = 3
LATE: Final = timedelta(minutes=2)
"""After so long a page waits no more for a count that it asked for, and counts for itself."""
GIVEN_UP_AFTER: Final = timedelta(days=1)
"""After so long a count that was asked for and never made is forgotten, or asked for again."""
NAME: Final = "filtered"


@dataclass(frozen=True)
class Asked:
    """One count: a school year, and the traits that incidents must have."""

    year: str
    traits: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The key under which it is kept."""
        return key_of(NAME, (self.year, *(self.traits.get(name) for name in TRAITS)))

    def scope(self) -> Scope:
        """Return the whole school year of the whole district."""
        first, last = school_year_bounds(self.year)
        return Scope(None, self.year, first, last, last)


class NotCountedYet(Exception):
    """The figures are not there yet: the scheduler counts them once they are asked for. `stale` is the mark of those
    that are kept and of which too much moved."""

    def __init__(self, asked: Asked, stale: int | None) -> None:
        super().__init__(asked)
        self.asked = asked
        self.stale = stale


@counted_elsewhere(NAME, version=1)
def count_year(actor: Actor, asked: Asked) -> dict[SchoolDay, DayFigure]:
    """Return what is kept: the figures of each day of the year on which any incident has the traits."""
    return count_days([*counted(actor, asked.scope()), *conditions_of(IncidentFilter(**asked.traits))])


def narrowed_parts(actor: Actor, scope: Scope, narrow: IncidentFilter) -> Parts:
    """Return every breakdown of the incidents of a scope that fit a filter. Raises NotCountedYet where there are too
    many to look through and nothing is kept, as long as there is a scheduler that counts them."""
    traits = {name: getattr(narrow, name) for name in TRAITS if getattr(narrow, name) is not None}
    is_kept = bool(traits) and replace(IncidentFilter(**traits), month=narrow.month, weekday=narrow.weekday) == narrow
    if is_kept and reads_all(actor, scope):
        found = _kept(actor, scope, narrow, Asked(scope.year, traits))
        if found is not None:
            return found
    return counted_parts(actor, scope, *conditions_of(narrow))


def _kept(actor: Actor, scope: Scope, narrow: IncidentFilter, asked: Asked) -> Parts | None:
    """Return the figures from what is kept; None where the page had better count them."""
    moved = unreckoned_days()  # first: what is reckoned from here on stands in the figures read next
    of_district = DistrictFigure
    columns = select(of_district.day, of_district.incidents, of_district.counted_with)
    days = db.session.execute(columns.where(of_district.day.between(scope.first, scope.last))).all()
    if moved is None or sum(day.incidents for day in days) < MANY:
        return None
    row = _row(asked.digest)
    if row is not None and row.is_good:
        fresh = {day.day for day in days if day.counted_with > row.upto} | {day for _school, day in moved}
        fresh = {day for day in fresh if _fits(day, scope, narrow)}
        if len(fresh) <= MOST_MOVED:
            standing_still = {day.day for day in days} - fresh
            kept = [one for one in read(row.figures) if one[0] in standing_still and _fits(one[0], scope, narrow)]
            return parts_from((day, figure, 1) for day, figure in [*kept, *_counted(actor, scope, asked, fresh)])
    now = clock.now()
    if _is_left(row, now) or standing(now).scheduler != "ok" or not _are_codes(asked):
        return None
    raise NotCountedYet(asked, None if row is None else row.upto)


def _fits(day: date, scope: Scope, narrow: IncidentFilter) -> bool:
    """Whether a day is one of a scope, of the weekday and of the month that a filter names."""
    of_weekday = narrow.weekday is None or day.weekday() == narrow.weekday
    of_month = narrow.month is None or f"{day:%Y-%m}" == narrow.month
    return scope.first <= day <= scope.last and of_weekday and of_month


def _is_left(row: Any, now: datetime) -> bool:
    """Whether a count was asked for and no one makes it: it failed too often, or has waited for too long."""
    if row is None or row.asked_at is None or row.asked_at <= now - GIVEN_UP_AFTER:
        return False
    return bool(row.tries >= MOST_TRIES or row.asked_at <= now - LATE)


def _are_codes(asked: Asked) -> bool:
    """Whether the place and the behavior are any: what somebody typed into an address is not kept."""
    place, behavior = asked.traits.get("place"), asked.traits.get("behavior")
    places = select(LocationCode.code).where(or_(LocationCode.code == place, LocationCode.place == place))
    behaviors = select(BehaviorCode.code).where(BehaviorCode.code == behavior)
    looked_for = [one for one, value in ((places, place), (behaviors, behavior)) if value is not None]
    return all(db.session.execute(one.limit(1)).first() is not None for one in looked_for)


def _row(digest: str) -> Any:
    """Return what is kept under a digest; `is_good`: it was counted since every school was last counted anew."""
    built_at = select(FigureState.built_at).scalar_subquery()
    one = FilteredCount
    columns = (one.figures, one.upto, one.tries, one.asked_at, (one.counted_at >= built_at).label("is_good"))
    return db.session.execute(select(*columns).where(one.digest == digest)).one_or_none()


def _counted(actor: Actor, scope: Scope, asked: Asked, days: Collection[date]) -> list[tuple[date, DayFigure]]:
    """Return the figures of some days as the rows are now."""
    if not days:
        return []
    conditions = [*counted(actor, scope), *conditions_of(IncidentFilter(**asked.traits))]
    found = count_days([*conditions, Incident.local_date.in_(sorted(days))])
    return [(day, figure) for (_school, day), figure in found.items()]


def written(figures: Mapping[SchoolDay, DayFigure]) -> str:
    """Return figures by day as they are stored."""
    rows = {day.isoformat(): (one.incidents, one.serious, one.parts) for (_school, day), one in figures.items()}
    return json.dumps(rows, separators=(",", ":"))


def read(figures: str) -> list[tuple[date, DayFigure]]:
    """Return figures by day from what is stored."""
    return [(date.fromisoformat(day), DayFigure(*figure)) for day, figure in json.loads(figures).items()]


def waits() -> bool:
    """Whether anybody waits for a count."""
    asked = select(FilteredCount.digest).where(FilteredCount.asked_at.is_not(None), FilteredCount.tries < MOST_TRIES)
    return db.session.execute(asked.limit(1)).first() is not None


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
