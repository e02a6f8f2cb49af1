"""Giving a report to who reviews it, to somebody else, or back to everybody."""

from typing import Final

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused, Stale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.intake.assignment.models import Assignment
from wss_cases.intake.assignment.queries import reviewers_at
from wss_cases.journal.extension_points import react
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case

MAIL = "review.assigned"
REVIEWER_CHANGED: Final = "review.reviewer_changed"
"""What rooms react to once a report has another reviewer, or none."""


@use_case
def assign(uow: UnitOfWork, incident_id: int, assignee_id: int | None) -> int:
    """Give a report that is not decided to a dean or administrator of its school; None gives it back to everybody.

    Somebody else is told by a mail that names nobody. Raises Stale for a decided report, Refused for anybody who does
    not review at the school.
    """
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW)
    if incident.state not in UNDECIDED:
        raise Stale
    people = reviewers_at({incident.school_id}, uow.now)[incident.school_id]
    if assignee_id is not None and assignee_id not in people:
        raise Refused("assignee", _("Choose a dean or administrator of this school."))
    row = uow.session.scalar(select(Assignment).where(Assignment.incident_id == incident.id).with_for_update())
    before = row.assignee_id if row is not None else None
    if before == assignee_id:
        uow.no_audit()
        return incident.id
    if row is None:
        row = uow.add(Assignment(incident_id=incident.id, at=uow.now))
    row.assignee_id, row.by_id, row.at = assignee_id, uow.actor.user_id, uow.now
    uow.audit("review.assigned", row.__tablename__, row.id, {"assignee_id": [before, assignee_id]})
    if assignee_id is None:
        uow.record(incident, "review.unassigned")
    else:
        uow.record(incident, "review.assigned", who=people[assignee_id])
    react(uow, REVIEWER_CHANGED, incident)
    if assignee_id is not None and assignee_id != uow.actor.user_id:
        uow.notify(assignee_id, MAIL, incident, f"{MAIL}:{incident.id}:{assignee_id}:{uow.now.isoformat()}")
    return incident.id
