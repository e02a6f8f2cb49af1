"""A second witness adds what they saw to the report that is there, without reading it.

What they saw stays a report of their own, joined to the other: they read theirs, the dean reads both.
"""

from sqlalchemy.orm.attributes import flag_modified

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.additions import join_report
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import create_incident, drop_draft
from wss_cases.incidents.incident.rules import Capture
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.intake.report.actions import signed
from wss_cases.intake.report.routing import route_incident
from wss_cases.intake.report.signs import joined
from wss_cases.intake.witness.queries import beside, joinable
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case


@use_case
def add_account(uow: UnitOfWork, capture: Capture, target_id: int) -> int:
    """Save what a second witness reports, joined to the report of the same event; returns the id of their own.

    Raises NotFound for a report that is not of the same time, school and person or place, or that is decided.
    """
    if target_id not in {row.id for row in joinable(capture, uow.actor)}:
        raise NotFound
    incident = create_incident(uow, signed(uow, capture))
    _join(uow, incident, target_id)
    drop_draft(uow, "capture")
    return incident.id


@use_case
def join_own(uow: UnitOfWork, incident_id: int, target_id: int) -> int:
    """Join one's own report that waits to the report of the same event; returns the id of one's own.

    Raises Refused for a report of somebody else, and alike for one of another event and one that is not there; Stale
    where the own one is decided already.
    """
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE)
    if incident.state not in UNDECIDED:
        raise Stale
    own = incident.reporter_id == uow.actor.user_id
    if not own or target_id not in {row.id for row in beside(incident, uow.actor)}:
        raise Refused("", _("Choose another report."))
    _join(uow, incident, target_id)
    return incident.id


def _join(uow: UnitOfWork, incident: Incident, target_id: int) -> None:
    """Join a report to another, whose facts it may move: people not yet there, and danger. Routing is asked again, and
    whoever has the other one open sees first that it changed."""
    target = uow.session.get_one(Incident, target_id, with_for_update=True, populate_existing=True)
    if target.state not in UNDECIDED:
        raise Stale
    uow.record(incident, "incident.account_added")
    join_report(uow, incident, target)
    # joining oneself is no review of anybody's
    incident.reviewed_at = incident.reviewer_id = None
    target.danger_now = target.danger_now or incident.danger_now
    target.facts, target.signs = joined(target.facts, incident.facts), [*target.signs, *incident.signs]
    flag_modified(target, "facts")
    uow.record(target, "incident.second_account")
    route_incident(uow, target)
