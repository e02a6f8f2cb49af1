"""Closing and reopening a case, and joining another incident to it."""

from datetime import date

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.actions import reopen_case
from wss_cases.cases.case.models import Case
from wss_cases.cases.case.rules import person_words
from wss_cases.cases.case.states import AgreementKept, CaseResult, CaseState, HarmedSays, ReopenReason
from wss_cases.cases.progress.actions import join_incident, open_only, write_note
from wss_cases.cases.safety_plans.queries import living_plans
from wss_cases.casework.case_file.queries import count_open_follow_ups, open_duties_of, other_case_of
from wss_cases.followups.making.actions import cancel_open
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.actions import set_state
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.agreements.queries import open_terms_of
from wss_cases.pathways.common.queries import pathways_of
from wss_cases.pathways.common.states import LIVE, Kind
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.pathways.referrals.referral.states import OPEN as OPEN_REFERRAL
from wss_cases.routing.engine.states import Duty


def blockers(case: Case) -> list[str]:
    """Return what stands in the way of closing, a sentence each.

    Open legal duties, live pathways, open terms, referrals that are with a partner, safety plans that have not ended.
    """
    duties = [str(Duty(duty.code).label) if duty.code in set(Duty) else duty.code for duty in open_duties_of(case.id)]
    kinds = [str(Kind(row.kind).label) for row in pathways_of(case.id) if row.state in LIVE]
    terms = [str(term.position) for term in open_terms_of(case.id)]
    plans = [person_words(plan.participant) for plan in living_plans(case.id)]
    partners = select(Referral.partner_name).where(Referral.case_id == case.id, Referral.state.in_(OPEN_REFERRAL))
    referrals = db.session.scalars(partners.order_by(Referral.id))
    return [
        *(_("Legal duty still open: %(duty)s", duty=duty) for duty in duties),
        *(_("Pathway not ended: %(kind)s", kind=kind) for kind in kinds),
        *(_("Agreement term not marked: number %(position)s", position=position) for position in terms),
        *(_("Referral not ended: %(name)s", name=name) for name in referrals),
        *(
            _("Safety plan not ended: %(name)s. End it, or let it go along to a new school.", name=name)
            for name in plans
        ),
    ]


@use_case
def close(
    uow: UnitOfWork,
    case_id: int,
    *,
    result: CaseResult,
    agreement_kept: AgreementKept,
    harmed_says: HarmedSays,
    what_is_left: str,
    cancel_reason: str,
) -> int:
    """Close a case with its three answers and its result.

    Raises Refused naming each open legal duty, live pathway and open term; follow-ups that are open must be settled,
    or are cancelled with the reason given.
    """
    case = uow.load(Case, case_id, Permission.CASE_WORK, uow.version)
    open_only(case)
    standing = blockers(case)
    if standing:
        raise Refused("", _("The case cannot be closed yet. %(why)s", why=" · ".join(standing)))
    left = count_open_follow_ups(case_id)
    if left and not cancel_reason.strip():
        words = ngettext("%(num)d follow-up is open.", "%(num)d follow-ups are open.", left)
        raise Refused("cancel_reason", _("%(open)s Settle it, or say why it is cancelled.", open=words))
    if left:
        cancel_open(uow, case_id=case.id, reason=cancel_reason)
    case.state, case.result, case.closed_at, case.next_review_on = CaseState.CLOSED, result, uow.now, None
    case.agreement_kept, case.harmed_says, case.what_is_left = agreement_kept, harmed_says, what_is_left
    uow.record(case, "case.closed", result=result.value)
    for incident in case.incidents:
        if incident.state is IncidentState.ROUTED:
            set_state(uow, incident, IncidentState.CLOSED)
    return case.id


@use_case
def reopen(uow: UnitOfWork, case_id: int, *, reason: ReopenReason, note: str, review_on: date) -> int:
    """Open a closed case again, with a reason and its next review date; the answers given stay in the audit."""
    case = uow.load(Case, case_id, Permission.CASE_WORK, uow.version)
    if case.state is not CaseState.CLOSED:
        raise Refused("", _("This case is open."))
    if review_on < today_at(case.school_id, uow.now):
        raise Refused("review_on", _("Choose today or a later day."))
    reopen_case(uow, case, reason, review_on)
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
        raise Refused("reference", _("No incident of this school has this number."))
    other = other_case_of(incident.id, case.id)
    if other is not None:
        raise Refused("reference", _("This incident belongs to case %(case)s.", case=other))
    waiting = (IncidentState.SUBMITTED, IncidentState.UNDER_REVIEW, IncidentState.ROUTED)
    if incident.state not in waiting:
        raise Refused("reference", _("This report cannot be joined to a case as it stands."))
    join_incident(uow, case, incident)
    if incident.state is not IncidentState.ROUTED:
        set_state(uow, incident, IncidentState.ROUTED)
    return case.id
