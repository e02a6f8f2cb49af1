"""Writing the daily figures: the scheduler follows the journal, and a command recounts every school.

Either may be killed at any point: each step is one transaction that also moves the mark of the last audit row
processed. Processing a row twice is harmless, because a day is always counted whole from its incidents.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from babel.dates import format_skeleton
from sqlalchemy import delete, func, insert, select

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import db, table_of
from wss_cases.foundation.i18n import _, locale_code
from wss_cases.incidents.incident.queries import behavior_words
from wss_cases.incidents.lists import hour_words, weekday_words
from wss_cases.journal.audit.actions import settled_row
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work
from wss_cases.outcomes.counting.daily_figures.queries import (
    ONLY_ROW,
    DailyFigure,
    DayFigure,
    DistrictFigure,
    FigureState,
    Parts,
    SchoolDay,
    changes_after,
    days_of,
    figures_of_school,
)
from wss_cases.outcomes.counting.scope.queries import place_words
from wss_cases.outcomes.counting.scope.rules import Count
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.pages import grade_words

BATCH = 500
"""Audit rows processed in one step."""
BEGIN = 0
"""The mark of a recount that has not finished a school yet."""


def follow(now: datetime, seconds: float = 20.0) -> dict[str, int]:
    """Recount the days that changed since the last call, for up to `seconds`; returns the number of school `days`. The
    first call counts every school. The next call goes on where the time ran out."""
    settled = settled_row()
    until = time.monotonic() + seconds
    if settled == 0 or not recount(now, seconds, settled=settled, only_unbuilt=True)["finished"]:
        return {"days": 0}
    days = 0
    while time.monotonic() < until:
        counted = _step(now, settled)
        if counted is None:
            break
        days += counted
    return {"days": days}


@contextmanager
def _figures(now: datetime) -> Iterator[tuple[UnitOfWork, FigureState]]:
    """A unit of work for figures, and their locked state: only one process writes figures at a time."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()  # figures change no record: the acts they follow are audited
        yield uow, _locked(uow)


def _locked(uow: UnitOfWork) -> FigureState:
    return uow.session.get_one(FigureState, ONLY_ROW, with_for_update=True, populate_existing=True)


def _step(now: datetime, settled: int) -> int | None:
    """Recount the days that the next audit rows changed; returns how many days, None when no row is left."""
    with _figures(now) as (uow, state):
        if state.upto >= settled:
            return None
        changes = changes_after(state.upto, BATCH, settled)
        days = days_of(changes)
        state.upto = changes[-1].id if len(changes) == BATCH else settled
        _count(uow, days, state.upto)
        state.counted_at = now
        return len(days)


def recount(now: datetime, seconds: float, *, settled: int | None = None, only_unbuilt: bool = False) -> dict[str, Any]:
    """Recount every school from its incidents for up to `seconds`, going on where an earlier recount stopped. Returns
    the number of `schools` counted now, and whether the recount is `finished`."""
    settled = settled_row() if settled is None else settled
    until = time.monotonic() + seconds
    done: dict[str, Any] = {"schools": 0, "finished": _begin(now, settled, only_unbuilt)}
    while not done["finished"] and time.monotonic() < until:
        if _next_school(now):
            done["schools"] += 1
        else:
            _end(now)
            done["finished"] = True
    return done


def _begin(now: datetime, settled: int, only_unbuilt: bool) -> bool:
    """Mark the start of a recount, unless one is running; True when there is none to run."""
    first = {"id": ONLY_ROW, "upto": settled, "counted_at": now, "counted_school_id": BEGIN}
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        if insert_once(uow.session, FigureState, first, ["id"]):
            return False
        state = _locked(uow)
        if only_unbuilt and state.built_at is not None:
            return True
        if state.counted_school_id is None:
            state.counted_school_id = BEGIN
        return False


def _next_school(now: datetime) -> bool:
    with _figures(now) as (uow, state):
        school_id = uow.session.scalar(
            select(func.min(School.id)).where(School.id > (state.counted_school_id or BEGIN))
        )
        if state.counted_school_id is None or school_id is None:
            return False
        _replace_school(uow, school_id, None)
        state.counted_school_id = school_id
        return True


def _end(now: datetime) -> None:
    """Add the schools up, one month per transaction, and record that everything was counted."""
    for days in _months():
        with _figures(now) as (uow, state):
            _add_up(uow, days, state.upto)
    with _figures(now) as (_uow, state):
        state.built_at = state.counted_at = now
        state.counted_school_id = None


