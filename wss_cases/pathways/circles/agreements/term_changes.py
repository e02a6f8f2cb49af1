"""What became of a term: kept, late, not kept, or changed by consent into another one."""

from collections.abc import Collection

from wss_cases.access.permissions import Permission
from wss_cases.cases.progress.actions import open_only
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making.actions import close_row
from wss_cases.foundation.errors import Refused, Stale, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.agreements.actions import TermDraft, follow_completion, new_term
from wss_cases.pathways.circles.agreements.queries import accounts_of
from wss_cases.pathways.circles.circle.states import TERM_TRANSITIONS, TermState
from wss_cases.pathways.circles.consent.actions import load_any_circle
from wss_cases.pathways.circles.requirements.queries import circle_of
from wss_cases.pathways.circles.terms.models import Agreement, AgreementTerm, AgreementTermConsent
from wss_cases.pathways.circles.terms.rules import must_consent
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE

BY_CONSENT = "changed_by_consent"
"""How the follow-up of a changed term closes."""


@use_case
def mark_term(uow: UnitOfWork, term_id: int, state: TermState) -> int:
    """Say whether a term was kept; its follow-up closes with it. Returns the pathway's id.

    What was promised outlives its circle: a term is marked after it ended, too. Raises Refused when it was marked
    already, when the one who marks owns the term, or for a change, which needs its new words (see `change_term`).
    """
    row, agreement, term = _load(uow, term_id, uow.version)
    if state is TermState.CHANGED:
        raise Refused("text", _("Write what was agreed instead."))
    _mark(uow, agreement, term, state)
    return row.id


@use_case
def change_term(uow: UnitOfWork, term_id: int, draft: TermDraft, consented: Collection[int]) -> int:
    """Replace a term by another one that everybody it binds consented to. Returns the pathway's id.

    The new term has a follow-up of its own and belongs to the same person, whoever the draft names.
    Raises Refused as `mark_term` does, for no new words, a day that is over, a consent that is missing, or a circle
    that has ended.
    """
    row, agreement, term = _load(uow, term_id, uow.version)
    if row.state not in LIVE:
        raise Refused("", _("This pathway has ended."))
    names = circle_of(row).names
    if not draft.text.strip():
        raise Refused("text", _("Write what was agreed instead."))
    if draft.due_on < today_at(row.school_id, uow.now):
        raise Refused("due_on", _("Choose today or a later day."))
    missing = [names.get(key, "") for key in sorted(must_consent(agreement, names) - set(consented))]
    if missing:
        words = _("Everybody who agreed must consent: %(names)s.", names=", ".join(missing))
        raise Refused("consented", words)
    _mark(uow, agreement, term, TermState.CHANGED)
    same_owner = TermDraft(draft.text, term.owner_participant_id, draft.due_on, draft.evidence)
    _replace(uow, row, agreement, term, same_owner, set(consented) & set(names))
    return row.id


def _replace(
    uow: UnitOfWork, row: Pathway, agreement: Agreement, term: AgreementTerm, draft: TermDraft, by: set[int]
) -> None:
    position = max(one.position for one in agreement.terms) + 1
    new = new_term(uow, row, position, draft)
    new.replaces_id = term.id
    agreement.terms.append(new)
    uow.session.flush()
    for participant_id in sorted(by):
        uow.session.add(AgreementTermConsent(term_id=new.id, participant_id=participant_id))
    replaced = {"position": position, "replaces": term.position}
    uow.record(new, "agreement.term_replaced", case_id=agreement.case_id, **replaced)
    follow_completion(uow, row, agreement)


def _load(uow: UnitOfWork, term_id: int, version: int | None) -> tuple[Pathway, Agreement, AgreementTerm]:
    term = existing(uow.session.get(AgreementTerm, term_id))
    # the pathway is locked first, as everywhere
    row = load_any_circle(uow, uow.session.get_one(Agreement, term.agreement_id).pathway_id)
    open_only(row.case)
    agreement = uow.load(Agreement, term.agreement_id, Permission.CASE_WORK)
    uow.session.refresh(term, with_for_update=True)
    if version is not None and term.version != version:
        raise Stale
    return row, agreement, term


def _mark(uow: UnitOfWork, agreement: Agreement, term: AgreementTerm, state: TermState) -> None:
    if state not in TERM_TRANSITIONS[term.state]:
        raise Refused("", _("This term was marked already."))
    if term.owner_participant_id and uow.actor.user_id in accounts_of([term.owner_participant_id]):
        raise Refused("", _("Somebody other than the term's owner marks it."))
    term.state, term.decided_at, term.decided_by_id = state, uow.now, uow.actor.user_id
    uow.record(term, "agreement.term_marked", case_id=agreement.case_id, position=term.position, state=state.value)
    follow_up = uow.session.get(FollowUp, term.follow_up_id) if term.follow_up_id else None
    if follow_up is not None and follow_up.state is FollowUpState.OPEN:
        close_row(uow, follow_up, BY_CONSENT if state is TermState.CHANGED else state.value)


def release_term(uow: UnitOfWork, term_id: int) -> AgreementTerm:
    """Close an open term at this school when its owner moves to another one, which follows it up.

    Raises Refused for a term that was marked already, NotFound without one.
    """
    _row, agreement, term = _load(uow, term_id, None)
    _mark(uow, agreement, term, TermState.CHANGED)
    return term
