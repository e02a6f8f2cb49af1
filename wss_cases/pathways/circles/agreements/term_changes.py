"""Use cases: record the result of a term, correct it, or replace the term by consent."""

from collections.abc import Collection
from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.cases.progress import open_only
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import close_row
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.errors import Refused, Stale, existing, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.agreements.actions import TermDraft, follow_completion, may_own, new_term
from wss_cases.pathways.circles.agreements.queries import accounts_of, staff_of
from wss_cases.pathways.circles.circle.models import TERM_TRANSITIONS, TermState
from wss_cases.pathways.circles.consent import load_any_circle
from wss_cases.pathways.circles.requirements.queries import circle_of
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm, AgreementTermConsent, must_consent
from wss_cases.pathways.common.actions import follow
from wss_cases.pathways.common.rules import LIVE, Pathway

BY_CONSENT = "changed_by_consent"
"""The outcome of a changed term's follow-up."""


@use_case
def mark_term(uow: UnitOfWork, term_id: int, state: TermState, why: str = "", on: date | None = None) -> int:
    """Record whether a term was kept, or excuse it with a reason. Its follow-up closes. Returns the pathway's id.

    Terms outlive their circle, so a term can be marked after the circle ended. The result counts on day `on` (None:
    today). Raises Refused when the term was marked already, when the actor owns it, before its due day, for a day
    before the agreement or in the future, for "kept" on a day after its due day, for an excuse without a reason, and
    for a change (see `change_term`).
    """
    row, agreement, term = _load(uow, term_id, uow.version)
    if state is TermState.CHANGED:
        raise Refused("text", _("Write what was agreed instead."))
    if state is TermState.EXCUSED:
        refuse_blank("why", why, _("Enter the reason it is excused."))
        term.why = why
    _not_early(uow, row, term, state)
    if on is not None:
        _in_its_time(agreement, term, state, on, today_at(row.school_id, uow.now))
    _mark(uow, agreement, term, state, on)
    return row.id


@use_case
def correct_term(uow: UnitOfWork, term_id: int, state: TermState, why: str) -> int:
    """Correct the result of a term, or open it again, with a reason. Returns the pathway's id.

    Raises Refused for a term that is open or was changed, without a reason, for the term's owner, and before its due
    day.
    """
    row, agreement, term = _load(uow, term_id, uow.version)
    was = term.state
    if was is TermState.OPEN or state not in TERM_TRANSITIONS[was]:
        raise Refused("state", _("Choose the result."))
    refuse_blank("why", why, _("Enter the reason for the correction."))
    _not_owner(uow, term)
    _not_early(uow, row, term, state)
    is_open = state is TermState.OPEN
    term.state, term.why = state, why
    term.decided_at, term.decided_by_id = (None, None) if is_open else (uow.now, uow.actor.user_id)
    if is_open:
        due_on = max(term.due_on, today_at(row.school_id, uow.now))
        term.follow_up_id = follow(uow, row, "agreement_term", due_on).id
    change = {"position": term.position, "was": was.value, "state": state.value}
    uow.record(term, "agreement.term_corrected", case_id=agreement.case_id, **change)
    return row.id


def _not_early(uow: UnitOfWork, row: Pathway, term: AgreementTerm, state: TermState) -> None:
    if state in (TermState.KEPT, TermState.LATE) and term.due_on > today_at(row.school_id, uow.now):
        day = day_words(term.due_on)
        raise Refused("state", _("It is due on %(day)s. From that day on, record whether it was done.", day=day))


def _in_its_time(agreement: Agreement, term: AgreementTerm, state: TermState, on: date, today: date) -> None:
    if not (term.agreed_on or agreement.agreed_on) <= on <= today:
        raise Refused("on_day", _("Choose a day between the agreement and today."))
    if state is TermState.KEPT and on > term.due_on:
        words = _("It was due on %(day)s. Choose “done late”, or correct the day.", day=day_words(term.due_on))
        raise Refused("on_day", words)


