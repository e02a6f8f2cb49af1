"""The rounds in which the scheduler stores cached counts, so that pages of a large district need not wait for them.

Each round is made by itself, the one that was made longest ago first: those of the school year in work every half
hour, what changes by the month or lies in past years less often. A round that is killed is made again.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import delete, insert, select, update

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.foundation import clock
from wss_cases.foundation.db import db, table_of
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import insert_once, unit_of_work
from wss_cases.outcomes.answers.queries import answers_before, answers_of
from wss_cases.outcomes.counting.cache import CachedCount, CountingRound, Recorded, all_versions, recording
from wss_cases.outcomes.counting.daily_figures.queries import DistrictFigure
from wss_cases.outcomes.counting.scope.queries import first_year_counted, schools_reached
from wss_cases.outcomes.counting.scope.rules import Scope, scope_of, years_between
from wss_cases.outcomes.counting.totals import core_of, repair_of
from wss_cases.outcomes.equity.queries import FAMILIES, table_for
from wss_cases.outcomes.equity.rules import settled
from wss_cases.outcomes.published.queries import district_years, live
from wss_cases.outcomes.reports.cases import caseload_of, times_of
from wss_cases.outcomes.reports.core.queries import bands_of, reporting
from wss_cases.outcomes.reports.pathways import figures_of_pathways
from wss_cases.outcomes.reports.repeats import repeats_of
from wss_cases.roster.directory.queries import school_days

OFTEN, DAILY, SELDOM = timedelta(minutes=30), timedelta(hours=12), timedelta(days=7)
STORED_FROM_MS = 20
"""What takes less is counted whenever it is asked for: a district of some schools always is."""
MANY_SCHOOLS = 20
CLAIM = timedelta(minutes=10)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
GOOD_TIMES = 3
"""Counts stay good for this many times as long as the next round is away, in case a scheduler was down."""


CountMonth = Callable[[Actor, Scope], object]
NONE_BY_MONTH: Mapping[str, CountMonth] = {}


@dataclass(frozen=True)
class Round:
    """Counts that are made together: their name, how often, and what makes them."""

    name: str
    every: timedelta
    count: Callable[[], object]


def store_due_counts(
    now: datetime,
    seconds: float = 20.0,
    least_ms: int = STORED_FROM_MS,
    schools: int = MANY_SCHOOLS,
    by_month: Mapping[str, CountMonth] = NONE_BY_MONTH,
) -> dict[str, int]:
    """Make the rounds that are due, for so many seconds; returns how many `counts` were stored.

    `by_month` names what rooms above count of the months that are over. Stores what took `least_ms`
    or longer, in a district of so many `schools` or more.
    """
    until = time.monotonic() + seconds
    done = 0
    for one in _due(now, by_month) if schools_reached(SYSTEM) >= schools else ():
        if time.monotonic() >= until:
            break
        if _claim(one, now):
            began = time.monotonic()
            with recording() as recorded:
                one.count()
            long = {key: count for key, count in recorded.items() if count.took_ms >= least_ms}
            _store(one, long, now, round((time.monotonic() - began) * 1000))
            done += len(long)
    return {"counts": done}


def _due(now: datetime, by_month: Mapping[str, CountMonth]) -> list[Round]:
    """Return the rounds that are due, the one made longest ago first. A day that began makes those of the current year
    due, for its counts are others, and a raised version makes all of them due."""
    db.session.remove()
    made = {row.name: row.counted_at for row in db.session.scalars(select(CountingRound))}
    rounds = [(made.get(one.name, NEVER), one) for one in _rounds(now, by_month)]
    due = [(last, one) for last, one in rounds if not last <= now < last + one.every]
    return [one for _last, one in sorted(due, key=lambda pair: pair[0])]


def _claim(one: Round, now: datetime) -> bool:
    """Take a round for this scheduler alone; one that is killed over it holds it for some minutes only."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        taken = {"claimed_until": now + CLAIM}
        row = {"name": one.name, "counted_at": NEVER, "took_ms": 0, **taken}
        if insert_once(uow.session, CountingRound, row, ["name"]):
            return True
        free = (CountingRound.name == one.name) & (CountingRound.claimed_until <= now)
        claimed = update(CountingRound).where(free).values(**taken).returning(CountingRound.name)
        return uow.session.execute(claimed).first() is not None


