"""Schools, or networks, beside each other: the same measures as their own pages, each in one grouped query."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import ColumnElement, func, select

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import Case, CaseResult
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.outcomes.counting.repair.harms import LEFT_OUT, closed_with_harm
from wss_cases.outcomes.counting.repair.police import notified
from wss_cases.outcomes.counting.repair.queries import came_to, removed
from wss_cases.outcomes.counting.scope.queries import counted, recorded_year_before, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope, Share
from wss_cases.outcomes.reports.core.comparison import SchoolRow, school_rows
from wss_cases.roster.directory.models import School
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.police.review.models import PoliceNotification


@dataclass(frozen=True)
class Numbers:
    """What is added up: of one school, or of the schools of a network. `schools` are those it is made of; `before` are
    incidents of the same days a year before, of schools that recorded any by then (`recorded` of them)."""

    schools: int = 1
    incidents: int = 0
    before: int = 0
    recorded: int = 0
    students: int = 0
    staff: int = 0
    reported: int = 0
    offered: int = 0
    repaired: int = 0
    closed: int = 0
    removals: int = 0
    police: int = 0

    @property
    def offer(self) -> Share:
        """Incidents with an offer of a restorative pathway, of all."""
        return Share(self.offered, self.incidents)

    @property
    def repair(self) -> Share:
        """Cases closed as repaired, of those with a person harmed."""
        return Share(self.repaired, self.closed)


@dataclass(frozen=True)
class Beside:
    """One school or network: its id (a school's), name and network, its numbers, and the school days gone by."""

    id: int
    name: str
    network: str
    school_days: int
    numbers: Numbers = field(default_factory=Numbers)


def schools_beside(actor: Actor, scope: Scope) -> list[Beside]:
    """Return every active school of a scope by name."""
    rows = school_rows(actor, scope)
    named = select(School.id, School.network).where(*within_schools(actor, scope, School.id))
    networks = {row[0]: row[1] or "" for row in db.session.execute(named)}
    recorded = _recorded_before(actor, scope)
    offered = _by_school(Incident.school_id, [*counted(actor, scope), came_to("offered")])
    removals = _by_school(DisciplineAction.school_id, removed(actor, scope))
    told = _by_school(PoliceNotification.school_id, notified(actor, scope))
    harm = closed_with_harm(actor, scope)
    closed = _by_school(Case.school_id, [*harm, Case.result.not_in(LEFT_OUT)])
    repaired = _by_school(Case.school_id, [*harm, Case.result == CaseResult.REPAIRED])

    def numbers(row: SchoolRow) -> Numbers:
        known = row.id in recorded
        return Numbers(
            1, row.incidents, row.before if known else 0, int(known), row.students, row.staff, row.reported,
            offered.get(row.id, 0), repaired.get(row.id, 0), closed.get(row.id, 0), removals.get(row.id, 0),
            told.get(row.id, 0),
        )  # fmt: skip

    return [Beside(row.id, row.name, networks.get(row.id, ""), row.school_days, numbers(row)) for row in rows]


def networks_beside(actor: Actor, scope: Scope) -> list[Beside]:
    """Return every network of a scope by name, as the sum of its schools; those of none are a row without a name."""
    by_network: dict[str, list[Beside]] = {}
    for row in schools_beside(actor, scope):
        by_network.setdefault(row.network, []).append(row)
    return [
        Beside(rows[0].id, name, name, rows[0].school_days, _sum(row.numbers for row in rows))
        for name, rows in sorted(by_network.items(), key=lambda pair: (not pair[0], pair[0]))
    ]


def _sum(numbers: Iterable[Numbers]) -> Numbers:
    every = list(numbers)
    return Numbers(*(sum(getattr(one, of.name) for one in every) for of in fields(Numbers)))


def _recorded_before(actor: Actor, scope: Scope) -> set[int]:
    """Return the schools whose records had begun by the same days a year before."""
    earlier = recorded_year_before(actor, scope)
    if earlier is None:
        return set()
    began = select(Incident.school_id).where(Incident.counts(), Incident.local_date <= earlier.last).distinct()
    return set(db.session.scalars(began.where(*within_schools(actor, scope, Incident.school_id))))


def _by_school(column: Any, conditions: Sequence[ColumnElement[bool]]) -> Mapping[int, int]:
    statement = select(column, func.count()).where(*conditions).group_by(column)
    return {row[0]: row[1] for row in db.session.execute(statement)}
