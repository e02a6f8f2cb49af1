"""Follow-up periods ("windows") of school days attended after an incident: whether they are over, and whether another
incident came in them."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, Select, String, cast, func, literal, select, union_all

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.outcomes.counting.cache import Values, cached_count
from wss_cases.outcomes.counting.scope.queries import reads_all, streamed, within_schools
from wss_cases.outcomes.counting.scope.rules import FEWEST, Piece, Scope, Share, shown_share
from wss_cases.roster.directory.models import Enrolment, School
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import (
    ActionState,
    DisciplineAction,
    DisciplineKind,
    Span,
    dates_of,
)

LENGTHS: Final = (30, 60, 90)
"""The lengths of a window in school days attended."""
FirstLast = tuple[date, date | None]


@dataclass(frozen=True)
class Repeat:
    """The windows of one length: finished, not finished, and the share of finished ones with another incident; None
    where that would reveal a small number."""

    length: int
    finished: int
    unfinished: int
    share: Share | None


Outcomes = Mapping[tuple[str, int, str | None, int, bool | None], int]
"""The number of windows by month, length, network, school, and whether another incident came (None: not over)."""


def repeats_by_month(windows: Outcomes) -> list[list[Any]]:
    """[month, length, finished, not finished, with another incident], each summed up to that month, in order. The last
    is None where it would reveal a small number, so that stored figures reveal no more than pages do."""
    rows, by_month = _by_network(windows), []
    for month in sorted({row[0] for row in rows}):
        so_far = [row for row in rows if row[0] <= month]
        by_month += [
            [month, length, *_shown_numbers([row for row in so_far if row[1] == length])] for length in LENGTHS
        ]
    return by_month


def repeats_until(rows: Sequence[Sequence[Any]], last: str) -> list[Repeat]:
    """The windows of each length up to a month, from rows of `repeats_by_month`."""
    repeats = {length: Repeat(length, 0, 0, None) for length in LENGTHS}
    for month, length, finished, unfinished, part in rows:
        if month <= last:
            share = None if part is None else Share(part, finished)
            repeats[length] = Repeat(length, finished, unfinished, share)
    return list(repeats.values())


def _by_network(windows: Outcomes) -> list[list[Any]]:
    """[month, length, network, finished, with another incident, not finished, small], in order of months. `small` are
    the windows finished so far at schools with fewer than FEWEST of them."""
    rows = []
    lines = sorted(windows.items(), key=lambda line: (line[0][1], line[0][2] or "", line[0][0]))
    for (length, network), of_network in groupby(lines, lambda line: line[0][1:3]):
        so_far: Counter[int] = Counter()
        for month, of_month in groupby(of_network, lambda line: line[0][0]):
            numbers: Counter[bool | None] = Counter()
            for (*_where, school_id, came), number in of_month:
                numbers[came] += number
                so_far[school_id] += number if came is not None else 0
            small = sum(number for number in so_far.values() if number < FEWEST)
            over, again = numbers[True] + numbers[False], numbers[True]
            rows.append([month, length, network, over, again, numbers[None], small])
    return rows


def _shown_numbers(rows: Sequence[Sequence[Any]]) -> tuple[int, int, int | None]:
    pieces = []
    for network in dict.fromkeys(row[2] for row in rows):
        here = [row for row in rows if row[2] == network]
        pieces.append(Piece(network, sum(row[3] for row in here), sum(row[4] for row in here), here[-1][6]))
    share = shown_share(pieces)
    return sum(row[3] for row in rows), sum(row[5] for row in rows), share.part if share else None


def attended(
    school_days: Sequence[date], enrolled: Collection[FirstLast], removed: Collection[Span], calendar: SchoolDays
) -> Sequence[date]:
    """The school days, in order, on which a student was enrolled and not removed."""
    spans = [school_days[slice(*_places(school_days, first, last))] for first, last in enrolled]
    if len(spans) == 1 and not removed:
        return spans[0]
    away = {day for span in removed for day in dates_of(span, calendar)}
    return sorted({day for span in spans for day in span} - away)


def _places(days: Sequence[date], first: date, last: date | None) -> tuple[int, int]:
    return bisect_left(days, first), len(days) if last is None else bisect_right(days, last)


def repeated_within(happened: date, incidents: Sequence[date], there: Sequence[date]) -> list[bool | None]:
    """For each of LENGTHS, whether another incident came in the window after a day; None where the window is not over.

    `incidents` are the student's incident days in order, `there` the days attended so far. A window ends with its last
    day attended. An incident on the day itself does not count as later.
    """
    begins, later = bisect_right(there, happened), bisect_right(incidents, happened)
    following = incidents[later] if later < len(incidents) else None
    repeated: list[bool | None] = []
    for length in LENGTHS:
        last = begins + length - 1
        over = last < len(there)
        repeated.append((following is not None and following <= there[last]) if over else None)
    return repeated


CAUSED: Final = (PersonRole.CAUSED_HARM, PersonRole.BOTH)
ACT, ENROLLED, REMOVED = "act", "enrolled", "removed"
Where = tuple[str | None, int]
"""The network and the school."""
Window = tuple[Where, int, date, list[bool | None]]
"""The place, the person's entry in the incident, its day, and for each length whether another incident came; None where
the window is not over."""


def repeats_of(actor: Actor, scope: Scope, days: SchoolDays) -> list[Repeat]:
    """The windows of each length, in one query. `days` are the school days of its school or district."""
    return repeats_until(_by_month(actor, scope, days), f"{scope.last:%Y-%m}")


def _by_first_day(actor: Actor, scope: Scope, _days: SchoolDays) -> Values:
    return (scope.first,) if reads_all(actor, scope) else None


@cached_count("repeats", version=2, depends_on=_by_first_day)
def _by_month(actor: Actor, scope: Scope, days: SchoolDays) -> list[list[Any]]:
    """The windows of the year, summed up to each month, so that a report can end with any month."""
    counts: Counter[tuple[str, int, str | None, int, bool | None]] = Counter()
    for where, _person, day, windows in _windows(streamed(_lives(actor, scope)), scope, days):
        for length, repeated in zip(LENGTHS, windows, strict=True):
            counts[f"{day:%Y-%m}", length, *where, repeated] += 1
    return repeats_by_month(counts)


def finished_windows(actor: Actor, scope: Scope, days: SchoolDays, length: int) -> dict[int, bool]:
    """The people of a school's incidents whose window of this length is over, and whether another incident came in
    it."""
    rows = db.session.execute(_lives(actor, scope))
    place = LENGTHS.index(length)
    return {
        person: came
        for _where, person, day, windows in _windows(rows, scope, days)
        if day <= scope.last and (came := windows[place]) is not None
    }


def caused(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions of a student reported to have caused harm in an incident since the period began."""
    return [
        *within_schools(actor, scope, Incident.school_id),
        Incident.local_date >= scope.first,
        Incident.counts(),
        IncidentPerson.role.in_(CAUSED),
        IncidentPerson.student_id.is_not(None),
    ]


