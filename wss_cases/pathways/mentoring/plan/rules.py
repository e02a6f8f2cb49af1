"""Rules of mentoring: sessions planned and delivered, the card's percentage, whom to match; their words and charts."""

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Protocol

from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.ids import fold
from wss_cases.foundation.school_time import day_words, day_words_with_year
from wss_cases.journal.rooms import Room
from wss_cases.pathways.mentoring.plan import models
from wss_cases.roster.directory.rules import SchoolDays

_DAY = timedelta(days=1)
_DAYS_OF = {
    models.Cadence.DAILY: 1,
    models.Cadence.TWICE_WEEKLY: 7,
    models.Cadence.WEEKLY: 7,
    models.Cadence.BIWEEKLY: 14,
}
_LONGEST = timedelta(weeks=208)
_AHEAD = timedelta(days=62)
"""How far ahead of today, or of a later first day, the next session is searched."""
LEAST_LETTERS = 4
"""The least letters of a shared word that count as a match between two texts."""


class Logged(Protocol):
    """The parts of a session that a dose counts."""

    on_day: date
    held: bool
    minutes: int | None


@dataclass(frozen=True)
class Dose:
    """Sessions and minutes delivered and planned, up to a day. None: not known; 0: none.

    `planned` counts the sessions that were due, `planned_in_all` those of the whole plan. `timed` counts held sessions
    with known minutes; `minutes` is their sum.
    """

    planned: int | None
    planned_in_all: int | None
    held: int
    missed: int
    minutes: int | None
    timed: int
    planned_minutes: int | None


def last_day_of(starts_on: date | None, weeks: int | None) -> date | None:
    """The last day of a plan; None while its first day or length is unknown."""
    return starts_on + timedelta(weeks=weeks) - _DAY if starts_on is not None and weeks is not None else None


def due_days(
    rhythm: models.Cadence, starts_on: date, until: date, days: SchoolDays, since: date = date.min
) -> list[date]:
    """The school days on which sessions of a schedule fall due, from its first day up to `until`. `since` skips the
    periods that were over before that day.

    Time is divided into periods from the first day (a day, seven, fourteen, a month). Of a period's n school days,
    session j of k is due on number ceil(j·n/k). A weekly session is therefore due on the last school day, so that no
    week is behind while it runs. A period without school plans nothing; a period that `until` cuts off plans what was
    due by then.
    """
    due: list[date] = []
    wanted = 2 if rhythm is models.Cadence.TWICE_WEEKLY else 1
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


def coming_days(days: SchoolDays, since: date) -> Callable[[models.Cadence, date, date], list[date]]:
    """A function (rhythm, first day, last day) that lists the `due_days` from `since` on. It skips the periods that
    were over before, and computes plans with the same periods once.
    """
    known = cache(lambda rhythm, begins, until: due_days(rhythm, begins, until, days, since))

    def coming(rhythm: models.Cadence, starts_on: date, until: date) -> list[date]:
        dates: list[date] = known(rhythm, _period_of(rhythm, starts_on, since), min(until, starts_on + _LONGEST))
        return dates

    return coming


def _period_of(rhythm: models.Cadence, starts_on: date, day: date) -> date:
    """The first day of the period that contains a day. Earlier days, and monthly schedules, give the plan's
    first day.
    """
    length = _DAYS_OF.get(rhythm)
    if length is None or day <= starts_on:
        return starts_on
    return day - timedelta(days=(day - starts_on).days % length)


def _period_start(rhythm: models.Cadence, starts_on: date, number: int) -> date:
    if rhythm is not models.Cadence.MONTHLY:
        return starts_on + timedelta(days=_DAYS_OF[rhythm] * number)
    year, month = divmod(starts_on.year * 12 + starts_on.month - 1 + number, 12)
    return date(year, month + 1, min(starts_on.day, monthrange(year, month + 1)[1]))


def planned_days(plan: Any, until: date, days: SchoolDays) -> list[date] | None:
    """The days on which a plan's sessions were due up to `until`; None while rhythm or first day is unknown."""
    if plan is None or plan.rhythm is None or plan.starts_on is None:
        return None
    last = last_day_of(plan.starts_on, plan.weeks)
    return due_days(plan.rhythm, plan.starts_on, until if last is None else min(until, last), days)


