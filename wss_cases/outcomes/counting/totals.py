"""All figures of one scope, read once for the page and the reports."""

from dataclasses import dataclass, replace

from wss_cases.access.actor import Actor
from wss_cases.incidents.incident.rules import IncidentFilter
from wss_cases.outcomes.counting.daily_figures.queries import parts_of
from wss_cases.outcomes.counting.daily_figures.rules import Parts
from wss_cases.outcomes.counting.filters import narrowed_parts
from wss_cases.outcomes.counting.repair import queries as repair
from wss_cases.outcomes.counting.repair.police import Police, police
from wss_cases.outcomes.counting.repair.queries import Harms, harms
from wss_cases.outcomes.counting.scope.queries import enrolled_on
from wss_cases.outcomes.counting.scope.rules import (
    Month,
    Reach,
    Scope,
    Share,
    month_ends,
    month_of,
    months_of,
    per_100_a_day,
    reach_of,
)
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import DisciplineKind

NOTHING = IncidentFilter()
"""A filter that every incident fits."""
SUSPENSIONS = (DisciplineKind.IN_SCHOOL_SUSPENSION, DisciplineKind.OUT_OF_SCHOOL_SUSPENSION)


@dataclass(frozen=True)
class Core:
    """The incidents of a scope: breakdowns, months with rates, and students on the last school day."""

    scope: Scope
    parts: Parts
    months: list[Month]

    @property
    def students(self) -> int:
        """Students enrolled on the period's last school day."""
        return self.months[-1].students

    @property
    def school_days(self) -> int:
        """School days gone by in the period."""
        return sum(month.school_days for month in self.months)

    @property
    def rate(self) -> float | None:
        """Incidents of the period per 100 students per school day; None without students or school days."""
        return per_100_a_day(self.parts.total, self.students, self.school_days)


@dataclass(frozen=True)
class Repair:
    """What was done about a scope's incidents."""

    reach: Reach
    terms: repair.Terms
    funnel: dict[str, dict[str, int]]
    follow_ups: dict[str, Share]
    removals: dict[str, tuple[int, int]]
    police: Police
    harms: Harms

    @property
    def suspensions(self) -> int:
        """In-school and out-of-school suspensions, instances."""
        return sum(self.removals.get(kind.value, (0, 0))[0] for kind in SUSPENSIONS)

    @property
    def expulsions(self) -> int:
        """Expulsions, instances."""
        return self.removals.get(DisciplineKind.EXPULSION.value, (0, 0))[0]

    @property
    def avoidable(self) -> int:
        """Notifications neither emergency nor required by a law that applied."""
        return self.police.avoidable

    @property
    def on_time(self) -> Share:
        """Follow-ups of every kind done on time, of those due."""
        shares = self.follow_ups.values()
        return Share(sum(share.part for share in shares), sum(share.whole for share in shares))


def core_of(actor: Actor, scope: Scope, days: SchoolDays, narrow: IncidentFilter = NOTHING) -> Core:
    """The incidents of a scope that fit a filter. Where it names a grade, rates are per students of that grade.

    `days` are the school days of its school or district. Raises NotCountedYet where the scheduler has to count them.
    """
    if replace(narrow, weekday=None, month=None if _is_within(scope, narrow.month) else narrow.month) == NOTHING:
        parts = parts_of(actor, scope, narrow.weekday)
    else:
        parts = narrowed_parts(actor, scope, narrow)
    students = enrolled_on(actor, scope, month_ends(scope, days), narrow.grade)
    return Core(scope, parts, months_of(scope, parts.by_day, days, students))


def _is_within(scope: Scope, month: str | None) -> bool:
    """Whether a scope lies within a month written '2026-10', so that the month excludes nothing more."""
    if month is None:
        return True
    first, last = month_of(month)
    return first <= scope.first and scope.last <= last


def repair_of(actor: Actor, scope: Scope, days: SchoolDays) -> Repair:
    """What was done about a scope's incidents, in nine queries."""
    return Repair(
        reach=reach_of(repair.contacts(actor, scope), days, scope.today),
        terms=repair.terms(actor, scope),
        funnel=repair.funnel(actor, scope),
        follow_ups=repair.follow_ups(actor, scope),
        removals=repair.removals(actor, scope),
        police=police(actor, scope),
        harms=harms(actor, scope),
    )
