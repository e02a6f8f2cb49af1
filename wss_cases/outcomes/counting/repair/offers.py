"""Counts of incidents with an offer to repair, and of the reports that need none."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, bindparam, case, exists, func, not_, or_, select

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import CaseIncident
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import CONVERSATION
from wss_cases.foundation.school_time import at_local, district_zone
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import WITHDRAWN, IncidentState
from wss_cases.outcomes.counting.cache import cached_count
from wss_cases.outcomes.counting.repair.queries import light_conditions, unfounded
from wss_cases.outcomes.counting.scope.queries import Asked, PreparedOfScope, by_age, had_time, within
from wss_cases.outcomes.counting.scope.rules import Scope, Share
from wss_cases.pathways.common.models import Pathway


@dataclass(frozen=True)
class Offers:
    """Incidents old enough for an offer: `offered`, `of` all that call for repair; and `unfounded` ones, withdrawn
    reports and duplicates of the same days, which need none. `too_recent` are younger incidents that call for
    repair."""

    offered: int = 0
    of: int = 0
    too_recent: int = 0
    unfounded: int = 0
    withdrawn: int = 0
    duplicates: int = 0

    @property
    def share(self) -> Share:
        return Share(self.offered, self.of)

    @property
    def reports(self) -> int:
        """All reports that are old enough."""
        return self.of + self.unfounded + self.withdrawn + self.duplicates


@cached_count("offers", version=1, depends_on=by_age("offered"))
def offers(actor: Actor, scope: Scope) -> Offers:
    """The offers of a period, in one query."""
    _one, _shape, values = offers_asked(scope)
    return Offers(*(int(number or 0) for number in _OFFERS.row(actor, scope, **values)))


def offers_asked(scope: Scope) -> Asked:
    """What `offers` reads, for `read_together`."""
    until = at_local(scope.seen_on + timedelta(days=1), 0, 0, district_zone())
    return _OFFERS.asked(judged=had_time(scope, "offered").last, seen_on=scope.seen_on, seen_until=until)


def _offers(actor: Actor, scope: Scope) -> Any:
    """A select of the numbers of `Offers`. Binds the last day that is old enough, and the day as of which an offer was
    made, with the instant at which that day ends."""
    is_old_enough = Incident.local_date <= bindparam("judged", type_=Date())
    by_day, by_instant = bindparam("seen_on", type_=Date()), bindparam("seen_until", type_=Incident.reviewed_at.type)
    is_duplicate, is_withdrawn = Incident.state == IncidentState.DUPLICATE, Incident.outcome_reason == WITHDRAWN
    calls = not_(or_(is_duplicate, is_withdrawn, unfounded()))
    numbers = (
        and_(is_old_enough, calls, _was_offered(by_day, by_instant)),
        and_(is_old_enough, calls),
        and_(not_(is_old_enough), calls),
        and_(is_old_enough, unfounded(), not_(is_duplicate), not_(is_withdrawn)),
        and_(is_old_enough, is_withdrawn, not_(is_duplicate)),
        and_(is_old_enough, is_duplicate),
    )
    sums = [func.sum(case((condition, 1), else_=0)) for condition in numbers]
    reports = within(actor, scope, Incident.school_id, Incident.local_date)
    return select(*sums).where(*reports, Incident.happened_at_id.is_(None))


def _was_offered(by_day: Any, by_instant: Any) -> ColumnElement[bool]:
    """Condition: by then a pathway of the incident was offered, or its conversation without a case took place. It
    repeats the funnel's second step, without those up to the agreement."""
    offer = exists().where(
        CaseIncident.incident_id == Incident.id, Pathway.case_id == CaseIncident.case_id, Pathway.offered_on <= by_day
    )
    talk = exists().where(
        FollowUp.incident_id == Incident.id, FollowUp.kind == CONVERSATION, FollowUp.state == FollowUpState.DONE
    )
    talked = or_(
        talk.where(FollowUp.closed_on <= by_day),
        and_(not_(talk), or_(Incident.reviewed_at.is_(None), Incident.reviewed_at < by_instant)),
    )
    return or_(offer, and_(light_conditions()["offered"], talked))


_OFFERS = PreparedOfScope(_offers)
