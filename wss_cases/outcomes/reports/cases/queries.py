"""How cases go: school days to their first meeting and to their closing; and what coordinators carry: their open cases,
weighed as on their caseload."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, select
from sqlalchemy.orm import aliased

from wss_cases.access.actor import Actor
from wss_cases.accounts.teams import user_names
from wss_cases.cases.case.models import Case, CaseIncident
from wss_cases.foundation.school_time import district_zone, local_date
from wss_cases.incidents.incident.models import Incident
from wss_cases.outcomes.counting.cache.cached_counts import Values, cached_count
from wss_cases.outcomes.counting.repair.queries import MEETS
from wss_cases.outcomes.counting.scope.queries import by_days, counted, reads_all, streamed, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.pathways.circles.circle.models import CircleMeeting, MeetingKind
from wss_cases.pathways.common.queries import known_to
from wss_cases.pathways.common.rules import Pathway
from wss_cases.pathways.reengagement.plan.rules import ReengagementPlan
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.workday.caseload.queries import Load, loads_of
from wss_cases.workday.caseload.rules import CASELOAD_WEIGHTS


@dataclass(frozen=True)
class Time:
    """School days that something took: the median of those where it is over (None: none is), how many those are, how
    many still wait, and how many ended without it."""

    median: float | None = None
    over: int = 0
    waiting: int = 0
    without: int = 0

    @property
    def of(self) -> int:
        """All cases."""
        return self.over + self.waiting + self.without


@dataclass(frozen=True)
class Times:
    """From a case's first incident to its first meeting and to its closing."""

    meeting: Time
    closing: Time


@cached_count("times", version=2, depends_on=by_days)
def times_of(actor: Actor, scope: Scope, days: SchoolDays) -> Times:
    """Return how long the cases of a scope took, in one query; `days` are the school days of its school or district."""
    met: list[int] = []
    closed: list[int] = []
    waiting = without = still_open = 0
    for _id, began, closed_at, *meetings in streamed(timed_cases(actor, scope)):
        meeting = first_meeting(*meetings)
        if meeting is not None:
            met.append(days.between(began, meeting))
        elif closed_at is None:
            waiting += 1
        else:
            without += 1
        if closed_at is None:
            still_open += 1
        else:
            closed.append(days.between(began, local_date(closed_at, district_zone())))
    return Times(Time(_median(met), len(met), waiting, without), Time(_median(closed), len(closed), still_open))


def timed_cases(actor: Actor, scope: Scope) -> Select[Any]:
    """Return a select of the cases whose first incident lies in the period: `id`, when it `began` and was closed, and
    the first of its conversations and circles (`held`, by their pathways, and `circle`, by the meetings, for a pathway
    that met again bears its last day) and of its re-entry meetings (`back`)."""
    link, other = aliased(CaseIncident), aliased(Incident)
    earlier = exists().where(
        link.case_id == CaseIncident.case_id,
        other.id == link.incident_id,
        other.local_date < scope.first,
        other.counts(),
    )
    began = (
        select(CaseIncident.case_id, func.min(Incident.local_date).label("began"))
        .join(Incident, Incident.id == CaseIncident.incident_id)
        .where(*counted(actor, scope), ~earlier)
        .group_by(CaseIncident.case_id)
        .subquery()
    )
    held = case((Pathway.pathway.in_([one.value for one in MEETS]), Pathway.held_on))
    met = and_(CircleMeeting.happened.is_(True), CircleMeeting.kind == MeetingKind.CIRCLE)
    return (
        select(
            Case.id,
            began.c.began,
            Case.closed_at,
            func.min(held).label("held"),
            func.min(CircleMeeting.starts_at).label("circle"),
            func.min(ReengagementPlan.meeting_held_on).label("back"),
        )
        .join(began, began.c.case_id == Case.id)
        .outerjoin(Pathway, Pathway.case_id == Case.id)
        .outerjoin(CircleMeeting, and_(CircleMeeting.pathway_id == Pathway.id, met))
        .outerjoin(ReengagementPlan, ReengagementPlan.pathway_id == Pathway.id)
        .group_by(Case.id, began.c.began, Case.closed_at)
    )


def first_meeting(held: date | None, circle: datetime | None, back: date | None) -> date | None:
    """Return the day of a case's first meeting, None while there was none."""
    circle_on = local_date(circle, district_zone()) if circle else None
    return min((day for day in (held, circle_on, back) if day is not None), default=None)


def _median(numbers: Sequence[int]) -> float | None:
    return float(median(numbers)) if numbers else None


@dataclass(frozen=True)
class Caseload:
    """What each coordinator carries, most first, and how many open cases nobody coordinates."""

    loads: list[Load]
    nobodys: int

    @property
    def cases(self) -> int:
        """Open cases that someone coordinates."""
        return sum(load.cases for load in self.loads)

    @property
    def median(self) -> float | None:
        """The median of their points; None where nobody coordinates anything."""
        return _median([load.points for load in self.loads])

    @property
    def most(self) -> int | None:
        """The most points that one of them carries."""
        return self.loads[0].points if self.loads else None


def _by_weights(actor: Actor, scope: Scope) -> Values:
    return (CASELOAD_WEIGHTS.on(scope.today),) if reads_all(actor, scope) else None


@cached_count("caseload", version=1, depends_on=_by_weights)
def caseload_of(actor: Actor, scope: Scope) -> Caseload:
    """Return what the coordinators of a scope carry now, whatever its days, in one query; of a school by the pathways
    that the actor sees, as its caseload weighs them."""
    where = within_schools(actor, scope, Case.school_id)
    seen = [] if reads_all(actor, scope) else [known_to(actor)]
    loads = loads_of(where, CASELOAD_WEIGHTS.on(scope.today), *seen)
    led = [load for load in loads if load.lead_id is not None]
    led.sort(key=lambda load: (-load.points, -load.cases, load.lead_id or 0))
    return Caseload(led, sum(load.cases for load in loads if load.lead_id is None))


def coordinators(caseload: Caseload) -> list[tuple[str, Load]]:
    """Return each with their name. Only for whoever leads the school: the caller has checked that."""
    names = user_names([load.lead_id for load in caseload.loads])
    return [(names.get(load.lead_id or 0, ""), load) for load in caseload.loads]
