"""Counting the measures of a school: each asks the room of outcomes that counts it, for whoever sees its outcomes."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Final

from wss_cases.access.actor import Actor
from wss_cases.foundation.clock import school_year
from wss_cases.outcomes.counting.daily_figures.queries import parts_of
from wss_cases.outcomes.counting.repair import queries as repair
from wss_cases.outcomes.counting.repair.harms import harms
from wss_cases.outcomes.counting.repair.police import police
from wss_cases.outcomes.counting.scope.queries import enrolled_on
from wss_cases.outcomes.counting.scope.rules import Scope, reach_of, reference_day
from wss_cases.outcomes.reports.practice.queries import held_in
from wss_cases.plans.measures import states
from wss_cases.plans.measures.rules import Figure
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import DisciplineKind

Counter = Callable[[Actor, Scope, SchoolDays], Figure]


def _students(actor: Actor, scope: Scope, days: SchoolDays) -> int:
    return enrolled_on(actor, scope, [reference_day(scope, days)])[0]


def _incidents(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    gone_by = days.between(scope.first - timedelta(days=1), scope.last)
    return Figure(parts_of(actor, scope).total, _students(actor, scope, days) * gone_by)


def _suspensions(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    instances, _who = repair.removals(actor, scope).get(DisciplineKind.OUT_OF_SCHOOL_SUSPENSION.value, (0, 0))
    return Figure(instances, _students(actor, scope, days))


def _police(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    return Figure(police(actor, scope).instances, _students(actor, scope, days))


def _avoidable(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    return Figure(police(actor, scope).avoidable, parts_of(actor, scope).serious)


def _contact(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    reach = reach_of(repair.contacts(actor, scope), days, scope.today)
    return Figure(reach.within_one, reach.of_all)


def _agreements(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    terms = repair.terms(actor, scope)
    return Figure(terms.kept, terms.due)


def _repaired(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    closed = harms(actor, scope)
    return Figure(closed.repaired, closed.of)


def _circles(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    return Figure(held_in(actor, scope).total["times"])


COUNTERS: Final[dict[str, Counter]] = {
    states.INCIDENTS: _incidents,
    states.SUSPENSIONS: _suspensions,
    states.POLICE: _police,
    states.AVOIDABLE: _avoidable,
    states.CONTACT: _contact,
    states.AGREEMENTS: _agreements,
    states.REPAIRED: _repaired,
    states.CIRCLES: _circles,
}


def figures(
    actor: Actor, school_id: int, measures: Iterable[str], first: date, last: date, today: date
) -> dict[str, Figure]:
    """Return these measures of a school for days of one school year; days to come are left out."""
    scope = Scope(school_id, school_year(first), first, min(last, today), today)
    days = school_days(school_id)
    return {measure: COUNTERS[measure](actor, scope, days) for measure in measures}
