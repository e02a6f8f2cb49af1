"""The rounds in which the scheduler stores cached counts, so that pages of a large district need not wait.

Each round runs by itself, the least recent first: the current school year's every half hour, counts that change by the
month or lie in past years less often. A round that is killed is run again.
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
from wss_cases.outcomes.answers import answers_before, answers_of
from wss_cases.outcomes.counting.cache import CachedCount, CountingRound, Recorded, all_versions, recording
from wss_cases.outcomes.counting.daily_figures.queries import DistrictFigure
from wss_cases.outcomes.counting.scope.queries import first_year_counted, schools_reached
from wss_cases.outcomes.counting.scope.rules import Scope, scope_of, years_between
from wss_cases.outcomes.counting.totals import core_of, repair_of
from wss_cases.outcomes.equity.queries import FAMILIES, table_for
from wss_cases.outcomes.equity.rules import last_month, settled
from wss_cases.outcomes.published.queries import district_years, live
from wss_cases.outcomes.reports.cases import caseload_of, repeats_of, times_of
from wss_cases.outcomes.reports.core import bands_of, reporting
from wss_cases.outcomes.reports.mission import mission_year, mission_year_before
from wss_cases.outcomes.reports.pathways import figures_of_pathways
from wss_cases.roster.directory.queries import school_days

OFTEN, DAILY, SELDOM = timedelta(minutes=30), timedelta(hours=12), timedelta(days=7)
STORED_FROM_MS = 20
"""Milliseconds. Faster counts are never stored: a district of a few schools always counts live."""
MANY_SCHOOLS = 20
CLAIM = timedelta(minutes=10)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
GOOD_TIMES = 3
"""A stored count stays valid for this many round intervals, in case a scheduler was down."""


CountMonth = Callable[[Actor, Scope], object]
NONE_BY_MONTH: Mapping[str, CountMonth] = {}


@dataclass(frozen=True)
class Round:
    """Counts that run together: their name, how often they run, and the function that runs them."""

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
    """Run the rounds that are due, starting none after `seconds`; returns the number of `counts` stored.

    `by_month` holds counts of finished months that rooms above add. Only counts that took at least `least_ms` are
    stored, and only in a district of at least `schools` schools.
    """
    until = time.monotonic() + seconds
    done = 0
    for due_round in _due(now, by_month) if schools_reached(SYSTEM) >= schools else ():
        if time.monotonic() >= until:
            break
        if _claim(due_round, now):
            began = time.monotonic()
            with recording() as recorded:
                due_round.count()
            long = {key: count for key, count in recorded.items() if count.took_ms >= least_ms}
            _store(due_round, long, now, round((time.monotonic() - began) * 1000))
            done += len(long)
    return {"counts": done}


def _due(now: datetime, by_month: Mapping[str, CountMonth]) -> list[Round]:
    """The rounds that are due, the least recent first. All rounds of the current year are due when a new day has begun,
    because their counts have changed; every round is due when a version was raised."""
    db.session.remove()
    made = {row.name: row.counted_at for row in db.session.scalars(select(CountingRound))}
    rounds = [(made.get(round_.name, NEVER), round_) for round_ in _rounds(now, by_month)]
    due = [(last, round_) for last, round_ in rounds if not last <= now < last + round_.every]
    return [round_ for _last, round_ in sorted(due, key=lambda pair: pair[0])]


def _claim(round_: Round, now: datetime) -> bool:
    """Claim a round for this scheduler. If the scheduler is killed, the claim ends after a few minutes."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        taken = {"claimed_until": now + CLAIM}
        row = {"name": round_.name, "counted_at": NEVER, "took_ms": 0, **taken}
        if insert_once(uow.session, CountingRound, row, ["name"]):
            return True
        free = (CountingRound.name == round_.name) & (CountingRound.claimed_until <= now)
        claimed = update(CountingRound).where(free).values(**taken).returning(CountingRound.name)
        return uow.session.execute(claimed).first() is not None


def _rounds(now: datetime, by_month: Mapping[str, CountMonth]) -> Iterator[Round]:
    """The rounds of the district: the current year up to today, then the years before, latest first."""
    today = today_at(None, now)
    first = db.session.scalar(select(DistrictFigure.day).order_by(DistrictFigure.day).limit(1))
    current = clock.school_year(today)
    for year in years_between(clock.school_year(first), current)[::-1] if first else [current]:
        scope = scope_of(None, year, today)
        if scope is not None:
            yield from _rounds_of(scope, by_month)


def _rounds_of(scope: Scope, by_month: Mapping[str, CountMonth]) -> Iterator[Round]:
    days, month = school_days(None), last_month(scope)
    often, daily = (OFTEN, DAILY) if scope.is_current else (SELDOM, SELDOM)
    stamp = f"{scope.year} {scope.today if scope.is_current else ''} {all_versions()}"
    of_days: dict[str, Callable[..., object]] = {
        "incidents": core_of, "repair": repair_of, "answers": answers_of, "pathways": figures_of_pathways,
        "cases": times_of,
    }  # fmt: skip
    for name, count in of_days.items():
        yield Round(f"{name} {stamp}", often, partial(count, SYSTEM, scope, days))
    yield Round(f"students {stamp}", often, partial(bands_of, SYSTEM, scope))
    yield Round(f"reporters {stamp}", often, partial(reporting, SYSTEM, scope))
    # repeat windows end with a day, and every incident of the year is read for them
    yield Round(f"repeats {stamp}", daily, partial(repeats_of, SYSTEM, scope, days))
    yield Round(f"mission {stamp}", daily, partial(mission_year, SYSTEM, scope, days, tells=True))
    if scope.is_current:
        yield Round(f"a year ago {stamp}", daily, partial(answers_before, SYSTEM, scope, days))
        yield Round(f"mission a year ago {stamp}", daily, partial(mission_year_before, SYSTEM, scope, days, tells=True))
        yield Round(f"caseload {stamp}", often, partial(caseload_of, SYSTEM, scope))
        yield Round(f"years {stamp}", often, partial(_years, scope))
    if month is None:
        return
    for name, count_month in by_month.items() if scope.is_current else ():
        yield Round(f"{name} {stamp}", daily, partial(count_month, SYSTEM, month))
    of_groups = settled(scope, days)
    if of_groups is None:
        return
    for family in FAMILIES:
        count_family = partial(table_for, SYSTEM, of_groups, family)
        yield Round(f"equity {family} {scope.year} {of_groups.last} {all_versions()}", daily, count_family)


def _years(scope: Scope) -> None:
    first_year_counted(SYSTEM, None)
    live(SYSTEM, None, max(district_years(), default=None), scope.today)


def _store(round_: Round, counts: Mapping[str, Recorded], now: datetime, took_ms: int) -> None:
    good = {"counted_at": now, "good_until": now + GOOD_TIMES * round_.every}
    rows = [{"digest": key, "rows": count.figures, **good} for key, count in counts.items()]
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        old = CachedCount.digest.in_(list(counts)) | (CachedCount.good_until <= now)
        uow.session.execute(delete(table_of(CachedCount)).where(old))
        if rows:
            uow.session.execute(insert(table_of(CachedCount)), rows)
        made = {"counted_at": now, "took_ms": took_ms, "claimed_until": now}
        uow.session.execute(update(CountingRound).where(CountingRound.name == round_.name).values(**made))
        forgotten = CountingRound.claimed_until < now - 2 * SELDOM
        uow.session.execute(delete(table_of(CountingRound)).where(forgotten))
