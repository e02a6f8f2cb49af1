"""All figures of one scope, read once for the page and the reports.

Incidents that fit a filter: for the whole district the scheduler counts them by day and stores the result; a page adds
up the days that it needs and recounts those that changed since, so that it is exact at every moment.
"""

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
    DayFigure,
    DistrictFigure,
    FigureState,
    Parts,
    SchoolDay,
    count_days,
    counted_parts,
    parts_from,
    parts_of,
    unreckoned_days,
)
from wss_cases.outcomes.counting.repair import queries as repair
from wss_cases.outcomes.counting.repair.police import Police, police
from wss_cases.outcomes.counting.repair.queries import Harms, harms
from wss_cases.outcomes.counting.scope.queries import counted, enrolled_on, reads_all
from wss_cases.outcomes.counting.scope.rules import (
    Month,
    Reach,
    Scope,
    Share,
    month_ends,
    month_of,
    months_of,
    per_100_a_day,
    reach_of,
)
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import DisciplineKind


class FilteredCount(Base):
    """The incidents of the whole district in a school year with certain traits, by day, as JSON; it names no student.

    `asked_at` is when a page began to wait for it, None when no page waits. `upto` is the last audit row in the daily
    figures when it was counted. `tries` is the number of attempts for the page that waits now.
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
"""Filters that the daily figures cannot answer."""
MANY: Final = 20_000
"""From this many incidents on, a page does not read them itself."""
MOST_MOVED: Final = 20
"""A page recounts up to this many days itself; with more, the scheduler counts the whole year again."""
MOST_TRIES: Final = 3
LATE: Final = timedelta(minutes=2)
"""After this time a page stops waiting for the scheduler's count and counts by itself."""
GIVEN_UP_AFTER: Final = timedelta(days=1)
"""A count that a page requested but nobody made is dropped, or may be requested again, after this time."""
NAME: Final = "filtered"


@dataclass(frozen=True)
class Asked:
    """The key of one count: a school year, and the traits that its incidents have."""

    year: str
    traits: Mapping[str, Any]

    @property
    def digest(self) -> str:
        return key_of(NAME, (self.year, *(self.traits.get(name) for name in TRAITS)))

    def scope(self) -> Scope:
        first, last = school_year_bounds(self.year)
        return Scope(None, self.year, first, last, last)


class NotCountedYet(Exception):
    """The figures are not there yet: the scheduler counts them on request. `stale` is the mark of stored figures of
    which too many days changed."""

    def __init__(self, count: Asked, stale: int | None) -> None:
        super().__init__(count)
        self.asked = count
        self.stale = stale


@counted_elsewhere(NAME, version=1)
def count_year(actor: Actor, count: Asked) -> dict[SchoolDay, DayFigure]:
    """The figures to store: those of each day of the year with an incident that has the traits."""
    return count_days([*counted(actor, count.scope()), *conditions_of(IncidentFilter(**count.traits))])


def narrowed_parts(actor: Actor, scope: Scope, narrow: IncidentFilter) -> Parts:
    """Every breakdown of a scope's incidents that fit a filter. Raises NotCountedYet where there are too many to read
    and no count is stored, as long as a scheduler counts them."""
    traits = {name: getattr(narrow, name) for name in TRAITS if getattr(narrow, name) is not None}
    is_kept = bool(traits) and replace(IncidentFilter(**traits), month=narrow.month, weekday=narrow.weekday) == narrow
    if is_kept and reads_all(actor, scope):
        parts = _stored_parts(actor, scope, narrow, Asked(scope.year, traits))
        if parts is not None:
            return parts
    return counted_parts(actor, scope, *conditions_of(narrow))


def _stored_parts(actor: Actor, scope: Scope, narrow: IncidentFilter, count: Asked) -> Parts | None:
    """The figures from a stored count; None where the page should count by itself."""
    moved = unreckoned_days()  # read first: days processed after this are in the figures read next
    of_district = DistrictFigure
    columns = select(of_district.day, of_district.incidents, of_district.counted_with)
    days = db.session.execute(columns.where(of_district.day.between(scope.first, scope.last))).all()
    if moved is None or sum(day.incidents for day in days) < MANY:
        return None
    row = _stored_row(count.digest)
    if row is not None and row.is_good:
        fresh = {day.day for day in days if day.counted_with > row.upto} | {day for _school, day in moved}
        fresh = {day for day in fresh if _fits(day, scope, narrow)}
        if len(fresh) <= MOST_MOVED:
            standing_still = {day.day for day in days} - fresh
            stored_days = [
                day for day in read(row.figures) if day[0] in standing_still and _fits(day[0], scope, narrow)
            ]
            return parts_from((day, figure, 1) for day, figure in [*stored_days, *_counted(actor, scope, count, fresh)])
    now = clock.now()
    if _is_left(row, now) or standing(now).scheduler != "ok" or not _are_codes(count):
        return None
    raise NotCountedYet(count, None if row is None else row.upto)


