"""What becomes of a term: its result, a correction with a reason, or another term by consent."""

from datetime import date
from operator import attrgetter
from typing import Any, Final, NamedTuple

from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.validators import Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor
from wss_cases.access.permissions import Permission
from wss_cases.cases.progress import open_only
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import close_row
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, existing, refuse_blank
from wss_cases.foundation.forms import LongText, PlainForm, ShortText, choices, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import day_words, today_at
from wss_cases.journal.acts import Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.circles.agreements.pages import (
    TermDraft,
    draft_in,
    follow_completion,
    new_term,
    pages,
    quick_days,
)
from wss_cases.pathways.circles.agreements.queries import (
    accounts_of,
    get_term,
    may_read_terms,
    owner_choices,
    owner_key,
    owner_names,
)
from wss_cases.pathways.circles.circle.models import MARKED, TERM_TRANSITIONS, TermState
from wss_cases.pathways.circles.circle.pages import on_circle
from wss_cases.pathways.circles.consent import load_any_circle
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of, get_circle_and_state
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm, AgreementTermConsent, must_consent
from wss_cases.pathways.common.actions import follow
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.pathways.common.pages import page_of, people_choices

BY_CONSENT = "changed_by_consent"
"""The outcome of a changed term's follow-up."""


class Term(NamedTuple):
    """A term with its circle."""

    row: Pathway
    circle: Circle
    term: AgreementTerm


def find_term(actor: Actor, case_id: int, pathway_id: int, term_id: int) -> Term:
    """A term of this circle, at one of the actor's schools. Raises NotFound."""
    row, circle = get_circle_and_state(actor, case_id, pathway_id)
    term, agreement = get_term(actor, term_id)
    if agreement.pathway_id != row.id:
        raise NotFound
    return Term(row, circle, term)


def _of_row(term: AgreementTerm) -> Term:
    row = db.session.get_one(Pathway, term.agreement.pathway_id)
    return Term(row, circle_of(row), term)


def find_readable_term(actor: Actor, case_id: int, pathway_id: int, term_id: int) -> Term:
    """A term of this circle whose text the actor may read. Raises NotFound."""
    at = find_term(actor, case_id, pathway_id, term_id)
    if not may_read_terms(actor, at.row, at.circle):
        raise NotFound
    return at


LOCKED: Final[dict[str, Any]] = {
    "row": attrgetter("term"), "seen": _of_row, "of": attrgetter("agreement"),
    "above": lambda term: (Pathway, term.agreement.pathway_id),
}  # fmt: skip
TERM = Subject(AgreementTerm, find_term, **LOCKED)
"""A term, for an act on it. The pathway is locked first, as in every act on a circle."""
READABLE_TERM = Subject(AgreementTerm, find_readable_term, **LOCKED)


class TermForm(PlainForm):
    """The result of a term. The fields from `text` on are for a change by consent.

    A term with a result is corrected: the form then asks only for the right result and the reason.
    """

    state = radio(_l("Result"), [], _l("Choose the result."))
    on_day = DateField(_l("On which day?"), validators=[Optional()])
    why = LongText(
        _l("Reason it is excused"), [Optional()], limit=1000, description=_l("Never what was said in the circle.")
    )
    text = LongText(_l("What was agreed instead"), [Optional()], limit=1000)
    owner = SelectField(_l("Person responsible"), validators=[Optional()])
    due_on = DateField(_l("Due by"), validators=[Optional()])
    evidence = ShortText(_l("What counts as done"), [Optional()], limit=300)
    consented = SelectMultipleField(_l("Who consented to the change"), validators=[Optional()])

    def fit(self, at: Term) -> None:
        """Offer the results that the term may get, and the people of the circle."""
        row, circle, term = at
        is_marked, labels = term.state in MARKED, TermState.labels()
        results = TERM_TRANSITIONS[term.state] if is_marked else TERM_TRANSITIONS[TermState.OPEN]
        self.state.choices = choices([(state, labels[state]) for state in TermState if state in results])
        if is_marked:
            for name in ("on_day", "text", "owner", "due_on", "evidence", "consented"):
                del self[name]
            return
        self.consented.choices = people_choices(circle.names)
        owners = owner_choices(row, circle, today_at(row.school_id, clock.now()))
        self.owner.choices = choices([("", _("Everyone")), *owners.items()])


