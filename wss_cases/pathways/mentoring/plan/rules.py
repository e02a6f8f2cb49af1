"""Pure rules of mentoring: which sessions a rhythm plans, the dose delivered, the card's percent, whom to match."""

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Protocol

from wss_cases.foundation.ids import fold
from wss_cases.pathways.mentoring.plan.models import BEST_MARK, Cadence, Reason
from wss_cases.roster.directory.rules import SchoolDays

_DAY = timedelta(days=1)
_DAYS_OF = {Cadence.DAILY: 1, Cadence.TWICE_WEEKLY: 7, Cadence.WEEKLY: 7, Cadence.BIWEEKLY: 14}
_LONGEST = timedelta(weeks=208)
_AHEAD = timedelta(days=62)
"""How far from today, or from a first day to come, a next session is looked for."""
LEAST_LETTERS = 4
"""Letters of a word that two texts may share by more than chance."""


class Logged(Protocol):
    """What a dose counts of a session."""

    on_day: date
    held: bool
    minutes: int | None


@dataclass(frozen=True)
class Dose:
    """Sessions and minutes delivered against planned, up to a day. None is not known, 0 is none.

    `planned` counts the sessions that were due, `planned_in_all` those of the whole length; `timed` of the held
    ones have their minutes written down, and `minutes` is their sum.
    """

    planned: int | None
    planned_in_all: int | None
    held: int
    missed: int
    minutes: int | None
    timed: int
    planned_minutes: int | None


def last_day_of(starts_on: date | None, weeks: int | None) -> date | None:
    """Return the last day of a plan; None while its first day or its length is not known."""
    return starts_on + timedelta(weeks=weeks) - _DAY if starts_on is not None and weeks is not None else None