def _fits(day: date, scope: Scope, narrow: IncidentFilter) -> bool:
    of_weekday = narrow.weekday is None or day.weekday() == narrow.weekday
    of_month = narrow.month is None or f"{day:%Y-%m}" == narrow.month
    return scope.first <= day <= scope.last and of_weekday and of_month


def _is_left(row: Any, now: datetime) -> bool:
    """Whether a requested count will not be made: it failed too often, or has waited too long."""
    if row is None or row.asked_at is None or row.asked_at <= now - GIVEN_UP_AFTER:
        return False
    return bool(row.tries >= MOST_TRIES or row.asked_at <= now - LATE)


def _are_codes(count: Asked) -> bool:
    """Whether the place and the behavior are codes of the lists. Text typed into the address is never stored."""
    place, behavior = count.traits.get("place"), count.traits.get("behavior")
    places = select(LocationCode.code).where(or_(LocationCode.code == place, LocationCode.place == place))
    behaviors = select(BehaviorCode.code).where(BehaviorCode.code == behavior)
    looked_for = [query for query, value in ((places, place), (behaviors, behavior)) if value is not None]
    return all(db.session.execute(query.limit(1)).first() is not None for query in looked_for)


def _stored_row(digest: str) -> Any:
    """The stored count of a digest; `is_good`: it was made since the last full recount of every school."""
    built_at = select(FigureState.built_at).scalar_subquery()
    table = FilteredCount
    columns = (table.figures, table.upto, table.tries, table.asked_at, (table.counted_at >= built_at).label("is_good"))
    return db.session.execute(select(*columns).where(table.digest == digest)).one_or_none()


def _counted(actor: Actor, scope: Scope, count: Asked, days: Collection[date]) -> list[tuple[date, DayFigure]]:
    """The figures of these days, counted from the incidents now."""
    if not days:
        return []
    conditions = [*counted(actor, scope), *conditions_of(IncidentFilter(**count.traits))]
    figures = count_days([*conditions, Incident.local_date.in_(sorted(days))])
    return [(day, figure) for (_school, day), figure in figures.items()]


def written(figures: Mapping[SchoolDay, DayFigure]) -> str:
    rows = {
        day.isoformat(): (figure.incidents, figure.serious, figure.parts) for (_school, day), figure in figures.items()
    }
    return json.dumps(rows, separators=(",", ":"))


def read(figures: str) -> list[tuple[date, DayFigure]]:
    return [(date.fromisoformat(day), DayFigure(*figure)) for day, figure in json.loads(figures).items()]


def waits() -> bool:
    waiting = select(FilteredCount.digest).where(FilteredCount.asked_at.is_not(None), FilteredCount.tries < MOST_TRIES)
    return db.session.execute(waiting.limit(1)).first() is not None


MOST_OF_ONE: Final = 3
MOST: Final = 30
"""How many requested counts may wait, of one person and of all together."""
KEPT: Final = 200
FORGET_AFTER: Final = timedelta(days=30)
CLAIM: Final = timedelta(minutes=2)
"""How long a killed scheduler keeps its claim on a count."""


def ask(actor: Actor, missing: NotCountedYet, now: datetime) -> bool:
    """Request a count that a page misses; False when too many wait already, of this person or of all."""
    with unit_of_work(actor, now) as uow:
        uow.no_audit()  # a count changes no record
        # lock the account: two pages that a person opens at once cannot exceed the limit
        mine = select(UserAccount.id).where(UserAccount.id == actor.user_id)
        uow.session.execute(mine.with_for_update(key_share=True))
        row = uow.session.get(FilteredCount, missing.asked.digest, with_for_update=True, populate_existing=True)
        asked_at = None if row is None else row.asked_at
        if asked_at is not None and asked_at > now - GIVEN_UP_AFTER:
            return True
        if row is not None and asked_at is None and row.upto != missing.stale:
            return True
        if _waiting(uow, FilteredCount.asked_by_id == actor.user_id) >= MOST_OF_ONE or _waiting(uow) >= MOST:
            return False
        if row is None:
            count = missing.asked
            waits_from_now = {"asked_by_id": actor.user_id, "asked_at": now, "tries": 0}
            first = {"digest": count.digest, "school_year": count.year, "traits": dict(count.traits), **waits_from_now}
            insert_once(
                uow.session, FilteredCount, first, ["digest"]
            )  # another request may insert the row at the same moment
        else:
            row.asked_by_id, row.asked_at, row.claimed_until, row.tries = actor.user_id, now, None, 0
        return True


def _waiting(uow: UnitOfWork, *more: Any) -> int:
    table = FilteredCount
    number = select(func.count()).where(table.asked_at > uow.now - LATE, table.tries < MOST_TRIES, *more)
    return uow.session.scalar(number) or 0


def count_asked(now: datetime, seconds: float) -> dict[str, int]:
    """Make the requested counts, starting none after `seconds`; returns the number `counted`."""
    until, done = time.monotonic() + seconds, 0
    db.session.remove()
    while time.monotonic() < until and waits():
        count = _claim(now)
        if count is None:
            break
        _count(count, now)
        done += 1
    return {"counted": done}


