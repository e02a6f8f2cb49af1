"""What follows from the public pages of a school for whoever also holds its board reports. Pure.

Board reports say how many removals there were up to each month, however few: totals are not hidden there. As many
students were removed at most, and from one month to the next no more for the first time than there were removals. With
a page that says how many students were, the months before can become known to a few. So a figure leaves only where each
count that may be below a cell keeps as many values as a cell has, or as many as the board reports alone leave. All of
that are differences of two numbers, so the least and the most of each are shortest paths.

Corrections change the board reports, and then a page before can contradict them, or the new one. Whoever reads them
need not believe such a figure, so a new one is held against whatever can be believed together.

Which figures of one school may be published, also beside everything that was published before. Pure.

Each figure counts different students since the school year began, up to the end of a month, so it only grows while
nothing is corrected. Whoever keeps every page can take any two figures from each other. So a figure leaves only where
it is a cell as outcomes' equity tables know one (enough students in it, and enough of the figure before it that are
not), and where neither it nor those not in it moved by fewer than that since any page that showed them. Else the figure
of the page before is repeated with its own day, which tells nothing new.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, product
from typing import Any, Final

from sqlalchemy import func, select

from wss_cases.access.actor import SYSTEM
from wss_cases.cases.case.models import Case, CaseParticipant, CaseResult, CaseState
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.school_time import at_local, zone_of
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.lists import ACTED
from wss_cases.outcomes.counting.repair.police import students_notified
from wss_cases.outcomes.counting.repair.queries import removed
from wss_cases.outcomes.counting.scope.queries import HARMED, counted, enrolled_within, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope, scope_of
from wss_cases.outcomes.equity.rules import settled
from wss_cases.outcomes.equity.suppression import ENROLLED, ROOT, Body, Minimums
from wss_cases.safeguards.discipline.removals.models import DisciplineAction

REMOVED, POLICE, CLOSED, REPAIRED = "removed", "police", "closed", "repaired"

PARENTS: Final[dict[str, str]] = {ROOT: ENROLLED, REMOVED: ROOT, POLICE: ROOT, CLOSED: ENROLLED, REPAIRED: CLOSED}
"""Each figure to what it is a part of, which comes before it."""

FIGURE_LABELS: Final[dict[str, Any]] = {
    ROOT: _l("Students reported in an incident"),
    REMOVED: _l("Of these, suspended or removed from class"),
    POLICE: _l("Of these, police were notified"),
    CLOSED: _l("Students harmed, in cases that were closed"),
    REPAIRED: _l("Of these, the harm was repaired"),
}


FEWEST: Final = 10
"""No count of fewer students is ever published, whatever the district's own minimum."""
ALL: Final = "all"
Numbers = Mapping[str, int]


@dataclass(frozen=True)
class Published:
    """One figure as it leaves: how many students, up to which day."""

    name: str
    number: int
    as_of: date


def least_of(minimums: Minimums) -> Minimums:
    """Return the minimums of public pages: the district's, never below ten students."""
    cell = max(FEWEST, minimums.cell)
    return Minimums(cell, max(cell, minimums.group))


def publishable(numbers: Numbers, earlier: Sequence[Numbers], minimums: Minimums) -> dict[str, int]:
    """Return the figures that may be shown now: `numbers` holds every figure and ENROLLED, `earlier` what each page of
    this school year showed, the withdrawn ones too."""
    least = least_of(minimums)
    shown: dict[str, int] = {}
    if numbers[ENROLLED] < least.group:
        return shown
    body = Body([{ALL: dict(numbers)}], least, PARENTS, by_many=False)
    for name, parent in PARENTS.items():
        is_reached = parent == ENROLLED or parent in shown
        if is_reached and body.is_cell((ALL,), name) and not _gives_away(name, numbers, earlier, least.cell):
            shown[name] = numbers[name]
    return shown


def _gives_away(name: str, numbers: Numbers, earlier: Iterable[Numbers], cell: int) -> bool:
    """Whether a figure, or those of the figure before it that are not in it, moved by fewer than a cell since a page
    that showed them: the difference would be a count of so few."""
    parent = PARENTS[name]
    for page in earlier:
        if name not in page:
            continue
        if abs(numbers[name] - page[name]) < cell:
            return True
        if parent in page and abs(numbers[parent] - numbers[name] - (page[parent] - page[name])) < cell:
            return True
    return False


def pages_of(published: Iterable[Published]) -> list[Numbers]:
    """Return what all pages together showed, one mapping for each day up to which was counted."""
    by_day: dict[date, dict[str, int]] = {}
    for one in published:
        by_day.setdefault(one.as_of, {})[one.name] = one.number
    return list(by_day.values())


def with_repeated(shown: Mapping[str, int], as_of: date, before: Iterable[Published]) -> list[Published]:
    """Return the figures of a page: those that may be shown now, and of the others what the page before showed."""
    repeated = {one.name: one for one in before}
    fresh = {name: Published(name, number, as_of) for name, number in shown.items()}
    found = repeated | fresh
    return [found[name] for name in PARENTS if name in found]


