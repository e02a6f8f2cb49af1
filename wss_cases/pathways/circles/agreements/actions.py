"""What a held circle agreed, what became of each term, and the end of the circle."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.cases.actions import advance
from wss_cases.cases.actions_work import open_only, today_at
from wss_cases.cases.models import Case, CaseParticipant
from wss_cases.cases.states import CaseState
from wss_cases.followups.actions import close_row, make, make_for_event
from wss_cases.followups.models import FollowUp, FollowUpState
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.models import IncidentPerson
from wss_cases.journal.unit import UnitOfWork, unit_of_work
from wss_cases.pathways.circles.actions import load_circle
from wss_cases.pathways.circles.agreements.models import Agreement, AgreementTerm
from wss_cases.pathways.circles.queries import circle_of
from wss_cases.pathways.circles.states import TERM_TRANSITIONS, TermState
from wss_cases.pathways.common.actions_life import note_completion
from wss_cases.pathways.common.models import Pathway

Key = str | None
MOST_TERMS = 12


@dataclass(frozen=True)
class TermDraft:
    """One promise as it was typed."""

    text: str
    owner_participant_id: int | None
    due_on: date
    evidence: str


def make_agreement(
    actor: Actor, pathway_id: int, terms: Sequence[TermDraft], now: datetime, request_key: Key = None
) -> int:
    """Record what was agreed in a held circle. Each term gets a follow-up, the agreement its check-ins.

    Returns the agreement's id. Raises Refused before a meeting was held, for a second agreement, for no term,
    or a term that is blank, due in the past, or owned by somebody who was not invited.
    """
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        row = load_circle(uow, pathway_id)
        circle = circle_of(row)
        if not circle.was_held:
            raise Refused("", _("Say first that the meeting happened."))
        if circle.agreement is not None:
            raise Refused("", _("This circle has its agreement already."))
        today = today_at(uow, row.school_id)
        _check_terms(terms, {person.id for person in circle.invited}, today)
        agreement = uow.add(
            Agreement(
                pathway_id=row.id,
                case_id=row.case_id,
                school_id=row.school_id,
                agreed_on=row.held_on or today,
            )
        )
        for position, draft in enumerate(terms, start=1):
            _add_term(uow, row, agreement, position, draft)
        uow.record(agreement, "agreement.made", terms=len(terms))
        _add_check_ins(uow, row, today)
        advance(uow, row.case, CaseState.MONITORING)
        uow.answer = agreement.id
        return agreement.id


def _add_check_ins(uow: UnitOfWork, row: Pathway, today: date) -> None:
    make_for_event(
        uow,
        "agreement_made",
        school_id=row.school_id,
        owner_id=row.owner_id or row.case.lead_id,
        from_day=today,
        case_id=row.case_id,
    )


def _check_terms(terms: Sequence[TermDraft], invited: Collection[int], today: date) -> None:
    if not terms:
        raise Refused("", _("Write at least one term."))
    if len(terms) > MOST_TERMS:
        raise Refused("", _("An agreement has at most %(most)d terms.", most=MOST_TERMS))
    for position, term in enumerate(terms, start=1):
        if not term.text.strip():
            raise Refused("", _("Term %(position)d: write what was agreed.", position=position))
        if term.due_on < today:
            raise Refused("", _("Term %(position)d: choose today or a later day.", position=position))
        if term.owner_participant_id is not None and term.owner_participant_id not in invited:
            raise Refused("", _("Term %(position)d: choose a person of this circle.", position=position))


def _add_term(uow: UnitOfWork, row: Pathway, agreement: Agreement, position: int, draft: TermDraft) -> None:
    follow_up = make(
        uow,
        school_id=row.school_id,
        kind="agreement_term",
        owner_id=row.owner_id or row.case.lead_id,
        due_on=draft.due_on,
        case_id=row.case_id,
        pathway_id=row.id,
    )
    agreement.terms.append(
        AgreementTerm(
            position=position,
            text=draft.text,
            owner_participant_id=draft.owner_participant_id,
            due_on=draft.due_on,
            evidence=draft.evidence,
            follow_up_id=follow_up.id,
        )
    )


def mark_term(
    actor: Actor, term_id: int, state: TermState, version: int | None, now: datetime, request_key: Key = None
) -> int:
    """Say what became of a term; its follow-up closes with it. Returns the pathway's id.

    Raises Refused when it was marked already, or when the one who marks owns the term.
    """
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        term = uow.session.get(AgreementTerm, term_id)
        if term is None:
            raise NotFound
        agreement = uow.load(Agreement, term.agreement_id, Permission.CASE_WORK)
        uow.session.refresh(term, with_for_update=True)
        if version is not None and term.version != version:
            raise Stale
        open_only(uow.load(Case, agreement.case_id, Permission.CASE_WORK))
        mark(uow, agreement, term, state)
        uow.answer = agreement.pathway_id
        return agreement.pathway_id


def mark(uow: UnitOfWork, agreement: Agreement, term: AgreementTerm, state: TermState) -> None:
    """Mark a loaded term and close its follow-up. A step; refusals as in `mark_term`."""
    if state not in TERM_TRANSITIONS[term.state]:
        raise Refused("", _("This term was marked already."))
    if _is_own(uow, term):
        raise Refused("", _("Somebody other than the term's owner marks it."))
    term.state, term.decided_at, term.decided_by_id = state, uow.now, uow.actor.user_id
    uow.record(
        term, "agreement.term_marked", case_id=agreement.case_id, position=term.position, state=state.value
    )
    follow_up = uow.session.get(FollowUp, term.follow_up_id) if term.follow_up_id else None
    if follow_up is not None and follow_up.state is FollowUpState.OPEN:
        close_row(uow, follow_up, state.value)


def _is_own(uow: UnitOfWork, term: AgreementTerm) -> bool:
    owner = uow.session.get(CaseParticipant, term.owner_participant_id) if term.owner_participant_id else None
    if owner is None or owner.incident_person_id is None:
        return False
    person = uow.session.get(IncidentPerson, owner.incident_person_id)
    staff = person.staff if person else None
    return staff is not None and staff.user_id is not None and staff.user_id == uow.actor.user_id


def complete_circle(
    actor: Actor,
    pathway_id: int,
    outcome: str,
    note: str,
    version: int | None,
    now: datetime,
    request_key: Key = None,
) -> int:
    """Complete a circle after its meeting. Raises Refused without a held meeting or while a term is open."""
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        row = load_circle(uow, pathway_id, version)
        circle = circle_of(row)
        if not circle.was_held:
            raise Refused("", _("Say first that the meeting happened."))
        terms = circle.agreement.terms if circle.agreement else []
        left = [str(term.position) for term in terms if term.state is TermState.OPEN]
        if left:
            raise Refused("", _("These terms are not marked yet: %(terms)s.", terms=", ".join(left)))
        note_completion(uow, row, outcome, note)
        uow.answer = row.id
        return row.id