def _start(at: Term) -> dict[str, Any]:
    row, circle, term = at
    if term.state in MARKED:
        return {}
    reads = may_read_terms(current_actor(), row, circle)
    return {
        "text": term.text if reads else "", "evidence": term.evidence if reads else "", "owner": owner_key(term),
        "due_on": term.due_on, "on_day": today_at(row.school_id, clock.now()),
    }  # fmt: skip


def _on_page(at: Term, _form: PlainForm) -> dict[str, Any]:
    row, circle, term = at
    needed = must_consent(term.agreement, circle.names)
    owner = owner_names(circle, [term]).get(term.id, _("Everyone"))
    facts = [_("%(who)s · due %(day)s", who=owner, day=day_words(term.due_on))]
    if may_read_terms(current_actor(), row, circle):
        facts.insert(0, term.text)
        if term.evidence:
            facts.append(_("Counts as done when: %(evidence)s", evidence=term.evidence))
    if term.state in MARKED:
        facts.append(_("Updated: %(state)s.", state=term.state.label))
    return on_circle(
        row, facts=facts, marked=term.state is TermState.CHANGED, quick=quick_days(row.school_id),
        needed=", ".join(name for key, name in circle.names.items() if key in needed),
    )  # fmt: skip


def _title(at: Term) -> str:
    number = at.term.position
    if at.term.state in MARKED:
        return _("Correct term %(number)d of the agreement", number=number)
    return _("Term %(number)d of the agreement", number=number)


@pages.act(
    "/terms/<int:term_id>", TERM, TermForm, Permission.CASE_WORK, endpoint="term", title=_title,
    button=lambda at: _("Save the correction") if at.term.state in MARKED else _("Save"), start=_start,
    then=lambda at, _id: page_of(at.row), template="pathways/circles/agreements/term.html", more=_on_page,
)  # fmt: skip
def update_term(uow: UnitOfWork, term: AgreementTerm, form: TermForm) -> None:
    """Record the result of a term, correct it, or replace the term by consent. Its follow-up closes.

    Terms outlive their circle, so a term can be updated after the circle ended. The result counts on `on_day` (None:
    today). The person responsible never updates it.
    """
    row, agreement = _of_open_case(uow, term)
    state, why = TermState(form.state.data), form.why.data
    if "text" not in form:
        _correct(uow, row, term, state, why)
    elif state is TermState.CHANGED:
        _change(uow, row, agreement, term, form)
    else:
        if state is TermState.EXCUSED:
            refuse_blank("why", why, _("Enter the reason it is excused."))
            term.why = why
        _not_early(uow, row, term, state)
        if form.on_day.data is not None:
            _in_its_time(agreement, term, state, form.on_day.data, today_at(row.school_id, uow.now))
        _mark(uow, agreement, term, state, form.on_day.data)


def _of_open_case(uow: UnitOfWork, term: AgreementTerm) -> tuple[Pathway, Agreement]:
    row = load_any_circle(uow, term.agreement.pathway_id)
    open_only(row.case)
    return row, uow.load(Agreement, term.agreement_id, Permission.CASE_WORK)


def _correct(uow: UnitOfWork, row: Pathway, term: AgreementTerm, state: TermState, why: str) -> None:
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
    uow.record(term, "agreement.term_corrected", case_id=row.case_id, **change)


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


def _change(uow: UnitOfWork, row: Pathway, agreement: Agreement, term: AgreementTerm, form: TermForm) -> None:
    """Replace a term by a new one with its own follow-up. Everyone whom the agreement binds must consent."""
    if form.due_on.data is None:
        raise Refused("due_on", _("Choose a due date."))
    if row.state not in LIVE:
        raise Refused("", _("This pathway has ended."))
    refuse_blank("text", form.text.data, _("Write what was agreed instead."))
    if form.due_on.data < today_at(row.school_id, uow.now):
        raise Refused("due_on", _("Choose today or a later day."))
    names, consented = circle_of(row).names, {int(key) for key in form.consented.data or ()}
    missing = [names.get(key, "") for key in sorted(must_consent(agreement, names) - consented)]
    if missing:
        words = _("Everyone who agreed must consent: %(names)s.", names=", ".join(missing))
        raise Refused("consented", words)
    _mark(uow, agreement, term, TermState.CHANGED)
    _replace(uow, row, agreement, term, draft_in(form), consented & set(names))


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
    term = existing(uow.session.get(AgreementTerm, term_id))
    _row, agreement = _of_open_case(uow, term)
    uow.session.refresh(term, with_for_update=True)
    _mark(uow, agreement, term, TermState.CHANGED)
    return term


ROOM = Room(pages=(pages,))
