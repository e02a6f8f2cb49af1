"""Closing and reopening a case, and joining another incident to it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import AgreementKept, Case, CaseResult, CaseState, HarmedSays, ReopenReason
from wss_cases.cases.case.pages import reopen_case
from wss_cases.cases.progress import join_incident, open_only, write_note
from wss_cases.casework.case_file.queries import other_case_of
from wss_cases.casework.case_page.queries import blockers, left_open, record_of
from wss_cases.followups.making import cancel_row
from wss_cases.followups.undo import bring_back
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import set_state
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case


@dataclass(frozen=True)
class Answers:
    """What closing asks: its three questions and its result; why it stands against the record, where it does.

    `stay` are others' follow-ups that stay open with whoever does them; `cancel_reason` is for one's own.
    """

    result: CaseResult
    agreement_kept: AgreementKept
    harmed_says: HarmedSays
    what_is_left: str
    despite: str = ""
    cancel_reason: str = ""
    stay: Collection[int] = ()


@use_case
def close(uow: UnitOfWork, case_id: int, answers: Answers) -> int:
    """Close a case with its three answers and its result.

    Raises Refused naming each open legal duty, live pathway and open term; answers that contradict the record without
    a reason; others' follow-ups that are neither settled nor stay; one's own without a reason to cancel them.
    """
    case = uow.load(Case, case_id, Permission.CASE_WORK, uow.version)
    open_only(case)
    standing = blockers(uow.actor, case)
    if standing:
        raise Refused("", _("The case cannot be closed yet. %(why)s", why=" · ".join(one.words for one in standing)))
    against = record_of(uow.actor, case).against(answers.result, answers.agreement_kept, answers.harmed_says)
    if against:
        why = _(
            "The record does not match this result. %(what)s Explain why it is closing this way.",
            what=" ".join(against),
        )
        refuse_blank("despite", answers.despite, why)
    _settle(uow, case, answers)
    case.state, case.result, case.closed_at, case.next_review_on = CaseState.CLOSED, answers.result, uow.now, None
    case.agreement_kept, case.harmed_says = answers.agreement_kept, answers.harmed_says
    case.what_is_left, case.closed_despite = answers.what_is_left, answers.despite if against else ""
    uow.record(case, "case.closed", result=answers.result.value)
    for incident in case.incidents:
        if incident.state is IncidentState.ROUTED:
            set_state(uow, incident, IncidentState.CLOSED)
    return case.id


def _settle(uow: UnitOfWork, case: Case, answers: Answers) -> None:
    left = left_open(uow.actor, case.id)
    unsettled = sum(row.id not in answers.stay for row in left.of_others)
    if unsettled:
        words = ngettext("%(num)d follow-up of others is open.", "%(num)d follow-ups of others are open.", unsettled)
        raise Refused("stay", _("%(open)s Resolve each on its own page, or let it stay open.", open=words))
    if not left.own:
        return
    words = ngettext("%(num)d follow-up is open.", "%(num)d follow-ups are open.", len(left.own))
    why = _("%(open)s Resolve it, or give the reason it is canceled.", open=words)
    refuse_blank("cancel_reason", answers.cancel_reason, why)
    for row in left.own:
        cancel_row(uow, row, answers.cancel_reason)


@use_case
def reopen(uow: UnitOfWork, case_id: int, *, reason: ReopenReason, note: str, review_on: date) -> int:
    """Open a closed case again, with a reason and its next review date; the answers given stay in the audit."""
    case = uow.load(Case, case_id, Permission.CASE_WORK, uow.version)
    if case.state is not CaseState.CLOSED:
        raise Refused("", _("This case is open."))
    if review_on < today_at(case.school_id, uow.now):
        raise Refused("review_on", _("Choose today or a later day."))
    ended_at = case.closed_at
    reopen_case(uow, case, reason, review_on)
    bring_back(uow, case.id, ended_at)
    if note.strip():
        write_note(uow, case, note)
    return case.id


@use_case
def merge_incident(uow: UnitOfWork, case_id: int, reference: str) -> int:
    """Join another incident of the school to an open case; it counts as routed by this case.

    Raises Refused for an unknown reference, a merged or returned report, or one that has a case of its own.
    """
    case = uow.load(Case, case_id, Permission.CASE_WORK)
    named = select(Incident).where(Incident.reference == reference.strip(), Incident.school_id == case.school_id)
    incident = uow.session.scalar(named.with_for_update())
    if incident is None:
        raise Refused("reference", _("No incident at this school has this number."))
    other = other_case_of(incident.id, case.id)
    if other is not None:
        raise Refused("reference", _("This incident belongs to case %(case)s.", case=other))
    waiting = (IncidentState.SUBMITTED, IncidentState.UNDER_REVIEW, IncidentState.ROUTED)
    if incident.state not in waiting:
        raise Refused("reference", _("This report cannot be added to a case in its current status."))
    join_incident(uow, case, incident)
    if incident.state is not IncidentState.ROUTED:
        set_state(uow, incident, IncidentState.ROUTED)
    return case.id
