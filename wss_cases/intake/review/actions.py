"""What a reviewer does beside deciding: check facts, ask the reporter, take no action, open it again."""

from collections.abc import Mapping

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused, Stale, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.details import set_roles
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import set_state, tell_of_danger
from wss_cases.incidents.incident.states import UNDECIDED, IncidentState, PersonRole
from wss_cases.intake.decision.states import NO_ACTION_REASONS, UNFOUNDED, VERIFIED_LABELS
from wss_cases.intake.duplicates.undoing import undo_merge
from wss_cases.intake.open_questions.rules import must_answer
from wss_cases.intake.recommendation.queries import situation
from wss_cases.intake.report.routing import route_incident
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case


def _waiting(uow: UnitOfWork, incident_id: int, version: int | None) -> Incident:
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW, version)
    if incident.state not in UNDECIDED:
        raise Stale
    return incident


@use_case
def check_facts(uow: UnitOfWork, incident_id: int, *, verified: str, danger: bool | None, mutual: bool | None) -> int:
    """Set what only a reviewer says (verified, danger that cannot be de-escalated, mutual) and route again.

    None leaves a fact as it is. Duties that were to be verified become due when the facts are verified.
    """
    incident = _waiting(uow, incident_id, uow.version)
    if verified not in VERIFIED_LABELS:
        raise Refused("verified", _("Answer whether the facts are verified."))
    facts = {**incident.facts, "verified": verified}
    if danger is not None:
        facts["imminent_danger"] = danger
    if mutual is not None:
        facts["mutual"] = mutual
    incident.facts = facts
    if danger and not incident.danger_now:
        incident.danger_now = True
        tell_of_danger(uow, incident)
    uow.record(incident, "review.facts_checked", verified=verified)
    route_incident(uow, incident)
    return incident.id


@use_case
def set_parts(uow: UnitOfWork, incident_id: int, roles: Mapping[int, PersonRole]) -> int:
    """Say who is reported to have caused harm and who was harmed, by the id of each person's row, and route again."""
    incident = _waiting(uow, incident_id, uow.version)
    set_roles(uow, incident, roles)
    uow.record(incident, "review.parts_set")
    route_incident(uow, incident)
    return incident.id


@use_case
def ask_reporter(uow: UnitOfWork, incident_id: int, question: str) -> int:
    """Return a report to its reporter with a question; the duties it raised go on."""
    incident = _waiting(uow, incident_id, uow.version)
    refuse_blank("question", question, _("Write the question."))
    if incident.happened_at_id is not None:
        raise Refused("question", _("It was reported at another school. Ask its dean."))
    if incident.reporter_id == uow.actor.user_id:
        raise Refused("question", _("You reported this yourself. Add what you know to the report."))
    set_state(uow, incident, IncidentState.RETURNED, question=question)
    return incident.id


@use_case
def take_no_action(uow: UnitOfWork, incident_id: int, reason: str, note: str) -> int:
    """Close a report without further action, with a reason; open duties stay open.

    Raises Refused while a question is open, but for a report that is not founded.
    """
    incident = _waiting(uow, incident_id, uow.version)
    if reason not in NO_ACTION_REASONS:
        raise Refused("reason", _("Choose the reason."))
    now = situation(incident.id)
    if reason != UNFOUNDED and must_answer(now.plan, incident, now.people):
        words = _("Answer the open questions first, or choose that it did not happen as reported.")
        raise Refused("reason", words)
    refuse_blank("note", note, _("Enter the reason in a sentence."))
    set_state(uow, incident, IncidentState.NO_FURTHER_ACTION, reason=reason, note=note)
    return incident.id


@use_case
def reopen_review(uow: UnitOfWork, incident_id: int, reason: str) -> int:
    """Take a decided report back into review, with a reason; what was opened from it goes on meanwhile.

    A duplicate is no longer one: see `duplicates.undoing.undo_merge`.
    """
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW, uow.version)
    refuse_blank("reason", reason, _("Enter the reason in a sentence."))
    if incident.state is IncidentState.DUPLICATE:
        undo_merge(uow, incident)
    incident.outcome_reason = ""
    uow.record(incident, "review.reopened", why=reason)
    set_state(uow, incident, IncidentState.UNDER_REVIEW)
    return incident.id
