"""Possible duplicates: two reports become one, or are told apart for good; both leave a trace and can be undone."""

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.additions import merge_report
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.intake.duplicates.models import ToldApart
from wss_cases.intake.duplicates.rules import pair_of
from wss_cases.intake.report.routing import route_incident
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case


@use_case
def merge_into(uow: UnitOfWork, incident_id: int, reference: str) -> int:
    """Mark a report as telling of the same thing as another one of the school, which is routed again and decided.

    Returns the id of the report that stays. Raises Stale for a report that is decided.
    """
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW, uow.version)
    if incident.state not in UNDECIDED:
        raise Stale
    target = merge_report(uow, incident, reference)
    if target.state in UNDECIDED:
        route_incident(uow, target)
    return target.id


@use_case
def tell_apart(uow: UnitOfWork, incident_id: int, other_id: int) -> int:
    """Remember that two reports tell of two events: they are no longer marked as possible duplicates.

    Raises Refused for one and the same report, NotFound for one that is not the reviewer's.
    """
    one, other = _both(uow, incident_id, other_id)
    lower, higher = pair_of(one.id, other.id)
    if _pair(uow, lower, higher) is None:
        uow.add(ToldApart(lower_id=lower, higher_id=higher, by_id=uow.actor.user_id, at=uow.now))
        for report, beside in ((one, other), (other, one)):
            uow.record(report, "review.told_apart", reference=beside.reference)
    return one.id


@use_case
def take_apart_back(uow: UnitOfWork, incident_id: int, other_id: int) -> int:
    """Take back that two reports tell of two events; the history of both keeps that it was said."""
    one, other = _both(uow, incident_id, other_id)
    row = _pair(uow, *pair_of(one.id, other.id))
    if row is None:
        raise NotFound
    uow.session.delete(row)
    for report, beside in ((one, other), (other, one)):
        uow.record(report, "review.may_be_same", reference=beside.reference)
    return one.id


def _both(uow: UnitOfWork, incident_id: int, other_id: int) -> tuple[Incident, Incident]:
    if incident_id == other_id:
        raise Refused("", _("Choose another report."))
    first, second = (
        uow.load(Incident, number, Permission.INCIDENT_REVIEW) for number in pair_of(incident_id, other_id)
    )
    if first.school_id != second.school_id:
        raise NotFound
    return (first, second) if first.id == incident_id else (second, first)


def _pair(uow: UnitOfWork, lower: int, higher: int) -> ToldApart | None:
    return uow.session.scalar(select(ToldApart).where(ToldApart.lower_id == lower, ToldApart.higher_id == higher))
