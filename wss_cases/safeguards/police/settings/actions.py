"""Who gives a network's second approvals and within how many hours."""

from datetime import datetime

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.network_approvers import NetworkApprover, approver_of, possible_approvers
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.models import School
from wss_cases.safeguards.police.review.deciding.actions import ask_second
from wss_cases.safeguards.police.review.models import PoliceReview
from wss_cases.safeguards.police.review.queries import networks
from wss_cases.safeguards.police.review.rules import FEWEST_HOURS, MOST_HOURS
from wss_cases.safeguards.police.review.states import WAITING, ReviewState


@use_case
def set_approver(uow: UnitOfWork, network: str, approver_id: int, deputy_id: int | None, hours: int) -> int:
    """Name a network's approver and deputy; reviews that wait go to them from now on.

    Raises Refused for somebody who does not administer that network, or the same person twice.
    """
    require(uow.actor, Permission.POLICE_APPROVER_EDIT, uow.actor)
    if network not in networks():
        raise NotFound
    _check_people(network, approver_id, deputy_id, uow.now)
    if not FEWEST_HOURS <= hours <= MOST_HOURS:
        raise Refused("hours", _("Enter the hours as a number from 1 to 72."))
    statement = select(NetworkApprover.id).where(NetworkApprover.network == network)
    row_id = uow.session.scalar(statement)
    if row_id is None:
        row = NetworkApprover(network=network, approver_id=approver_id, deputy_id=deputy_id, hours=hours)
    else:
        row = uow.load(NetworkApprover, row_id, Permission.POLICE_APPROVER_EDIT, uow.version)
        row.approver_id, row.deputy_id, row.hours = approver_id, deputy_id, hours
    uow.record(row, "police_approver.set", network=network)
    _hand_on(uow, row)
    return row.id


def _check_people(network: str, approver_id: int, deputy_id: int | None, now: datetime) -> None:
    possible = dict(possible_approvers(network, now))
    if approver_id not in possible:
        raise Refused("approver_id", _("Choose someone who administers this network or the district."))
    if deputy_id is not None and deputy_id not in possible:
        raise Refused("deputy_id", _("Choose someone who administers this network or the district."))
    if deputy_id == approver_id:
        raise Refused("deputy_id", _("The deputy is a second person."))


def _hand_on(uow: UnitOfWork, row: NetworkApprover) -> None:
    waiting = (
        select(PoliceReview)
        .join(School, School.id == PoliceReview.school_id)
        .where(
            PoliceReview.state.in_([*WAITING, ReviewState.SECONDING]),
            School.network.is_(None) if row.network == "" else School.network == row.network,
        )
        .order_by(PoliceReview.id)
    )
    for review in uow.session.scalars(waiting.with_for_update(of=PoliceReview)):
        if (review.approver_id, review.deputy_id) == (row.approver_id, row.deputy_id):
            continue
        review.approver_id, review.deputy_id = row.approver_id, row.deputy_id
        uow.audit("police_approver.handed_on", "police_review", review.id)
        if review.state is ReviewState.APPROVED_ONCE:
            ask_second(uow, review)


def follow_school(uow: UnitOfWork, school: School) -> None:
    """Step: what waits at a school that is in another network now goes to whoever approves there."""
    row = approver_of(school.network)
    if row is not None:
        _hand_on(uow, row)