def _rounds(now: datetime, by_month: Mapping[str, CountMonth]) -> Iterator[Round]:
    """Yield the rounds of the district: the year in work under today's date, then the years before."""
    today = today_at(None, now)
    first = db.session.scalar(select(DistrictFigure.day).order_by(DistrictFigure.day).limit(1))
    current = clock.school_year(today)
    for year in years_between(clock.school_year(first), current)[::-1] if first else [current]:
        scope = scope_of(None, year, today)
        if scope is not None:
            yield from _rounds_of(scope, by_month)


def _rounds_of(scope: Scope, by_month: Mapping[str, CountMonth]) -> Iterator[Round]:
    days, month = school_days(None), settled(scope)
    often, daily = (OFTEN, DAILY) if scope.is_current else (SELDOM, SELDOM)
    stamp = f"{scope.year} {scope.today if scope.is_current else ''} {all_versions()}"
    yield Round(f"incidents {stamp}", often, partial(core_of, SYSTEM, scope, days))
    yield Round(f"repair {stamp}", often, partial(repair_of, SYSTEM, scope, days))
    yield Round(f"answers {stamp}", often, partial(answers_of, SYSTEM, scope, days))
    if scope.is_current:
        yield Round(f"a year ago {stamp}", daily, partial(answers_before, SYSTEM, scope, days))
    yield Round(f"pathways {stamp}", often, partial(figures_of_pathways, SYSTEM, scope, days))
    yield Round(f"cases {stamp}", often, partial(times_of, SYSTEM, scope, days))
    yield Round(f"students {stamp}", often, partial(bands_of, SYSTEM, scope))
    yield Round(f"reporters {stamp}", often, partial(reporting, SYSTEM, scope))
    # windows end with a day, and every incident of the year is read for them
    yield Round(f"repeats {stamp}", daily, partial(repeats_of, SYSTEM, scope, days))
    if scope.is_current:
        yield Round(f"caseload {stamp}", often, partial(caseload_of, SYSTEM, scope))
        yield Round(f"years {stamp}", often, partial(_years, scope))
    if month is None:
        return
    if scope.is_current:
        for name, count_month in by_month.items():
            yield Round(f"{name} {stamp}", daily, partial(count_month, SYSTEM, month))
    for family in FAMILIES:
        count_family = partial(table_for, SYSTEM, month, family)
        yield Round(f"equity {family} {month.year} {month.last} {all_versions()}", daily, count_family)


def _years(scope: Scope) -> None:
    first_year_counted(SYSTEM, None)
    live(SYSTEM, None, max(district_years(), default=None), scope.today)


def _store(one: Round, counts: Mapping[str, Recorded], now: datetime, took_ms: int) -> None:
    good = {"counted_at": now, "good_until": now + GOOD_TIMES * one.every}
    rows = [{"digest": key, "rows": count.figures, **good} for key, count in counts.items()]
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        old = CachedCount.digest.in_(list(counts)) | (CachedCount.good_until <= now)
        uow.session.execute(delete(table_of(CachedCount)).where(old))
        if rows:
            uow.session.execute(insert(table_of(CachedCount)), rows)
        made = {"counted_at": now, "took_ms": took_ms, "claimed_until": now}
        uow.session.execute(update(CountingRound).where(CountingRound.name == one.name).values(**made))
        forgotten = CountingRound.claimed_until < now - 2 * SELDOM
        uow.session.execute(delete(table_of(CountingRound)).where(forgotten))
