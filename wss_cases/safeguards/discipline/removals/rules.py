"""Pure decisions about removals: which dates they take, how many a school year has, who decides, what is missing."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.school_time import local_date
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import WITHOUT_END, Answer, DisciplineKind, Tried

LONG_REMOVAL_DAYS = 3
ALARM_DAY = 10
"""The day of a school year on which removals of a student with a disability call for a review (34 CFR 300.530)."""
REVIEW_WITHIN = 10
"""School days from the decision within which the manifestation review is held."""
MOST_DAYS = 730
NOT_BELOW_GRADE_3 = WITHOUT_END | {DisciplineKind.IN_SCHOOL_SUSPENSION, DisciplineKind.OUT_OF_SCHOOL_SUSPENSION}
"""Kinds that nobody records for pre-K to grade 2."""


@dataclass(frozen=True)
class Span:
    """A removal in time: school days from a first day on, to a last one where it is known."""

    kind: DisciplineKind
    days: int
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True)
class Count:
    """School days away in one school year: before a removal, and with it."""

    year: str
    before: int
    after: int


def is_too_young(kind: DisciplineKind, grade: int | None) -> bool:
    """Whether this removal is refused for the grade (-1 pre-K to 12; None is not known)."""
    return grade is not None and grade <= 2 and kind in NOT_BELOW_GRADE_3


def needs_verified_facts(kind: DisciplineKind) -> bool:
    """Whether this removal waits for verified facts and a student who was heard, and says why it is so long."""
    return kind in NOT_BELOW_GRADE_3


def is_title_ix(known: Iterable[Mapping[str, Any] | None]) -> bool:
    """Whether what is known of a report and of its people makes it a matter of Title IX; what is unknown does not."""
    return any(
        (facts or {}).get("sexual") not in (None, "none", "unknown") or (facts or {}).get("intimate_partner") is True
        for facts in known
    )


def hear_by(starts_on: date, decided_on: date, calendar: SchoolDays) -> date:
    """Return the day by which a student is heard who is removed for a continuing danger: the next school day."""
    return calendar.add(min(starts_on, decided_on), 1)


def is_exclusion(kind: DisciplineKind, days: int) -> bool:
    """Whether it is an expulsion, an alternative placement or longer than 3 days.

    Those need the whole packet, and the administrator decides them.
    """
    return kind in WITHOUT_END or days > LONG_REMOVAL_DAYS


def dates_of(span: Span, calendar: SchoolDays) -> frozenset[date]:
    """Return the school days that a removal takes: so many as it says, not after its last day where that is known.

    One without an end takes every school day to the end of the school year in which it begins.
    """
    last = span.ends_on
    if last is None and not span.days:
        if span.kind not in WITHOUT_END:
            return frozenset()
        last = school_year_bounds(school_year(span.starts_on))[1]
    return frozenset(islice(_school_days(span.starts_on, last, calendar), span.days or None))


def _school_days(first: date, last: date | None, calendar: SchoolDays) -> Iterable[date]:
    day = first
    while last is None or day <= last:
        if calendar.is_school_day(day):
            yield day
        day += timedelta(days=1)


def days_away(spans: Iterable[tuple[Span, SchoolDays]], year: str) -> int:
    """Return the school days of a year that removals took; a day in two of them counts once."""
    first, last = school_year_bounds(year)
    taken: set[date] = set()
    for span, calendar in spans:
        taken |= {day for day in dates_of(span, calendar) if first <= day <= last}
    return len(taken)


def counted(standing: Collection[tuple[Span, SchoolDays]], new: Span, calendar: SchoolDays) -> Count:
    """Return the days away without and with a new removal, in the school year in which they then are most."""
    years = sorted({school_year(new.starts_on), *(school_year(day) for day in dates_of(new, calendar))})
    counts = [Count(year, days_away(standing, year), days_away([*standing, (new, calendar)], year)) for year in years]
    return max(counts, key=lambda count: count.after)


def is_protected(on_record: bool, disability: Answer | None, suspected: Answer | None) -> bool:
    """Whether the rules for students with a disability bind: the roster, a person, or a suspicion raised says so."""
    return on_record or Answer.YES in (disability, suspected)


def calls_for_review(protected: bool, count: Count) -> bool:
    """Whether a removal reaches or passes the tenth day, so that the manifestation review has a clock."""
    return protected and count.after >= ALARM_DAY


def must_acknowledge(protected: bool, count: Count) -> bool:
    """Whether a removal goes beyond the tenth day, which nobody saves without acknowledging the review."""
    return protected and count.after > ALARM_DAY


def gaps(offered: Collection[Tried], answers: Mapping[Tried, str]) -> list[Tried]:
    """Return what no adult offered and nobody has answered for, in the order of the packet."""
    return [what for what in Tried if what not in offered and not answers.get(what, "").strip()]


def told_late(day: date, told_at: datetime | None, now: datetime, zone: str) -> bool:
    """Whether the guardian was told of a restraint after its day, or was not told by the end of it."""
    return local_date(told_at or now, zone) > day