def due_days(rhythm: Cadence, starts_on: date, until: date, days: SchoolDays, since: date = date.min) -> list[date]:
    """Return the school days on which the sessions of a rhythm fall due, from its first day up to `until`; with `since`
    those from then on alone, for which nothing is worked out of the time before.

    Time runs in periods from the first day (a day, seven, fourteen, a month). Of a period's n school days the j-th
    of its k sessions is due on number ceil(j·n/k): the one of a week on its last, so that a week is never behind
    while it runs. A period without school plans nothing; one that `until` cuts off plans what was due by then.
    """
    due: list[date] = []
    wanted = 2 if rhythm is Cadence.TWICE_WEEKLY else 1
    until = min(until, starts_on + _LONGEST)
    number, first = 0, starts_on
    while first <= until:
        number += 1
        following = _period_start(rhythm, starts_on, number)
        length = (following - first).days if following > since else 0
        period = (first + timedelta(days=ahead) for ahead in range(length))
        school = [day for day in period if days.is_school_day(day)]
        count = min(wanted, len(school))
        due += [school[-(-which * len(school) // count) - 1] for which in range(1, count + 1)]
        first = following
    return [day for day in due if since <= day <= until]


def coming_days(days: SchoolDays, since: date) -> Callable[[Cadence, date, date], list[date]]:
    """Return what tells the days of `due_days` from a day on by rhythm, first day and last, without going through the
    periods that were over before it; of many plans with the same periods once."""
    known = cache(lambda rhythm, begins, until: due_days(rhythm, begins, until, days, since))

    def coming(rhythm: Cadence, starts_on: date, until: date) -> list[date]:
        found: list[date] = known(rhythm, _period_of(rhythm, starts_on, since), min(until, starts_on + _LONGEST))
        return found

    return coming


def _period_of(rhythm: Cadence, starts_on: date, day: date) -> date:
    """Return the first day of the period of a day; the first of all before that, and of months, which are few."""
    length = _DAYS_OF.get(rhythm)
    if length is None or day <= starts_on:
        return starts_on
    return day - timedelta(days=(day - starts_on).days % length)


def _period_start(rhythm: Cadence, starts_on: date, number: int) -> date:
    if rhythm is not Cadence.MONTHLY:
        return starts_on + timedelta(days=_DAYS_OF[rhythm] * number)
    year, month = divmod(starts_on.year * 12 + starts_on.month - 1 + number, 12)
    return date(year, month + 1, min(starts_on.day, monthrange(year, month + 1)[1]))


def planned_days(plan: Any, until: date, days: SchoolDays) -> list[date] | None:
    """Return the days on which a plan's sessions were due up to `until`; None while rhythm or start is not known."""
    if plan is None or plan.rhythm is None or plan.starts_on is None:
        return None
    last = last_day_of(plan.starts_on, plan.weeks)
    return due_days(plan.rhythm, plan.starts_on, until if last is None else min(until, last), days)


def dose(plan: Any, sessions: Sequence[Logged], until: date, days: SchoolDays) -> Dose:
    """Return what was delivered against what was planned up to a day, both counted in it."""
    so_far = planned_days(plan, until, days)
    last = last_day_of(plan.starts_on, plan.weeks) if plan is not None else None
    in_all = planned_days(plan, last, days) if last is not None else None
    counted = [row for row in sessions if row.on_day <= until]
    held = [row for row in counted if row.held]
    timed = [row.minutes for row in held if row.minutes is not None]
    return Dose(
        planned=None if so_far is None else len(so_far),
        planned_in_all=None if in_all is None else len(in_all),
        held=len(held),
        missed=len(counted) - len(held),
        minutes=sum(timed) if timed or not held else None,
        timed=len(timed),
        planned_minutes=len(so_far) * plan.minutes if so_far is not None and plan.minutes else None,
    )


def next_due(plan: Any, logged: int, today: date, days: SchoolDays) -> date | None:
    """Return the day of the first planned session that nothing is logged for; None when none is left or known.

    Sessions stand for each other: `logged` held or missed ones answer for the first so many planned.
    """
    if plan is None or plan.rhythm is None or plan.starts_on is None:
        return None
    last = last_day_of(plan.starts_on, plan.weeks)
    until = min(max(today, plan.starts_on) + _AHEAD, plan.starts_on + _LONGEST, last or date.max)
    if plan.rhythm is not Cadence.DAILY:
        return _due_after(logged, plan.rhythm, plan.starts_on, until, days)
    first = max(today, plan.starts_on)
    ahead = max(0, logged - days.between(plan.starts_on - _DAY, first - _DAY))
    due = days.add(first - _DAY, ahead + 1)
    return due if due <= until else None


def _due_after(number: int, rhythm: Cadence, starts_on: date, until: date, days: SchoolDays) -> date | None:
    """Return the day that so many of `due_days` come before; of the periods before its own days are only counted."""
    wanted = 2 if rhythm is Cadence.TWICE_WEEKLY else 1
    period, first = 0, starts_on
    while first <= until:
        period += 1
        following = _period_start(rhythm, starts_on, period)
        planned = min(wanted, days.between(first - _DAY, following - _DAY))
        if number < planned:
            begins = starts_on if rhythm is Cadence.MONTHLY else first
            due = due_days(rhythm, begins, min(until, following - _DAY), days, first)
            return due[number] if number < len(due) else None
        number -= planned
        first = following
    return None


def percent(marks: Mapping[str, Sequence[int | None]]) -> int | None:
    """Return the share of points of a card's day in whole percent; None when nothing is marked."""
    given = [mark for row in marks.values() for mark in row if mark is not None]
    return None if not given else round(100 * sum(given) / (BEST_MARK * len(given)))


@dataclass(frozen=True)
class Candidate:
    """A mentor or a group that a student could be matched with, and the reasons for it."""

    mentor: Any
    group: Any
    taken: int
    reasons: tuple[Reason, ...]

    @property
    def capacity(self) -> int:
        """How many students there are places for."""
        return int((self.group or self.mentor).capacity)

    @property
    def free(self) -> int:
        """Places that are left; never below 0."""
        return max(0, self.capacity - self.taken)


def ranked(offers: Iterable[tuple[Any, Any, int]], language: str | None, goal: str, today: date) -> list[Candidate]:
    """Return (mentor, group or None, places taken) as candidates, the best first.

    A free place comes first, then the student's language, strengths that the goal names, training, the number of
    free places, and the name.
    """
    candidates = [
        Candidate(mentor, group, taken, _reasons(mentor, group, taken, language, goal, today))
        for mentor, group, taken in offers
    ]
    return sorted(candidates, key=_rank)


def _rank(one: Candidate) -> tuple[Any, ...]:
    order = (Reason.PLACE, Reason.LANGUAGE, Reason.STRENGTH, Reason.TRAINED)
    return (*(reason not in one.reasons for reason in order), -one.free, fold(one.mentor.name), one.mentor.id)


def _reasons(mentor: Any, group: Any, taken: int, language: str | None, goal: str, today: date) -> tuple[Reason, ...]:
    speaks = language is not None and language.lower()[:2] in {code.lower()[:2] for code in mentor.languages}
    reasons = (
        (Reason.PLACE, taken < (group or mentor).capacity),
        (Reason.LANGUAGE, speaks),
        (Reason.STRENGTH, bool(_long_words(mentor.strengths) & _long_words(goal))),
        (Reason.TRAINED, mentor.trained_on is not None and mentor.trained_on <= today),
    )
    return tuple(reason for reason, holds in reasons if holds)


def _long_words(text: str) -> set[str]:
    return {word for word in fold(text).split() if len(word) >= LEAST_LETTERS}