def _months() -> list[list[date]]:
    db.session.remove()
    days = set(db.session.scalars(select(DailyFigure.day).distinct()))
    months: dict[date, list[date]] = defaultdict(list)
    for day in sorted(days | set(db.session.scalars(select(DistrictFigure.day)))):
        months[day.replace(day=1)].append(day)
    return list(months.values())


def _count(uow: UnitOfWork, days: Iterable[SchoolDay], upto: int) -> None:
    by_school: dict[int, set[date]] = defaultdict(set)
    for school_id, day in days:
        by_school[school_id].add(day)
    for school_id, mine in sorted(by_school.items()):
        _replace_school(uow, school_id, mine)
    _add_up(uow, {day for mine in by_school.values() for day in mine}, upto)


def _replace_school(uow: UnitOfWork, school_id: int, days: Collection[date] | None) -> None:
    old = delete(table_of(DailyFigure)).where(DailyFigure.school_id == school_id)
    uow.session.execute(old if days is None else old.where(DailyFigure.day.in_(sorted(days))))
    rows = [
        {"school_id": school_id, "day": day, **figure.row()}
        for day, figure in figures_of_school(school_id, days).items()
    ]
    if rows:
        uow.session.execute(insert(table_of(DailyFigure)), rows)


def _add_up(uow: UnitOfWork, days: Collection[date], upto: int) -> None:
    """Replace the district's rows of these days by the sums of the schools' rows, counted up to an audit row."""
    sums: dict[date, DayFigure] = {}
    columns = (DailyFigure.day, DailyFigure.incidents, DailyFigure.serious, DailyFigure.parts)
    for day, *figure in uow.session.execute(select(*columns).where(DailyFigure.day.in_(sorted(days)))):
        sums.setdefault(day, DayFigure()).add(DayFigure(*figure))
    uow.session.execute(delete(table_of(DistrictFigure)).where(DistrictFigure.day.in_(sorted(days))))
    if sums:
        rows = [{"day": day, "counted_with": upto, **figure.row()} for day, figure in sums.items()]
        uow.session.execute(insert(table_of(DistrictFigure)), rows)


UNKNOWN = ""
SCHOOL_WEEK = range(5)


def breakdowns(parts: Parts) -> dict[str, list[Count]]:
    """Each breakdown's rows, in two queries: closed scales in order and without gaps, code lists largest first. The key
    of a row is the incident list's filter value, '' for not known."""
    locale = locale_code()
    behaviors = behavior_words([key for key in parts.behavior if key], locale)
    places = place_words([key for key in parts.place if key], locale)
    groups = {str(group): _("Group %(number)s", number=group) for group in range(1, 7)}
    hours = {str(hour): hour_words(hour) for hour in _span(parts.hour)}
    grades = {str(grade): grade_words(grade) for grade in _span(parts.grade)}
    return {
        "group": _scale(parts.group, groups, _("Not coded yet")),
        "behavior": _largest(parts.behavior, behaviors, _("Not coded yet")),
        "place": _largest(parts.place, places, _("Not known")),
        "hour": _scale(parts.hour, hours, _("Not known")),
        "weekday": _weekdays(parts.by_day),
        "grade": _scale(parts.grade, grades, _("Not known")),
    }


def day_of_year_words(day: date) -> str:
    """A date without its year: "November 20"."""
    return format_skeleton("MMMMd", day, locale=locale_code())


def _span(numbers: Mapping[str | None, int]) -> range:
    known = [int(key) for key in numbers if key]
    return range(min(known), max(known) + 1) if known else range(0)


def _scale(numbers: Mapping[str | None, int], words: Mapping[str, str], unknown: str) -> list[Count]:
    rows = [Count(key, label, numbers.get(key, 0)) for key, label in words.items()]
    return rows + _unknown(numbers, unknown)


def _largest(numbers: Mapping[str | None, int], words: Mapping[str, str], unknown: str) -> list[Count]:
    rows = [Count(key, words.get(key, key), number) for key, number in numbers.items() if key]
    return sorted(rows, key=lambda row: (-row.number, row.label)) + _unknown(numbers, unknown)


def _unknown(numbers: Mapping[str | None, int], words: str) -> list[Count]:
    number = sum(count for key, count in numbers.items() if not key)
    return [Count(UNKNOWN, words, number)] if number else []


def _weekdays(by_day: Mapping[date, int]) -> list[Count]:
    of_days = [sum(n for day, n in by_day.items() if day.weekday() == weekday) for weekday in range(7)]
    return [
        Count(str(weekday), weekday_words(weekday), number)
        for weekday, number in enumerate(of_days)
        if weekday in SCHOOL_WEEK or number
    ]