def _lives(actor: Actor, scope: Scope) -> Select[Any]:
    """A select of each student's incidents, enrolments and removals at a school."""
    acts = (
        select(IncidentPerson.student_id, Incident.school_id, Incident.local_date)
        .join(Incident, Incident.id == IncidentPerson.incident_id)
        .where(*caused(actor, scope))
    )
    students = acts.with_only_columns(IncidentPerson.student_id)
    person = func.min(IncidentPerson.id)
    # within one network the network's name is not needed
    network = School.network if scope.is_all else literal(None, String)
    nothing, nowhere = (literal(None, Date), person, literal(""), literal(ACT)), literal(None, String)
    one_a_student = (
        acts.join(School, School.id == Incident.school_id)
        .add_columns(*nothing, network)
        .group_by(Incident.id, IncidentPerson.student_id, Incident.school_id, Incident.local_date, School.network)
    )
    enrolment = select(
        Enrolment.student_id, Enrolment.school_id, Enrolment.starts_on, Enrolment.ends_on, literal(0),
        literal(""), literal(ENROLLED), nowhere,
    ).where(*within_schools(actor, scope, Enrolment.school_id), Enrolment.student_id.in_(students))  # fmt: skip
    action = DisciplineAction
    removal = select(
        action.student_id, action.school_id, action.starts_on, action.ends_on, action.days,
        cast(action.kind, String(40)), literal(REMOVED), nowhere,
    ).where(
        *within_schools(actor, scope, action.school_id), action.student_id.in_(students),
        action.state == ActionState.STANDING,
    )  # fmt: skip
    both = union_all(one_a_student, enrolment, removal).subquery()
    who = list(both.c)
    return select(*who).order_by(who[0], who[1])


def _windows(rows: Iterable[Any], scope: Scope, days: SchoolDays) -> Iterator[Window]:
    """Yield the windows of the school year. Later incidents only count as following ones."""
    yesterday = scope.today - timedelta(days=1)
    over = [
        day
        for number in range((yesterday - scope.first).days + 1)
        if days.is_school_day(day := scope.first + timedelta(days=number))
    ]
    for (_student, school_id), lines in groupby(rows, itemgetter(0, 1)):
        network: str | None = None
        acts: list[tuple[date, int]] = []
        enrolled: list[tuple[date, date | None]] = []
        removed: list[Span] = []
        for _who, _school, first, last, number, kind, what, name in lines:
            if what == ACT:
                network = name
                acts.append((first, number))
            elif what == ENROLLED:
                enrolled.append((first, last))
            else:
                removed.append(Span(DisciplineKind(kind), number, first, last))
        there = attended(over, enrolled, removed, days) if acts else ()
        happened = sorted(day for day, _person in acts)
        for day, person in acts:
            yield (network, school_id), person, day, repeated_within(day, happened, there)
