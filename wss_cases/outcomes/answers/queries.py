"""The figures of the first outcomes page: is harm repaired, who is not reached yet, who is removed or met by the
police. Each stands beside the same days of the year before."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, or_, select

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import CaseIncident
from wss_cases.incidents.incident.models import Incident
from wss_cases.outcomes.counting.cache import cached_count, read_ahead, stored_key
from wss_cases.outcomes.counting.daily_figures.queries import total_asked, total_of
from wss_cases.outcomes.counting.repair.police import OTHERS, Police, police
from wss_cases.outcomes.counting.repair.queries import Harms, funnel, harms, light_conditions, removed
from wss_cases.outcomes.counting.scope.queries import (
    PreparedOfScope,
    by_days,
    counted,
    enrolled_asked,
    enrolled_on,
    first_year_key,
    read_together,
    recorded_year_before,
)
from wss_cases.outcomes.counting.scope.rules import Scope, Share, reference_day, year_before
from wss_cases.outcomes.equity.queries import stored_keys, tables_for
from wss_cases.outcomes.equity.rules import Table, settled
from wss_cases.pathways.common.rules import Pathway
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import DisciplineAction


@dataclass(frozen=True)
class Answers:
    """The figures of one period. `offered`: incidents with an offer of a restorative pathway, of all. `removed`:
    different students removed in any way. `students`: enrolled on the period's last school day."""

    harms: Harms
    offered: Share
    removals: int
    removed: int
    police: Police
    students: int

    @property
    def told(self) -> int:
        """Police notifications, instances."""
        return self.police.instances


@cached_count("removed_students", version=2, depends_on=by_days)
def removed_in_any_way(actor: Actor, scope: Scope) -> tuple[int, int]:
    """(removals of any kind, different students in them)."""
    row = _REMOVED.row(actor, scope)
    return row[0], row[1]


_REMOVED = PreparedOfScope(
    lambda actor, scope: (
        select(func.count(), func.count(DisciplineAction.student_id.distinct()))
        .select_from(DisciplineAction)
        .where(*removed(actor, scope))
    )
)


def offered(actor: Actor, scope: Scope) -> int:
    """Incidents in which a pathway was offered. The whole district's number comes from the stored funnel; one school's
    is counted here."""
    if by_days(actor, scope) is not None:
        return funnel(actor, scope)["any"]["offered"]
    return int(_OFFERED.row(actor, scope)[0])


_OFFERED = PreparedOfScope(
    lambda actor, scope: select(func.count()).select_from(Incident).where(*counted(actor, scope), _came_to_offer())
)


def _came_to_offer() -> ColumnElement[bool]:
    """Condition: any pathway of the incident was offered, or a conversation without a case took place. It repeats the
    funnel's first stage, without the stages up to the agreement."""
    offer = exists().where(
        CaseIncident.incident_id == Incident.id,
        Pathway.case_id == CaseIncident.case_id,
        Pathway.offered_on.is_not(None),
    )
    return or_(offer, light_conditions()["offered"])


def read_answers_ahead(actor: Actor, scope: Scope, days: SchoolDays) -> None:
    """Read the stored figures of the first page and its groups, this year and the year before, in one statement."""
    counts = (harms, funnel, police, removed_in_any_way)
    keys = [stored_key(count, actor, period) for period in (scope, year_before(scope)) for count in counts]
    keys += [
        stored_key(enrolled_on, actor, period, [reference_day(period, days)]) for period in (scope, year_before(scope))
    ]
    counted = _counted_for_groups(scope)
    read_ahead([*keys, first_year_key(actor, scope.school_id), *(stored_keys(counted) if counted else ())])


def answers_of(actor: Actor, scope: Scope, days: SchoolDays) -> Answers:
    """The figures of a period. `days` are the school days of its school or district."""
    day = reference_day(scope, days)
    if by_days(actor, scope) is None:
        one_row = (_REMOVED.asked(), _OFFERED.asked(), OTHERS.asked(), enrolled_asked([day]))
        read_together(actor, scope, [*one_row, *total_asked(scope)])
    removals, students = removed_in_any_way(actor, scope)
    return Answers(
        harms=harms(actor, scope),
        offered=Share(offered(actor, scope), total_of(actor, scope)),
        removals=removals,
        removed=students,
        police=police(actor, scope),
        students=enrolled_on(actor, scope, [day])[0],
    )


def answers_before(actor: Actor, scope: Scope, days: SchoolDays) -> Answers | None:
    """The figures of the same days of the year before; None where nothing was recorded then."""
    earlier = recorded_year_before(actor, scope)
    return answers_of(actor, earlier, days) if earlier is not None else None


def groups_of(actor: Actor, scope: Scope) -> Mapping[str, Table]:
    """Each kind of group's table, counted to the end of the last month; empty for a network, which has no such
    tables."""
    counted = _counted_for_groups(scope)
    return tables_for(actor, counted) if counted else {}


def _counted_for_groups(scope: Scope) -> Scope | None:
    return settled(scope) if scope.network is None else None