def sums_of(found: Sequence[tuple[str, Sequence[Published]]]) -> list[tuple[str, int, int]]:
    """Return what the schools' own pages show (school year, figures), added up over the latest year: the figure's name,
    students, and at how many schools. Whoever reads the pages can add them up as well, so this tells nothing more."""
    latest = max(year for year, _figures in found)
    students, schools = Counter[str](), Counter[str]()
    for year, figures in found:
        for figure in figures if year == latest else ():
            students[figure.name] += figure.number
            schools[figure.name] += 1
    return [(name, students[name], schools[name]) for name in PARENTS if schools[name]]


FAR: Final = 10**6
BOUND: Final = (ROOT, REMOVED, POLICE)
"""The figures that hang together with removals."""
DROPPED: Final = (REMOVED, POLICE, ROOT)
"""Which figure is kept back first: none before those that are a part of it."""
Most = list[list[int]]
"""For each two nodes the most that the second can be above the first. The last node is nobody: zero."""


@dataclass(frozen=True)
class Reports:
    """What board reports say of a school year: its first day, the students, and the removals up to each month's end."""

    first: date
    enrolled: int
    removals: Sequence[int]


def beside_reports(
    shown: Mapping[str, int], as_of: date, before: Iterable[Published], reports: Reports, cell: int
) -> dict[str, int]:
    """Return those of the figures that may be shown at a month's end, beside board reports and all pages before."""
    kept, newer = dict(shown), sorted(before, key=lambda one: one.as_of, reverse=True)
    earlier = [one for one in dict.fromkeys(newer) if one.name in BOUND]
    if not set(BOUND) & set(kept):
        return kept
    alone = _of_reports(reports)
    for name in DROPPED:
        now = [Published(one, number, as_of) for one, number in kept.items() if one in BOUND]
        if not _tells_more(reports, alone, earlier, now, cell):
            break
        kept.pop(name, None)
    return kept


def _tells_more(
    reports: Reports, alone: Most, earlier: Sequence[Published], now: Sequence[Published], cell: int
) -> bool:
    """Whether a page tells of too few whom the reports and the pages before do not tell of, whatever of these is
    believed; also where it contradicts the reports, so that nothing can be said of what it tells."""
    if not now:
        return False
    newest = _with(alone, reports, now)
    if newest is None:
        return True
    for believed, most in _believed(reports, newest, earlier):
        told = set(_told(reports, most, alone, cell))
        then = _with(alone, reports, believed) if told else None
        if told and (then is None or not told <= set(_told(reports, then, alone, cell))):
            return True
    return False


def _believed(
    reports: Reports, newest: Most, earlier: Sequence[Published]
) -> Iterator[tuple[Sequence[Published], Most]]:
    """Yield which figures of the pages before a reader may believe, and what is known with them: none; as many as do
    not contradict each other, the newer first; and beside each that is left as many as do not contradict it."""
    yield (), newest
    left = earlier
    while left:
        first, most, believed = left[0], newest, list[Published]()
        for one in dict.fromkeys((first, *earlier)):
            if (more := _with(most, reports, [one])) is not None:
                most, believed = more, [*believed, one]
        if first in believed:
            yield believed, most
        left = [one for one in left[1:] if one not in believed]


def _of_reports(reports: Reports) -> Most:
    months, nobody = len(reports.removals), len(BOUND) * len(reports.removals)
    most = [[0 if one == other else FAR for other in range(nobody + 1)] for one in range(nobody + 1)]

    def above(first: int, second: int, limit: int) -> None:
        most[first][second] = min(most[first][second], limit)

    for (place, name), month in product(enumerate(BOUND), range(months)):
        here = place * months + month
        above(here, nobody, 0)
        if PARENTS[name] == ENROLLED:
            above(nobody, here, reports.enrolled)
        else:
            above(BOUND.index(PARENTS[name]) * months + month, here, 0)
        if month:
            above(here, here - 1, 0)
    for month, removals in enumerate(reports.removals):
        here = BOUND.index(REMOVED) * months + month
        above(nobody, here, removals)
        if month:
            above(here - 1, here, removals - reports.removals[month - 1])
    return _shortest(most)


def _with(most: Most, reports: Reports, figures: Iterable[Published]) -> Most | None:
    """Return what is known with some figures, too; None where they contradict each other or what is known."""
    months, nobody = len(reports.removals), len(most) - 1
    for one in figures:
        here = BOUND.index(one.name) * months + _month_of(reports, one.as_of)
        most_here, most_nobody, number = most[here], most[nobody], one.number
        if most_nobody[here] < number or most_here[nobody] < -number:
            return None
        most = [
            [
                min(known, row[nobody] + number + up, row[here] - number + down)
                for known, up, down in zip(row, most_here, most_nobody, strict=True)
            ]
            for row in most
        ]
    return most