def _claim(now: datetime) -> Asked | None:
    """Claim the count that has waited longest for this scheduler, those that a page still waits for first; None where
    other schedulers have claimed them all."""
    table = FilteredCount
    free = (
        table.asked_at.is_not(None),
        table.tries < MOST_TRIES,
        or_(table.claimed_until.is_(None), table.claimed_until <= now),
    )
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        oldest = (
            select(table).where(*free).order_by(table.asked_at <= now - LATE, table.asked_at, table.digest).limit(1)
        )
        row = uow.session.scalars(oldest.with_for_update(skip_locked=True)).one_or_none()
        if row is None:
            return None
        row.claimed_until, row.tries = now + CLAIM, row.tries + 1
        return Asked(row.school_year, row.traits)


def _count(count: Asked, now: datetime) -> None:
    """Count, and store the figures with the mark read before counting: pages recount the days processed meanwhile."""
    db.session.remove()
    upto = db.session.scalar(select(FigureState.upto).where(FigureState.built_at.is_not(None)))
    figures = written(count_year(SYSTEM, count))
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        row = uow.session.get(FilteredCount, count.digest, with_for_update=True, populate_existing=True)
        if row is None:
            return
        if upto is None:
            uow.session.delete(row)  # without daily figures pages count by themselves
            return
        row.upto, row.figures, row.counted_at = upto, figures, now
        row.asked_at = row.asked_by_id = row.claimed_until = None
        row.tries = 0
        uow.session.flush()
        _forget(uow)


def _forget(uow: UnitOfWork) -> None:
    """Delete stored counts that are old or beyond the number retained, and requests that failed and were given up."""
    table = FilteredCount
    rested = table.asked_at.is_(None)
    newest = select(table.digest).where(rested).order_by(table.counted_at.desc(), table.digest).limit(KEPT)
    old = and_(rested, or_(table.counted_at < uow.now - FORGET_AFTER, table.digest.not_in(newest)))
    uow.session.execute(delete(table_of(table)).where(or_(old, table.asked_at < uow.now - GIVEN_UP_AFTER)))


NOTHING = IncidentFilter()
"""A filter that every incident fits."""
SUSPENSIONS = (DisciplineKind.IN_SCHOOL_SUSPENSION, DisciplineKind.OUT_OF_SCHOOL_SUSPENSION)


@dataclass(frozen=True)
class Core:
    """The incidents of a scope: breakdowns, months with rates, and students on the last school day."""

    scope: Scope
    parts: Parts
    months: list[Month]

    @property
    def students(self) -> int:
        return self.months[-1].students

    @property
    def school_days(self) -> int:
        return sum(month.school_days for month in self.months)

    @property
    def rate(self) -> float | None:
        return per_100_a_day(self.parts.total, self.students, self.school_days)


@dataclass(frozen=True)
class Repair:
    """What was done about a scope's incidents."""

    reach: Reach
    terms: repair.Terms
    funnel: dict[str, dict[str, repair.Step]]
    follow_ups: dict[str, Share]
    removals: dict[str, tuple[int, int]]
    police: Police
    harms: Harms

    @property
    def suspensions(self) -> int:
        return sum(self.removals.get(kind.value, (0, 0))[0] for kind in SUSPENSIONS)

    @property
    def expulsions(self) -> int:
        return self.removals.get(DisciplineKind.EXPULSION.value, (0, 0))[0]

    @property
    def on_time(self) -> Share:
        """Follow-ups of every kind done on time, of those due."""
        shares = self.follow_ups.values()
        return Share(sum(share.part for share in shares), sum(share.whole for share in shares))


def core_of(actor: Actor, scope: Scope, days: SchoolDays, narrow: IncidentFilter = NOTHING) -> Core:
    """The incidents of a scope that fit a filter. Where it names a grade, rates are per students of that grade.

    `days` are the school days of its school or district. Raises NotCountedYet where the scheduler has to count them.
    """
    if replace(narrow, weekday=None, month=None if _is_within(scope, narrow.month) else narrow.month) == NOTHING:
        parts = parts_of(actor, scope, narrow.weekday)
    else:
        parts = narrowed_parts(actor, scope, narrow)
    students = enrolled_on(actor, scope, month_ends(scope, days), narrow.grade)
    return Core(scope, parts, months_of(scope, parts.by_day, days, students))


def _is_within(scope: Scope, month: str | None) -> bool:
    """Whether a scope lies within a month written '2026-10', so that the month excludes nothing more."""
    if month is None:
        return True
    first, last = month_of(month)
    return first <= scope.first and scope.last <= last


def repair_of(actor: Actor, scope: Scope, days: SchoolDays) -> Repair:
    """What was done about a scope's incidents, in nine queries."""
    return Repair(
        reach=reach_of(repair.contacts(actor, scope), days, scope.seen_on),
        terms=repair.terms(actor, scope),
        funnel=repair.funnel(actor, scope),
        follow_ups=repair.follow_ups(actor, scope),
        removals=repair.removals(actor, scope),
        police=police(actor, scope),
        harms=harms(actor, scope),
    )
