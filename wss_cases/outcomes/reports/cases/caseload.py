"""What coordinators carry: their open cases, weighed as the desk weighs them."""

from dataclasses import dataclass
from statistics import median

from wss_cases.access.actor import Actor
from wss_cases.accounts.teams.queries import user_names
from wss_cases.cases.case.models import Case
from wss_cases.foundation.settings.reading import setting
from wss_cases.outcomes.counting.cache.cached_counts import Values, cached_count
from wss_cases.outcomes.counting.scope.queries import reads_all, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.workday.caseload.queries import Load, loads_of


@dataclass(frozen=True)
class Caseload:
    """What each coordinator carries, most first, and how many open cases nobody coordinates."""

    loads: list[Load]
    nobodys: int

    @property
    def cases(self) -> int:
        """Open cases that somebody coordinates."""
        return sum(load.cases for load in self.loads)

    @property
    def median(self) -> float | None:
        """The median of their points; None where nobody coordinates anything."""
        return float(median(load.points for load in self.loads)) if self.loads else None

    @property
    def most(self) -> int | None:
        """The most points that one of them carries."""
        return self.loads[0].points if self.loads else None


def _by_weights(actor: Actor, scope: Scope) -> Values:
    return (setting("CASELOAD_WEIGHTS"),) if reads_all(actor, scope) else None


@cached_count("caseload", version=1, depends_on=_by_weights)
def caseload_of(actor: Actor, scope: Scope) -> Caseload:
    """Return what the coordinators of a scope carry now, whatever its days, in one query."""
    where = within_schools(actor, scope, Case.school_id)
    loads = loads_of(where, setting("CASELOAD_WEIGHTS"))
    led = [load for load in loads if load.lead_id is not None]
    led.sort(key=lambda load: (-load.points, -load.cases, load.lead_id or 0))
    return Caseload(led, sum(load.cases for load in loads if load.lead_id is None))


def coordinators(caseload: Caseload) -> list[tuple[str, Load]]:
    """Return each with their name. Only for whoever leads the school: the caller has checked that."""
    names = user_names([load.lead_id for load in caseload.loads])
    return [(names.get(load.lead_id or 0, ""), load) for load in caseload.loads]
