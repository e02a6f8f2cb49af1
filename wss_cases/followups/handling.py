"""Closing a follow-up, and the steps of acts that move or end one."""

from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import Case
from wss_cases.followups.about import spoken_of
from wss_cases.followups.core.models import ActKind, FollowUp, FollowUpAct, FollowUpState
from wss_cases.followups.core.presenters import outcomes_of
from wss_cases.followups.core.states import CLOSED_BY_HAND, FAMILY, HAPPENED_AGAIN, RECORDED_ELSEWHERE
from wss_cases.followups.evidence import Evidence, missing
from wss_cases.followups.making import close_row
from wss_cases.followups.undo import remember, remind_again, restorable
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.extension_points import react
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.telling import refuse_kept_off, refuse_private


@use_case
def close(uow: UnitOfWork, follow_up_id: int, outcome: str, shown: Evidence) -> int:
    """Close a follow-up with an outcome of its kind and its evidence.

    Raises NotFound, Stale, Refused naming the field.
    """
    row = open_follow_up(uow, follow_up_id, uow.version)
    close_checked(uow, row, outcome, shown)
    return row.id


def close_checked(
    uow: UnitOfWork, row: FollowUp, outcome: str, shown: Evidence, *, of_circle: bool = False, batch: str = ""
) -> FollowUpAct:
    """Close a locked, open follow-up with an outcome of its kind and its evidence. Returns the act, by which it can be
    undone.

    `of_circle`: what was said belongs in a circle's sealed notes, so no sentence is required. Raises Refused.
    """
    if row.kind in RECORDED_ELSEWHERE:
        raise Refused("", str(RECORDED_ELSEWHERE[row.kind]))
    if outcome not in outcomes_of(row.kind) or outcome == HAPPENED_AGAIN:
        raise Refused("outcome", _("Choose how it went."))
    today, earliest = today_at(row.school_id, uow.now), _happened_on(uow, row)
    if lacks := missing(row.kind, outcome, shown, today, earliest, of_circle=of_circle):
        raise Refused(*lacks)
    if row.kind in FAMILY:
        _check_told(row, shown)
    before = restorable(row)
    close_row(uow, row, outcome, shown.note, shown.stored())
    react(uow, CLOSED_BY_HAND, row)
    return remember(uow, row, ActKind.CLOSED, before, batch)


def _check_told(row: FollowUp, shown: Evidence) -> None:
    student_ids, agreed = spoken_of(row)
    if shown.who.strip():
        refuse_kept_off("who", student_ids, shown.who)
    refuse_private("note", shown.note, agreed)


def move_row(uow: UnitOfWork, row: FollowUp, due_on: date, reason: str, batch: str = "") -> FollowUpAct:
    """Move a locked, open follow-up to a checked day. Its mail for that day is sent, even if it was dropped before."""
    before = restorable(row)
    row.due_on, row.snoozed_until = due_on, None
    uow.record(row, "followup.moved", what=row.kind, due_on=due_on.isoformat(), reason=reason)
    remind_again(uow, row)
    return remember(uow, row, ActKind.MOVED, before, batch)


def _happened_on(uow: UnitOfWork, row: FollowUp) -> date:
    """The first day on which it could be done: of its report, or of its case and the case's reports."""
    if row.case_id is None:
        return uow.session.get_one(Incident, row.incident_id).local_date
    case = uow.session.get_one(Case, row.case_id)
    return min((incident.local_date for incident in case.incidents), default=case.opened_on)


def open_follow_up(uow: UnitOfWork, follow_up_id: int, version: int | None) -> FollowUp:
    """Lock an open follow-up that the actor may work on. Raises NotFound, Stale, Refused."""
    row = uow.load(FollowUp, follow_up_id, Permission.FOLLOWUP_WORK, version)
    refuse_closed(row)
    return row


def refuse_closed(row: FollowUp) -> None:
    """Raise Refused for a follow-up that is no longer open."""
    if row.state is not FollowUpState.OPEN:
        raise Refused("", _("This follow-up is already closed."))
