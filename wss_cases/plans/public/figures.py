"""The figures of a public page: which school year is published, what is counted of it, and what is shown.

A school year is counted once: when its school publishes a page for the first time after the year is over. The figures
are stored with that version. Later versions repeat them and never count the year again, because two counts of one year
can be subtracted from each other.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from wss_cases.access.actor import SYSTEM
from wss_cases.cases.case.models import Case, CaseParticipant, CaseResult, CaseState
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _l
from wss_cases.foundation.school_time import at_local, zone_of
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.lists import ACTED
from wss_cases.outcomes.counting.repair.police import students_notified
from wss_cases.outcomes.counting.repair.queries import removed
from wss_cases.outcomes.counting.scope.queries import HARMED, counted, enrolled_within, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope, is_recorded, scope_of
from wss_cases.outcomes.equity.suppression import ENROLLED, ROOT, Body, Minimums
from wss_cases.safeguards.discipline.removals.models import DisciplineAction

REMOVED, POLICE, CLOSED, REPAIRED = "removed", "police", "closed", "repaired"
REMOVALS: Final = "removals"
"""How many removals there were, as board reports say; a student can have several."""

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
"""Every figure of a school year, ENROLLED and REMOVALS, small ones too."""


@dataclass(frozen=True)
class Published:
    """One figure as it leaves: how many students, up to which day."""

    name: str
    number: int
    as_of: date


def last_year_over(today: date) -> str:
    return school_year(school_year_bounds(school_year(today))[0] - timedelta(days=1))


def year_due(today: date, published: Collection[str]) -> str | None:
    """Return the last school year that is over; None where a version of the page published it before."""
    year = last_year_over(today)
    return None if year in published else year


def least_of(minimums: Minimums) -> Minimums:
    """Return the minimums of public pages: the district's, never below ten students."""
    cell = max(FEWEST, minimums.cell)
    return Minimums(cell, max(cell, minimums.group))


def publishable(numbers: Numbers, minimums: Minimums) -> dict[str, int]:
    """Return the figures of a school year that may be shown: cells as the equity tables know them, beside board reports
    too. A figure is shown only with the figure that it is a part of."""
    least = least_of(minimums)
    shown: dict[str, int] = {}
    if numbers[ENROLLED] < least.group:
        return shown
    body = Body([{ALL: numbers}], least, PARENTS, by_many=False)
    for name, parent in PARENTS.items():
        has_parent = parent == ENROLLED or parent in shown
        if has_parent and body.is_cell((ALL,), name) and _is_safe_beside_reports(name, numbers, least.cell):
            shown[name] = numbers[name]
    return shown


def _is_safe_beside_reports(name: str, numbers: Numbers, cell: int) -> bool:
    """Whether the removals of each month, which board reports show however few, leave at least `cell` values for every
    smaller count of students.

    At most as many students were removed as there were removals, and all removals beyond the students are repeated
    ones. With `cell` repeated removals or more, no month says how many students it had.
    """
    if name not in (ROOT, REMOVED):
        return True
    repeated = numbers[REMOVALS] - numbers[REMOVED]
    return numbers[name] >= 2 * cell and (name == ROOT or repeated >= cell)


def sums_of(pages: Iterable[Iterable[Published]]) -> tuple[str, list[tuple[str, int, int]]]:
    """Add up what the schools' own pages show of the latest school year on any of them.

    Returns the year ('' without figures), and for each figure its name, the students, and at how many schools. Whoever
    reads the pages can add them up as well, so this tells nothing more.
    """
    figures = [figure for page in pages for figure in page]
    latest = max((school_year(figure.as_of) for figure in figures), default="")
    students, schools = Counter[str](), Counter[str]()
    for figure in figures:
        if school_year(figure.as_of) == latest:
            students[figure.name] += figure.number
            schools[figure.name] += 1
    return latest, [(name, students[name], schools[name]) for name in PARENTS if schools[name]]


def scope_for(school_id: int, year: str, today: date) -> Scope | None:
    """Return what is counted of a school year that is over; None where the school's records began after its first
    weeks: such a year is not known whole."""
    scope = scope_of(school_id, year, today)
    first = db.session.scalar(select(func.min(Incident.local_date)).where(Incident.school_id == school_id))
    return scope if scope is not None and is_recorded(first, scope.first) else None


def count_numbers(scope: Scope) -> Numbers:
    """Return the numbers of a school and year in one query, small ones too: for publishing alone."""
    reported = _reported(scope)
    notified = students_notified(SYSTEM, scope).subquery()
    removals = removed(SYSTEM, scope)
    closed = _harmed(scope)
    counts: dict[str, Any] = {
        ENROLLED: enrolled_within(SYSTEM, scope),
        REMOVALS: select(func.count(DisciplineAction.id)).where(*removals),
        ROOT: reported,
        REMOVED: reported.where(IncidentPerson.student_id.in_(select(DisciplineAction.student_id).where(*removals))),
        POLICE: reported.where(IncidentPerson.student_id.in_(select(notified.c.student_id))),
        CLOSED: closed,
        REPAIRED: closed.where(Case.result == CaseResult.REPAIRED),
    }
    row = db.session.execute(select(*(count.scalar_subquery() for count in counts.values()))).one()
    return dict(zip(counts, row, strict=True))


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
