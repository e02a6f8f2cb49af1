"""The follow-up for the completion meeting of an agreement, in the unit of work of the caller."""

from sqlalchemy import select

from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making.actions import cancel_row, close_row, make
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.circles.terms.models import Agreement
from wss_cases.pathways.circles.terms.rules import open_terms
from wss_cases.pathways.common.models import Pathway

COMPLETION = "completion_meeting"


def follow_completion(uow: UnitOfWork, row: Pathway, agreement: Agreement) -> None:
    """Make the follow-up for the completion meeting of an agreement, due with its last open term."""
    due_on = max(term.due_on for term in open_terms(agreement))
    planned = _open(uow, row.id)
    if planned is not None and planned.due_on >= due_on:
        return
    if planned is not None:
        cancel_row(uow, planned, _("A term of the agreement is due later now."))
    make(
        uow,
        school_id=row.school_id,
        kind=COMPLETION,
        owner_id=row.owner_id or row.case.lead_id,
        due_on=due_on,
        case_id=row.case_id,
        pathway_id=row.id,
    )


def close_completion_follow_up(uow: UnitOfWork, pathway_id: int, outcome: str) -> None:
    """Close the open follow-up for the meeting at the end, once it was held or will not be."""
    planned = _open(uow, pathway_id)
    if planned is not None:
        close_row(uow, planned, outcome)


def _open(uow: UnitOfWork, pathway_id: int) -> FollowUp | None:
    statement = select(FollowUp).where(
        FollowUp.pathway_id == pathway_id, FollowUp.kind == COMPLETION, FollowUp.state == FollowUpState.OPEN
    )
    return uow.session.scalars(statement.with_for_update()).first()