def _not_owner(uow: UnitOfWork, term: AgreementTerm) -> None:
    own = accounts_of([term.owner_participant_id]) if term.owner_participant_id else {term.owner_user_id}
    if uow.actor.user_id is not None and uow.actor.user_id in own:
        raise Refused("", _("Someone other than the person responsible must update it."))


@use_case
def change_term(uow: UnitOfWork, term_id: int, draft: TermDraft, consented: Collection[int]) -> int:
    """Replace a term by a new one. Everyone whom the agreement binds must consent. Returns the pathway's id.

    The new term has its own text, due day, owner and follow-up. Raises Refused as `mark_term` does, and without text,
    for a past day, a missing consent, or a circle that has ended.
    """
    row, agreement, term = _load(uow, term_id, uow.version)
    if row.state not in LIVE:
        raise Refused("", _("This pathway has ended."))
    names = circle_of(row).names
    if not draft.text.strip():
        raise Refused("text", _("Write what was agreed instead."))
    if draft.due_on < today_at(row.school_id, uow.now):
        raise Refused("due_on", _("Choose today or a later day."))
    if not may_own(draft, names, staff_of(row.school_id, today_at(row.school_id, uow.now))):
        raise Refused("owner", _("Choose people from this circle."))
    missing = [names.get(key, "") for key in sorted(must_consent(agreement, names) - set(consented))]
    if missing:
        words = _("Everyone who agreed must consent: %(names)s.", names=", ".join(missing))
        raise Refused("consented", words)
    _mark(uow, agreement, term, TermState.CHANGED)
    _replace(uow, row, agreement, term, draft, set(consented) & set(names))
    return row.id


def _replace(
    uow: UnitOfWork, row: Pathway, agreement: Agreement, term: AgreementTerm, draft: TermDraft, by: set[int]
) -> None:
    position = max(earlier.position for earlier in agreement.terms) + 1
    new = new_term(uow, row, position, draft)
    new.replaces_id, new.agreed_on = term.id, term.agreed_on
    agreement.terms.append(new)
    uow.session.flush()
    for participant_id in sorted(by):
        uow.session.add(AgreementTermConsent(term_id=new.id, participant_id=participant_id))
    replaced = {"position": position, "replaces": term.position}
    uow.record(new, "agreement.term_replaced", case_id=agreement.case_id, **replaced)
    follow_completion(uow, row, agreement)


def _load(uow: UnitOfWork, term_id: int, version: int | None) -> tuple[Pathway, Agreement, AgreementTerm]:
    term = existing(uow.session.get(AgreementTerm, term_id))
    # the pathway is locked first, as in every use case of circles
    row = load_any_circle(uow, uow.session.get_one(Agreement, term.agreement_id).pathway_id)
    open_only(row.case)
    agreement = uow.load(Agreement, term.agreement_id, Permission.CASE_WORK)
    uow.session.refresh(term, with_for_update=True)
    if version is not None and term.version != version:
        raise Stale
    return row, agreement, term


def _mark(uow: UnitOfWork, agreement: Agreement, term: AgreementTerm, state: TermState, on: date | None = None) -> None:
    if term.state is not TermState.OPEN or state not in TERM_TRANSITIONS[TermState.OPEN]:
        raise Refused("", _("This term was already updated."))
    _not_owner(uow, term)
    term.state, term.decided_at, term.decided_by_id = state, uow.now, uow.actor.user_id
    uow.record(term, "agreement.term_marked", case_id=agreement.case_id, position=term.position, state=state.value)
    follow_up = uow.session.get(FollowUp, term.follow_up_id) if term.follow_up_id else None
    if follow_up is not None and follow_up.state is FollowUpState.OPEN:
        shown = {"on": on.isoformat()} if on is not None else None
        close_row(uow, follow_up, BY_CONSENT if state is TermState.CHANGED else state.value, evidence=shown)


def release_term(uow: UnitOfWork, term_id: int) -> AgreementTerm:
    """Close an open term here because its owner moves to another school, which follows it up.

    Raises Refused for a term that was marked already, and NotFound.
    """
    _row, agreement, term = _load(uow, term_id, None)
    _mark(uow, agreement, term, TermState.CHANGED)
    return term