def dose(plan: Any, sessions: Sequence[Logged], until: date, days: SchoolDays) -> Dose:
    """Sessions and minutes delivered and planned up to a day, inclusive."""
    so_far = planned_days(plan, until, days)
    last = last_day_of(plan.starts_on, plan.weeks) if plan is not None else None
    in_all = planned_days(plan, last, days) if last is not None else None
    counted = [row for row in sessions if row.on_day <= until]
    held_rows = [row for row in counted if row.held]
    timed = [row.minutes for row in held_rows if row.minutes is not None]
    return Dose(
        planned=None if so_far is None else len(so_far),
        planned_in_all=None if in_all is None else len(in_all),
        held=len(held_rows),
        missed=len(counted) - len(held_rows),
        minutes=sum(timed) if timed or not held_rows else None,
        timed=len(timed),
        planned_minutes=len(so_far) * plan.minutes if so_far is not None and plan.minutes else None,
    )


def next_due(plan: Any, logged: int, today: date, days: SchoolDays) -> date | None:
    """The day of the first planned session that no log answers; None when none is left or known.

    Any log answers the earliest planned session: `logged` held or missed sessions cover the first ones.
    """
    if plan is None or plan.rhythm is None or plan.starts_on is None:
        return None
    last = last_day_of(plan.starts_on, plan.weeks)
    until = min(max(today, plan.starts_on) + _AHEAD, plan.starts_on + _LONGEST, last or date.max)
    if plan.rhythm is not models.Cadence.DAILY:
        return _due_after(logged, plan.rhythm, plan.starts_on, until, days)
    first = max(today, plan.starts_on)
    ahead = max(0, logged - days.between(plan.starts_on - _DAY, first - _DAY))
    due = days.add(first - _DAY, ahead + 1)
    return due if due <= until else None


def _due_after(number: int, rhythm: models.Cadence, starts_on: date, until: date, days: SchoolDays) -> date | None:
    """The due day at position `number` (from 0) of `due_days`. Periods before it are only counted."""
    wanted = 2 if rhythm is models.Cadence.TWICE_WEEKLY else 1
    period, first = 0, starts_on
    while first <= until:
        period += 1
        following = _period_start(rhythm, starts_on, period)
        planned = min(wanted, days.between(first - _DAY, following - _DAY))
        if number < planned:
            begins = starts_on if rhythm is models.Cadence.MONTHLY else first
            due = due_days(rhythm, begins, min(until, following - _DAY), days, first)
            return due[number] if number < len(due) else None
        number -= planned
        first = following
    return None


def percent(marks: Mapping[str, Sequence[int | None]]) -> int | None:
    """The share of points of a card's day in whole percent; None when nothing is marked."""
    points = [mark for row in marks.values() for mark in row if mark is not None]
    return None if not points else round(100 * sum(points) / (models.BEST_MARK * len(points)))


@dataclass(frozen=True)
class Candidate:
    """A mentor or group that a student could be matched with, with reasons."""

    mentor: Any
    group: Any
    taken: int
    reasons: tuple[models.Reason, ...]

    @property
    def capacity(self) -> int:
        return int((self.group or self.mentor).capacity)

    @property
    def free(self) -> int:
        """The free places; never below 0."""
        return max(0, self.capacity - self.taken)


def ranked(offers: Iterable[tuple[Any, Any, int]], language: str | None, goal: str, today: date) -> list[Candidate]:
    """Candidates from (mentor, group or None, places taken), the best first.

    A free place comes first, then the student's language, strengths that the goal names, training, the number of free
    places, and the name.
    """
    candidates = [
        Candidate(mentor, group, taken, _reasons(mentor, group, taken, language, goal, today))
        for mentor, group, taken in offers
    ]
    return sorted(candidates, key=_rank)


def _rank(candidate: Candidate) -> tuple[Any, ...]:
    order = (models.Reason.PLACE, models.Reason.LANGUAGE, models.Reason.STRENGTH, models.Reason.TRAINED)
    return (
        *(reason not in candidate.reasons for reason in order),
        -candidate.free,
        fold(candidate.mentor.name),
        candidate.mentor.id,
    )


def _reasons(
    mentor: Any, group: Any, taken: int, language: str | None, goal: str, today: date
) -> tuple[models.Reason, ...]:
    speaks = language is not None and language.lower()[:2] in {code.lower()[:2] for code in mentor.languages}
    reasons = (
        (models.Reason.PLACE, taken < (group or mentor).capacity),
        (models.Reason.LANGUAGE, speaks),
        (models.Reason.STRENGTH, bool(_long_words(mentor.strengths) & _long_words(goal))),
        (models.Reason.TRAINED, mentor.trained_on is not None and mentor.trained_on <= today),
    )
    return tuple(reason for reason, holds in reasons if holds)


