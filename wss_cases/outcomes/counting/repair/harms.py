"""Counting whether harm was repaired: how cases with a person harmed were closed, and what that person said then."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, exists, func, select

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import Case, CaseParticipant, CaseResult, CaseState
from wss_cases.foundation.school_time import at_local, district_zone
from wss_cases.outcomes.counting.cache.cached_counts import cached_count
from wss_cases.outcomes.counting.scope.queries import HARMED, PreparedOfScope, by_days, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope, Share

LEFT_OUT: Final = (CaseResult.UNFOUNDED, CaseResult.TRANSFERRED)
"""Results that tell nothing of repair: no harm was found, or the case goes on at another school."""
NOT_REPAIRED: Final = tuple(
    one for one in CaseResult if one not in (*LEFT_OUT, CaseResult.REPAIRED, CaseResult.PARTLY_REPAIRED)
)

CHOICES: Final[dict[str, tuple[CaseResult, ...]]] = {
    "repaired": (CaseResult.REPAIRED,),
    "partly": (CaseResult.PARTLY_REPAIRED,),
    "not_repaired": NOT_REPAIRED,
    "left_out": LEFT_OUT,
}
"""What each number of the measure holds."""


@dataclass(frozen=True)
class Harms:
    """Cases with a person harmed that were closed in the period: repaired, partly, not; `left_out` are unfounded or
    transferred. `said`: what the person harmed said at the closing of each that is not left out, '' where nobody wrote
    it down."""

    repaired: int = 0
    partly: int = 0
    not_repaired: int = 0
    left_out: int = 0
    said: dict[str, int] = field(default_factory=dict)

    @property
    def of(self) -> int:
        """Cases of which it can be told whether the harm was repaired."""
        return self.repaired + self.partly + self.not_repaired

    @property
    def share(self) -> Share:
        """Repaired of all of these."""
        return Share(self.repaired, self.of)


def closed_with_harm(actor: Actor, scope: Scope) -> list[ColumnElement[bool]]:
    """Return the conditions of a case that was closed in the period, is closed still, and has a person harmed."""
    return _closed(actor, scope, **_moments(scope))


def _moments(scope: Scope) -> dict[str, datetime]:
    """The moments at which a period begins, and after which it is over."""
    zone = district_zone()
    return {"since": at_local(scope.first, 0, 0, zone), "until": at_local(scope.last + timedelta(days=1), 0, 0, zone)}


def _closed(actor: Actor, scope: Scope, since: Any, until: Any) -> list[ColumnElement[bool]]:
    return [
        *within_schools(actor, scope, Case.school_id),
        Case.state == CaseState.CLOSED,
        Case.closed_at >= since,
        Case.closed_at < until,
        exists().where(CaseParticipant.case_id == Case.id, CaseParticipant.role.in_(HARMED)),
    ]


@cached_count("harms", version=1, depends_on=by_days)
def harms(actor: Actor, scope: Scope) -> Harms:
    """Return how the cases with a person harmed were closed, and what that person said, in one query."""
    numbers = dict.fromkeys(CHOICES, 0)
    said: dict[str, int] = {}
    for result, says, number in _HARMS.rows(actor, scope, **_moments(scope)):
        numbers[next(name for name, results in CHOICES.items() if result in results)] += number
        if result not in LEFT_OUT:
            key = says.value if says is not None else ""
            said[key] = said.get(key, 0) + number
    return Harms(**numbers, said=said)


def _by_result(actor: Actor, scope: Scope) -> Any:
    columns = (Case.result, Case.harmed_says)
    closed = _closed(actor, scope, bindparam("since"), bindparam("until"))
    return select(*columns, func.count()).where(*closed).group_by(*columns)


_HARMS = PreparedOfScope(_by_result)