def _month_of(reports: Reports, day: date) -> int:
    return (day.year - reports.first.year) * 12 + day.month - reports.first.month


def _shortest(most: Most) -> Most:
    for through, onward in enumerate(most):
        for row in most:
            if (so_far := row[through]) < FAR:
                row[:] = [min(one, so_far + more) for one, more in zip(row, onward, strict=True)]
    return most


def _told(reports: Reports, most: Most, alone: Most, cell: int) -> Iterator[tuple[int, ...]]:
    """Yield each count that may be below a cell and of which too few values are left, and each two months between which
    it is known that those not removed changed by fewer."""
    for larger, smaller in _counts(len(reports.removals)):
        left = most[smaller][larger] + most[larger][smaller] + 1
        of_reports = alone[smaller][larger] + alone[larger][smaller] + 1
        if left < cell and left < of_reports and -most[larger][smaller] < cell:
            yield larger, smaller
    months, nobody = len(reports.removals), len(most) - 1
    for place, name in enumerate(BOUND):
        if PARENTS[name] == ENROLLED:
            continue
        parent = BOUND.index(PARENTS[name])
        pairs = [(parent * months + month, place * months + month) for month in range(months)]
        known = [pair for pair in pairs if all(most[nobody][one] == -most[one][nobody] for one in pair)]
        others = {pair: most[nobody][pair[0]] - most[nobody][pair[1]] for pair in known}
        yield from ((*one, *two) for one, two in combinations(known, 2) if abs(others[one] - others[two]) < cell)


def _counts(months: int) -> Iterator[tuple[int, int]]:
    """Yield each count of students as two nodes: a figure, what is new in it, and who of its parent is not in it."""
    nobody = len(BOUND) * months
    for place, name in enumerate(BOUND):
        here = range(place * months, (place + 1) * months)
        yield from ((node, nobody) for node in here)
        yield from ((later, earlier) for earlier, later in combinations(here, 2))
        if PARENTS[name] != ENROLLED:
            parent = BOUND.index(PARENTS[name]) * months
            yield from ((parent + late, here[early]) for early in range(months) for late in range(early, months))


def scope_for(school_id: int, today: date) -> Scope | None:
    """Return what a page of today counts: this school year up to the end of the last month that is over; None before
    one is."""
    scope = scope_of(school_id, school_year(today), today)
    return settled(scope) if scope is not None else None


def count_numbers(scope: Scope) -> Numbers:
    """Return every figure of a school and its enrollment, small ones too, in one query: for publishing alone."""
    reported = _reported(scope)
    told = students_notified(SYSTEM, scope).subquery()
    removed_here = select(DisciplineAction.student_id).where(*removed(SYSTEM, scope))
    closed = _harmed(scope)
    counts: dict[str, Any] = {
        ENROLLED: enrolled_within(SYSTEM, scope),
        ROOT: reported,
        REMOVED: reported.where(IncidentPerson.student_id.in_(removed_here)),
        POLICE: reported.where(IncidentPerson.student_id.in_(select(told.c.student_id))),
        CLOSED: closed,
        REPAIRED: closed.where(Case.result == CaseResult.REPAIRED),
    }
    row = db.session.execute(select(*(one.scalar_subquery() for one in counts.values()))).one()
    return dict(zip(counts, row, strict=True))


def reports_of(scope: Scope, enrolled: int) -> Reports:
    """Return what board reports say of the same days: how many removals there were up to each month's end."""
    days = select(DisciplineAction.starts_on, func.count()).where(*removed(SYSTEM, scope))
    made = db.session.execute(days.group_by(DisciplineAction.starts_on)).all()
    ends = [*scope.months()[1:], scope.last + timedelta(days=1)]
    return Reports(scope.first, enrolled, [sum(number for day, number in made if day < end) for end in ends])


def _reported(scope: Scope) -> Any:
    acted = (IncidentPerson.role.in_(ACTED), IncidentPerson.student_id.is_not(None))
    joined = select(func.count(IncidentPerson.student_id.distinct())).join(
        Incident, Incident.id == IncidentPerson.incident_id
    )
    return joined.where(*counted(SYSTEM, scope), *acted)


def _harmed(scope: Scope) -> Any:
    """Return the select of how many students were harmed in cases that were closed in the period."""
    zone = zone_of(scope.school_id)
    joined = select(func.count(CaseParticipant.student_id.distinct())).join(Case, Case.id == CaseParticipant.case_id)
    return joined.where(
        *within_schools(SYSTEM, scope, Case.school_id),
        Case.state == CaseState.CLOSED,
        Case.closed_at >= at_local(scope.first, 0, 0, zone),
        Case.closed_at < at_local(scope.last + timedelta(days=1), 0, 0, zone),
        CaseParticipant.role.in_(HARMED),
        CaseParticipant.student_id.is_not(None),
    )
