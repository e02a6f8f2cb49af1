"""Use cases: record and sign a circle's agreement, name parties on its copies, complete the circle."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import CaseState
from wss_cases.cases.case.pages import advance
from wss_cases.followups.making import cancel_row
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.mail.family_texts.queries import family_texts
from wss_cases.pathways.circles.agreements.queries import person_key, signers_of, staff_of
from wss_cases.pathways.circles.consent import load_circle
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of
from wss_cases.pathways.circles.terms import (
    COMPLETION,
    Agreement,
    AgreementSignature,
    AgreementTerm,
    SignatureManner,
    WithoutMeeting,
    completion_held,
    last_agreed,
    met_again,
    open_terms,
    signed_now,
)
from wss_cases.pathways.common.actions import (
    close_open,
    follow,
    follow_event,
    not_later,
    note_completion,
    open_follow_ups,
)
from wss_cases.pathways.common.rules import Pathway

MOST_TERMS = 12
HEAD = "agreement_head"
NO_AGREEMENT = "held_without_agreement"


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


@use_case
def sign(uow: UnitOfWork, pathway_id: int, signers: Collection[str], manner: SignatureManner, signed_on: date) -> int:
    """Record who signed, when and how; `signers` are keys of `signers_of`. Returns the pathway's id.

    Raises Refused without an agreement or signers, for someone who signed already or may not sign, and for a day before
    the agreement or after today.
    """
    row = load_circle(uow, pathway_id)
    circle = circle_of(row)
    if circle.agreement is None:
        raise Refused("", _("Record the agreement first."))
    agreement = uow.load(Agreement, circle.agreement.id, Permission.CASE_WORK)
    not_later(uow, row.school_id, "signed_on", signed_on)
    if signed_on < last_agreed(agreement):
        raise Refused("signed_on", _("Choose the day of the agreement or a later one."))
    may_sign = {signer.key: signer for signer in signers_of(row, circle)}
    if not signers or not set(signers) <= set(may_sign):
        raise Refused("signers", _("Check who signed."))
    if set(signers) & {person_key(signature) for signature in signed_now(agreement)}:
        raise Refused("signers", _("One of them has already signed."))
    for key in sorted(signers):
        column = {"party": "participant_id", "supporter": "supporter_id", "keeper": "keeper_user_id"}[
            may_sign[key].kind
        ]
        before = next((earlier for earlier in agreement.signatures if person_key(earlier) == key), None)
        signature = before or AgreementSignature(agreement_id=agreement.id)
        signature.manner, signature.signed_on = manner, signed_on
        signature.recorded_at, signature.recorded_by_id = uow.now, uow.actor.user_id
        setattr(signature, column, may_sign[key].id)
        uow.record(signature, "agreement.signed", case_id=agreement.case_id)
    return row.id


@use_case
def name_on_copies(uow: UnitOfWork, pathway_id: int, participant_ids: Collection[int]) -> int:
    """Record which parties agree that their names stand on the others' copies. Returns the pathway's id.

    Raises Refused without an agreement, and for someone who is not a party.
    """
    row = load_circle(uow, pathway_id)
    circle = circle_of(row)
    if circle.agreement is None:
        raise Refused("", _("Record the agreement first."))
    if not set(participant_ids) <= set(circle.names):
        raise Refused("named", _("Choose people from this circle."))
    agreement = uow.load(Agreement, circle.agreement.id, Permission.CASE_WORK)
    agreement.named = sorted(participant_ids)
    uow.record(agreement, "agreement.named")
    return row.id


@use_case
def complete_circle(
    uow: UnitOfWork, pathway_id: int, outcome: str, note: str, *, without_meeting: WithoutMeeting | None = None
) -> int:
    """Complete a circle with its outcome. Returns the pathway's id.

    Raises Refused when no meeting was held, when one is planned, and when a term is open. An agreement also needs its
    completion meeting, or a reason why there was none.
    """
    row = load_circle(uow, pathway_id, uow.version)
    circle = circle_of(row)
    if not circle.was_held or circle.waiting is not None:
        raise Refused("", _("First answer whether the meeting took place."))
    if circle.agreement is not None:
        _end_agreement(uow, row, circle, without_meeting)
    if (outcome == NO_AGREEMENT) != (circle.agreement is None):
        raise Refused("outcome", _("Choose an outcome that matches: was anything agreed?"))
    note_completion(uow, row, outcome, note)
    return row.id


def _end_agreement(uow: UnitOfWork, row: Pathway, circle: Circle, without_meeting: WithoutMeeting | None) -> None:
    if circle.agreement is None:
        raise NotFound
    left = [str(term.position) for term in open_terms(circle.agreement)]
    if left:
        raise Refused("", _("These terms are not updated yet: %(terms)s.", terms=", ".join(left)))
    was_held = completion_held(circle)
    if not was_held:
        if without_meeting is None:
            words = _("Hold the agreement completion meeting, or choose why there was none.")
            raise Refused("without_meeting", words)
        agreement = uow.load(Agreement, circle.agreement.id, Permission.CASE_WORK)
        agreement.without_meeting = without_meeting
        uow.record(agreement, "agreement.without_meeting", reason=without_meeting.value)
    close_open(uow, row.id, COMPLETION, "held" if was_held else "not_possible")
