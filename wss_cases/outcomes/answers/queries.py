"""What the first screen of outcomes answers: is harm repaired, who is not reached yet, and who is removed or met by
the police; each beside the same days of the year before."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.outcomes.counting.cache.cached_counts import cached_count
from wss_cases.outcomes.counting.daily_figures.queries import total_of
from wss_cases.outcomes.counting.repair.harms import Harms, harms
from wss_cases.outcomes.counting.repair.police import Police, police
from wss_cases.outcomes.counting.repair.queries import funnel, removals, removed
from wss_cases.outcomes.counting.scope.queries import by_days, enrolled_on, recorded_year_before
from wss_cases.outcomes.counting.scope.rules import Scope, Share, reference_day
from wss_cases.outcomes.equity.queries import tables_for
from wss_cases.outcomes.equity.tables import Table, settled
from wss_cases.roster.directory.queries import school_days
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


@cached_count("removed_students", version=1, depends_on=by_days)
def removed_students(actor: Actor, scope: Scope) -> int:
    """Return how many different students were removed in any way."""
    different = func.count(DisciplineAction.student_id.distinct())
    return db.session.scalar(select(different).where(*removed(actor, scope))) or 0


def answers_of(actor: Actor, scope: Scope) -> Answers:
    """Return the figures of a period."""
    day = reference_day(scope, school_days(scope.school_id))
    return Answers(
        harms=harms(actor, scope),
        offered=Share(funnel(actor, scope)["any"]["offered"], total_of(actor, scope)),
        removals=sum(instances for instances, _students in removals(actor, scope).values()),
        removed=removed_students(actor, scope),
        police=police(actor, scope),
        students=enrolled_on(actor, scope, [day])[0],
    )


def answers_before(actor: Actor, scope: Scope) -> Answers | None:
    """Return the figures of the same days of the year before; None where nothing was recorded then."""
    earlier = recorded_year_before(actor, scope)
    return answers_of(actor, earlier) if earlier is not None else None


def groups_of(actor: Actor, scope: Scope) -> Mapping[str, Table]:
    """Return each kind of group's table, counted to the end of the last month; none for a network, which has none."""
    counted = settled(scope)
    if counted is None or scope.network is not None:
        return {}
    return tables_for(actor, counted)