def _long_words(text: str) -> set[str]:
    return {word for word in fold(text).split() if len(word) >= LEAST_LETTERS}


def rhythm_words(plan: models.MentoringPlan) -> str:
    """How often, how long and how many weeks, as far as they are set."""
    parts = [str(models.Cadence(plan.rhythm).label)] if plan.rhythm is not None else []
    if plan.minutes is not None:
        parts.append(_("%(number)d minutes", number=plan.minutes))
    if plan.weeks is not None:
        parts.append(ngettext("for %(num)d week", "for %(num)d weeks", plan.weeks))
    return " · ".join(parts)


def span_words(plan: models.MentoringPlan) -> str:
    """The first and last day of a plan, as far as they are set."""
    if plan.starts_on is None:
        return ""
    last = last_day_of(plan.starts_on, plan.weeks)
    first_words = day_words_with_year(plan.starts_on)
    return first_words if last is None else f"{first_words} – {day_words_with_year(last)}"


def dose_sentence(dose: Dose) -> str:
    """The chart of a dose in one sentence."""
    if dose.planned is None:
        return ngettext(
            "%(num)d session held. The number planned is not known: the schedule or the first day is not set.",
            "%(num)d sessions held. The number planned is not known: the schedule or the first day is not set.",
            dose.held,
        )
    if dose.planned == 0 and dose.held == 0:
        return _("No session was due yet.")
    return ngettext(
        "%(num)d session held, %(planned)d planned so far.",
        "%(num)d sessions held, %(planned)d planned so far.",
        dose.held,
        planned=dose.planned,
    )


def dose_rows(dose: Dose) -> list[dict[str, Any]]:
    """The bars of a dose: planned so far, held, missed."""
    return [
        {
            "label": _("Planned so far"),
            "value": dose.planned,
            "figure": _("not known") if dose.planned is None else None,
            "tone": "slate",
            "note": _("%(number)d in all", number=dose.planned_in_all) if dose.planned_in_all is not None else None,
        },
        {"label": _("Sessions held"), "value": dose.held, "tone": "teal"},
        {"label": _("Missed"), "value": dose.missed, "tone": "sun"},
    ]


def minutes_words(dose: Dose) -> str:
    """The minutes delivered and planned, or that they are not known."""
    if dose.held == 0:
        return _("0 minutes")
    if dose.minutes is None:
        return _("Minutes are not known")
    words = _("%(number)d minutes", number=dose.minutes)
    if dose.planned_minutes is not None:
        words = _("%(number)d of %(planned)d minutes", number=dose.minutes, planned=dose.planned_minutes)
    if dose.timed < dose.held:
        counted = _("known for %(timed)d of %(held)d sessions", timed=dose.timed, held=dose.held)
        return f"{words} ({counted})"
    return words


def session_words(session: models.MentoringSession) -> tuple[str, str]:
    """The log of a session in words, and the tone of its tag."""
    if not session.held:
        return str(models.Missed(session.missed).label) if session.missed else "", "sun"
    if session.minutes is None:
        return _("Held"), "moss"
    return _("Held, %(number)d min", number=session.minutes), "moss"


def day_state_words(day: models.DailyCardDay | None) -> str:
    return str(models.DayState(day.state).label) if day is not None else ""


def percent_words(share: int | None) -> str:
    return _("nothing recorded") if share is None else _("%(number)d percent", number=share)


def school_days_back(today: date, days: SchoolDays, count: int = models.CARD_DAYS) -> Sequence[date]:
    """The last `count` school days up to today, oldest first."""
    last = days.on_or_before(today)
    return [days.add(last, -back) if back else last for back in range(count - 1, -1, -1)]


def card_chart(
    card: models.DailyCard, card_days: Mapping[date, models.DailyCardDay], today: date, days: SchoolDays
) -> dict[str, Any]:
    """The chart of a card's last school days: its title and its points. A day without marks is a gap."""
    shares = {day: percent(row.marks) for day, row in card_days.items()}
    back = school_days_back(today, days)
    known = [share for day in back if (share := shares.get(day)) is not None]
    reached = sum(share >= card.goal_percent for share in known)
    title = _(
        "The goal of %(goal)d percent was reached on %(reached)d of %(marked)d recorded days.",
        goal=card.goal_percent, reached=reached, marked=len(known),
    )  # fmt: skip
    points = [{"label": day_words(day), "value": shares.get(day), "figure": None} for day in back]
    return {"title": title if known else _("No days are recorded yet."), "points": points, "marked": len(known)}


ROOM = Room(sentences=models.SENTENCES)
