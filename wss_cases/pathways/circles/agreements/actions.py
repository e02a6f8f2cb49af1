"""Recording what was agreed in a circle, with the follow-ups of its terms."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import CaseState
from wss_cases.cases.case.pages import advance
from wss_cases.followups.making import cancel_row
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.mail.family_texts.queries import family_texts
from wss_cases.pathways.circles.agreements.queries import staff_of
from wss_cases.pathways.circles.consent import load_circle
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of
from wss_cases.pathways.circles.terms import COMPLETION, Agreement, AgreementTerm, met_again, open_terms
from wss_cases.pathways.common.actions import follow, follow_event, open_follow_ups
from wss_cases.pathways.common.rules import Pathway

MOST_TERMS = 12
HEAD = "agreement_head"


@dataclass(frozen=True)
class TermDraft:
    """A term as it was typed. The owner is a party, a member of staff, or everyone (both ids None)."""

    text: str
    owner_participant_id: int | None
    due_on: date
    evidence: str
    owner_user_id: int | None = None


@use_case
def make_agreement(uow: UnitOfWork, pathway_id: int, terms: Sequence[TermDraft]) -> int:
    """Record what was agreed in a circle that was held. Follow-ups are made for each term, the check-ins and the end.

    A circle that met again adds terms to its first agreement. Returns the agreement's id. Raises Refused before a
    meeting was held, for a second agreement without another meeting, without terms, and for a term that is blank, due
    in the past, or owned by someone who was not invited.
    """
    row = load_circle(uow, pathway_id)
    circle = circle_of(row)
    if not circle.was_held:
        raise Refused("", _("First record that the meeting took place."))
    if circle.agreement is not None and not met_again(row.held_on, circle.agreement):
        raise Refused("", _("This circle already has an agreement. After it meets again it can make another."))
    today = today_at(row.school_id, uow.now)
    _check_terms(terms, set(circle.names), set(staff_of(row.school_id, today)), today)
    if circle.agreement is not None:
        agreement, later = uow.load(Agreement, circle.agreement.id, Permission.CASE_WORK), row.held_on
    else:
        agreement, later = uow.add(Agreement.of(row, agreed_on=row.held_on or today)), None
    first = max((term.position for term in agreement.terms), default=0) + 1
    for position, draft in enumerate(terms, start=first):
        term = new_term(uow, row, position, draft)
        term.agreed_on = later
        agreement.terms.append(term)
    uow.record(agreement, "agreement.made", terms=len(terms))
    _follow_agreement(uow, row, circle, agreement, today)
    advance(uow, row.case, CaseState.MONITORING)
    return agreement.id


def _follow_agreement(uow: UnitOfWork, row: Pathway, circle: Circle, agreement: Agreement, today: date) -> None:
    follow_event(uow, row, "agreement_made", of_case=True)
    follow_completion(uow, row, agreement)
    languages = {person.student.language for person in circle.invited if person.student is not None}
    for language in sorted(code for code in languages if code):
        text = family_texts([HEAD], language, today).get(HEAD)
        if text is None or not language.startswith(text.language):
            follow_event(uow, row, "interpreter_needed")


def follow_completion(uow: UnitOfWork, row: Pathway, agreement: Agreement) -> None:
    """Plan the completion meeting of an agreement: its follow-up is due with the last open term."""
    due_on = max(term.due_on for term in open_terms(agreement))
    planned = next(iter(open_follow_ups(uow, row.id, COMPLETION)), None)
    if planned is not None and planned.due_on >= due_on:
        return
    if planned is not None:
        cancel_row(uow, planned, _("A term of the agreement is now due later."))
    follow(uow, row, COMPLETION, due_on)


def _check_terms(terms: Sequence[TermDraft], invited: Collection[int], staff: Collection[int], today: date) -> None:
    if not terms:
        raise Refused("", _("Write at least one term."))
    if len(terms) > MOST_TERMS:
        raise Refused("", _("An agreement can have at most %(most)d terms.", most=MOST_TERMS))
    for position, term in enumerate(terms, start=1):
        if not term.text.strip():
            raise Refused("", _("Term %(position)d: write what was agreed.", position=position))
        if term.due_on < today:
            raise Refused("", _("Term %(position)d: choose today or a later day.", position=position))
        if not may_own(term, invited, staff):
            raise Refused("", _("Term %(position)d: choose a person from this circle.", position=position))


def may_own(term: TermDraft, invited: Collection[int], staff: Collection[int]) -> bool:
    """Whether the owner of a term is an invited party, a member of the school's staff, or everyone."""
    if term.owner_user_id is not None:
        return term.owner_participant_id is None and term.owner_user_id in staff
    return term.owner_participant_id is None or term.owner_participant_id in invited


def new_term(uow: UnitOfWork, row: Pathway, position: int, draft: TermDraft) -> AgreementTerm:
    """A new term with its follow-up; the caller adds it to the agreement."""
    follow_up = follow(uow, row, "agreement_term", draft.due_on)
    return AgreementTerm(position=position, follow_up_id=follow_up.id, **vars(draft))
