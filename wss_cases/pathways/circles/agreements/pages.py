"""Pages of an agreement: its terms and signatures, the result of each term, and the completion of the circle."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import render_template, request, url_for
from wtforms import DateField, FieldList, Form, FormField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.actions import advance, person_words
from wss_cases.cases.case.models import CaseState
from wss_cases.followups.core.presenters import days_ahead
from wss_cases.followups.making import cancel_row
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, LongText, PlainForm, ShortText, choices, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import day_words, today_at
from wss_cases.journal.acts import Pages
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.mail.family_texts import family_texts
from wss_cases.pathways.circles import terms as termss
from wss_cases.pathways.circles.agreements import queries
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.circle.rules import outcome_of
from wss_cases.pathways.circles.consent import load_circle
from wss_cases.pathways.circles.requirements.presenters import CIRCLE, ON_CIRCLE
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of, get_circle_and_state
from wss_cases.pathways.common import actions
from wss_cases.pathways.common.models import LIVE, Pathway, outcomes_for
from wss_cases.pathways.common.pages import act_context, number, page_of, people_choices
from wss_cases.roster.directory.pages import language_words
from wss_cases.roster.directory.queries import school_days


class TermRow(Form):
    """A term of the agreement. Rows left empty are ignored."""

    text = LongText(_l("What was agreed"), [Optional()], limit=1000)
    owner = SelectField(_l("Person responsible"), validators=[Optional()])
    due_on = DateField(_l("Due by"), validators=[Optional()])
    evidence = ShortText(_l("What counts as done"), [Optional()], limit=300)


class AgreementForm(BaseForm):
    terms = FieldList(FormField(TermRow), min_entries=2, max_entries=12)


MOST_TERMS = 12
HEAD = "agreement_head"
NO_AGREEMENT = "held_without_agreement"
WITHOUT_MEETING = _l("Hold the agreement completion meeting, or choose why there was none.")
TONES = {TermState.KEPT: "moss", TermState.LATE: "sun", TermState.NOT_KEPT: "brick"}


def show(actor: Actor, row: Pathway, circle: Circle, today: date) -> Page:
    """The page of an agreement that was made."""
    agreement = circle.agreement
    assert agreement is not None
    reads, live = queries.may_read_terms(actor, row, circle), row.state in LIVE
    values: dict[str, Any] = {"case_id": row.case_id, "pathway_id": row.id}
    signed = {queries.person_key(signature) for signature in termss.signed_now(agreement)}
    return render_template(
        "pathways/circles/agreements/show.html",
        row=row,
        live=live,
        reads=reads,
        ids=values,
        terms=[term_row(term, circle, reads, values, not row.case.result, today) for term in agreement.terms],
        signatures=signature_rows(row, circle),
        unsigned=[signer.name for signer in queries.signers_of(row, circle) if signer.key not in signed],
        papers=[(party.id, person_words(party), _family_language(party)) for party in circle.invited] if reads else [],
        open_terms=len(termss.open_terms(agreement)),
        ended=_ended(circle),
        again=live and circle.waiting is None,
        another=live and termss.met_again(row.held_on, agreement),
        may_meet=live and termss.completion_meeting_allowed(circle) and circle.waiting is None,
        agreed_on=day_words(agreement.agreed_on),
        **act_context(row, _("Agreement"), ""),
    )


def _family_language(person: Any) -> str:
    """The family's language in words; empty when it is unknown or the sheet exists in it (English, Spanish)."""
    language = person.student.language if person.student is not None else ""
    return language_words(language) if language and language not in ("en", "es") else ""


def term_row(
    term: termss.AgreementTerm, circle: Circle, reads: bool, values: dict[str, Any], workable: bool, today: date
) -> dict[str, Any]:
    """A term as a row of a list; its text only when the actor `reads` it. `workable`: the case is open."""
    owner = queries.owner_names(circle, [term]).get(term.id, _("Everyone"))
    meta = [_("%(who)s · due %(day)s", who=owner, day=day_words(term.due_on))]
    if reads and term.evidence:
        meta.append(_("counts as done when: %(evidence)s", evidence=term.evidence))
    before = next((earlier for earlier in term.agreement.terms if earlier.id == term.replaces_id), None)
    if before is not None:
        meta.append(_("replaces term %(number)d", number=before.position))
    due = term.state is TermState.OPEN and term.due_on <= today
    return {
        "title": f"{term.position}. {term.text}" if reads else _("Term %(number)d", number=term.position),
        "meta": " · ".join(meta),
        "tag": _("Due") if due else str(TermState(term.state).label),
        "tone": "sun" if due else TONES.get(term.state, "slate"),
        "href": url_for("agreements.term", term_id=term.id, **values)
        if workable and term.state is not TermState.CHANGED
        else None,
        "words": _("Update") if term.state is TermState.OPEN else _("Correct"),
    }


def signature_rows(row: Pathway, circle: Circle) -> list[dict[str, Any]]:
    """Who signed, when and how, as rows. `party` is a participant's id; None when a supporter or keeper signed."""
    names = queries.names_by_key(row, circle)
    signatures = circle.agreement.signatures if circle.agreement else []
    return [
        {
            "party": signature.participant_id,
            "keeper": signature.keeper_user_id is not None,
            "name": names.get(queries.person_key(signature), ""),
            "how": str(termss.SignatureManner(signature.manner).label),
            "when": day_words(signature.signed_on),
        }
        for signature in signatures
    ]


def _ended(circle: Circle) -> str:
    if termss.completion_held(circle):
        return _("The agreement completion meeting took place.")
    reason = circle.agreement.without_meeting if circle.agreement else None
    return str(termss.WithoutMeeting(reason).label) if reason else ""


@dataclass(frozen=True)
class TermDraft:
    """A term as it was typed. The owner is a party, a member of staff, or everyone (both ids None)."""

    text: str
    owner_participant_id: int | None
    due_on: date
    evidence: str
    owner_user_id: int | None = None


def draft_in(form: Any) -> TermDraft:
    """The term that a form, or a row of one, holds."""
    owner = form.owner.data or ""
    staff = number(owner.removeprefix(queries.STAFF_KEY)) if owner.startswith(queries.STAFF_KEY) else None
    party = None if staff is not None else number(owner)
    return TermDraft(form.text.data or "", party, form.due_on.data, form.evidence.data or "", staff)


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
    if circle.agreement is not None and not termss.met_again(row.held_on, circle.agreement):
        raise Refused("", _("This circle already has an agreement. After it meets again it can make another."))
    today = today_at(row.school_id, uow.now)
    _check_terms(terms, set(circle.names), set(queries.staff_of(row.school_id, today)), today)
    if circle.agreement is not None:
        agreement, later = uow.load(termss.Agreement, circle.agreement.id, Permission.CASE_WORK), row.held_on
    else:
        agreement, later = uow.add(termss.Agreement.of(row, agreed_on=row.held_on or today)), None
    first = max((term.position for term in agreement.terms), default=0) + 1
    for position, draft in enumerate(terms, start=first):
        term = new_term(uow, row, position, draft)
        term.agreed_on = later
        agreement.terms.append(term)
    uow.record(agreement, "agreement.made", terms=len(terms))
    _follow_agreement(uow, row, circle, agreement, today)
    advance(uow, row.case, CaseState.MONITORING)
    return agreement.id


def _follow_agreement(uow: UnitOfWork, row: Pathway, circle: Circle, agreement: termss.Agreement, today: date) -> None:
    actions.follow_event(uow, row, "agreement_made", of_case=True)
    follow_completion(uow, row, agreement)
    languages = {person.student.language for person in circle.invited if person.student is not None}
    for language in sorted(code for code in languages if code):
        text = family_texts([HEAD], language, today).get(HEAD)
        if text is None or not language.startswith(text.language):
            actions.follow_event(uow, row, "interpreter_needed")


def follow_completion(uow: UnitOfWork, row: Pathway, agreement: termss.Agreement) -> None:
    """Plan the completion meeting of an agreement: its follow-up is due with the last open term."""
    due_on = max(term.due_on for term in termss.open_terms(agreement))
    planned = next(iter(actions.open_follow_ups(uow, row.id, termss.COMPLETION)), None)
    if planned is not None and planned.due_on >= due_on:
        return
    if planned is not None:
        cancel_row(uow, planned, _("A term of the agreement is now due later."))
    actions.follow(uow, row, termss.COMPLETION, due_on)


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
    if term.owner_user_id is not None:
        return term.owner_participant_id is None and term.owner_user_id in staff
    return term.owner_participant_id is None or term.owner_participant_id in invited


def new_term(uow: UnitOfWork, row: Pathway, position: int, draft: TermDraft) -> termss.AgreementTerm:
    """A new term with its follow-up; the caller adds it to the agreement."""
    follow_up = actions.follow(uow, row, "agreement_term", draft.due_on)
    return termss.AgreementTerm(position=position, follow_up_id=follow_up.id, **vars(draft))


pages = Pages("agreements", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")


@pages.route("/agreement", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def agreement(case_id: int, pathway_id: int) -> Page:
    """Show the agreement, or the form that records it. Rows left empty are ignored."""
    actor = current_actor()
    row, circle = get_circle_and_state(actor, case_id, pathway_id)
    another = (
        "again" in request.args and circle.agreement is not None and termss.met_again(row.held_on, circle.agreement)
    )
    if circle.agreement is not None and request.method == "GET" and not another:
        return show(actor, row, circle, today_at(row.school_id, clock.now()))
    form = AgreementForm()
    if "add_row" in request.form and len(form.terms) < MOST_TERMS:
        form.terms.append_entry()
    today = today_at(row.school_id, clock.now())
    owners = choices([("", _("Everyone")), *queries.owner_choices(row, circle, today).items()])
    for entry in form.terms:
        entry.form.owner.choices = owners
    context = {
        "quick": quick_days(row.school_id),
        "held": circle.was_held,
        "full": len(form.terms) >= MOST_TERMS,
        **act_context(row, _("Record the agreement"), _("Save the agreement")),
    }
    if "add_row" in request.form:
        return render_template("pathways/circles/agreements/agreement.html", form=form, **context)
    return form_page(
        form,
        lambda: make_agreement(submitted(form), row.id, _drafts(form)),
        page_of(row),
        "pathways/circles/agreements/agreement.html",
        **context,
    )


def quick_days(school_id: int) -> list[tuple[str, str]]:
    return days_ahead(today_at(school_id, clock.now()), school_days(school_id), 5, 10, 20)


def _drafts(form: AgreementForm) -> list[TermDraft]:
    drafts = []
    for position, entry in enumerate(form.terms, start=1):
        row = entry.form
        if not any(str(value or "").strip() for value in (row.text.data, row.due_on.data, row.evidence.data)):
            continue
        if row.due_on.data is None:
            raise Refused(row.due_on.name, _("Term %(position)d: choose a due date.", position=position))
        drafts.append(draft_in(row))
    return drafts


class SignForm(PlainForm):
    """Who signed, how and when: keys of `signers_of` who have not signed yet."""

    signers = SelectMultipleField(_l("Who signed"), validators=[InputRequired(_l("Check who signed."))], choices=[])
    manner = radio(_l("How"), termss.SignatureManner.labels(), _l("Choose how they signed."))
    signed_on = DateField(_l("On which day"), validators=[InputRequired(_l("Choose a day."))])

    def fit(self, seen: tuple[Pathway, Circle]) -> None:
        """Offer those who have not signed."""
        row, circle = seen
        signed = (
            {queries.person_key(signer) for signer in termss.signed_now(circle.agreement)}
            if circle.agreement
            else set()
        )
        left = [(signer.key, signer.name) for signer in queries.signers_of(row, circle) if signer.key not in signed]
        self.signers.choices = choices(left)


def _agreement_page(seen: tuple[Pathway, Circle], _id: int) -> str:
    return f"{page_of(seen[0])}/agreement"


@pages.act(
    "/agreement/sign", CIRCLE, SignForm, Permission.CASE_WORK, adds=True, **ON_CIRCLE,
    title=_l("Who signed the agreement"), button=_l("Save the signatures"), then=_agreement_page,
    start=lambda seen: {"signed_on": today_at(seen[0].school_id, clock.now())},
)  # fmt: skip
def sign(uow: UnitOfWork, pathway: Pathway, form: SignForm) -> None:
    """Record who signed, when and how, on a day from the agreement until today."""
    row = load_circle(uow, pathway.id)
    circle, signers, signed_on = circle_of(row), form.signers.data, form.signed_on.data
    agreement = _agreement_of(uow, circle)
    actions.not_later(uow, row.school_id, "signed_on", signed_on)
    if signed_on < termss.last_agreed(agreement):
        raise Refused("signed_on", _("Choose the day of the agreement or a later one."))
    may_sign = {signer.key: signer for signer in queries.signers_of(row, circle)}
    if not set(signers) <= set(may_sign):
        raise Refused("signers", _("Check who signed."))
    if set(signers) & {queries.person_key(signature) for signature in termss.signed_now(agreement)}:
        raise Refused("signers", _("One of them has already signed."))
    for key in sorted(signers):
        column = {"party": "participant_id", "supporter": "supporter_id", "keeper": "keeper_user_id"}[
            may_sign[key].kind
        ]
        before = next((earlier for earlier in agreement.signatures if queries.person_key(earlier) == key), None)
        signature = before or termss.AgreementSignature(agreement_id=agreement.id)
        signature.manner, signature.signed_on = termss.SignatureManner(form.manner.data), signed_on
        signature.recorded_at, signature.recorded_by_id = uow.now, uow.actor.user_id
        setattr(signature, column, may_sign[key].id)
        uow.record(signature, "agreement.signed", case_id=agreement.case_id)


def _agreement_of(uow: UnitOfWork, circle: Circle) -> termss.Agreement:
    if circle.agreement is None:
        raise Refused("", _("Record the agreement first."))
    return uow.load(termss.Agreement, circle.agreement.id, Permission.CASE_WORK)


class NamedForm(PlainForm):
    """Which parties agree that their names stand on the others' copies."""

    named = SelectMultipleField(
        _l("Who agrees to have their name on the others’ copies"),
        validators=[Optional()],
        description=_l("Ask each person alone. A copy names another person only if both agree."),
    )

    def fit(self, seen: tuple[Pathway, Circle]) -> None:
        self.named.choices = people_choices(seen[1].names)


@pages.act(
    "/agreement/names", CIRCLE, NamedForm, Permission.CASE_WORK, adds=True, endpoint="names", **ON_CIRCLE,
    title=_l("Names on the copies"), button=_l("Save"), then=_agreement_page,
    start=lambda seen: {"named": seen[1].agreement.named if seen[1].agreement else []},
)  # fmt: skip
def name_on_copies(uow: UnitOfWork, pathway: Pathway, form: NamedForm) -> None:
    """Record which parties may be named on the others' copies, before they sign."""
    circle, named = circle_of(load_circle(uow, pathway.id)), sorted(int(key) for key in form.named.data or ())
    agreement = _agreement_of(uow, circle)
    if not set(named) <= set(circle.names):
        raise Refused("named", _("Choose people from this circle."))
    agreement.named = named
    uow.record(agreement, "agreement.named")


class CompleteCircleForm(PlainForm):
    """The outcome, and the reason when an agreement had no completion meeting."""

    outcome = RadioField(_l("Outcome"), validators=[InputRequired(_l("Choose the outcome."))])
    note = LongText(_l("Note"), description=_l("Facts only; never what was said in a circle."))
    without_meeting = radio(
        _l("Why was there no agreement completion meeting?"), termss.WithoutMeeting.labels(), WITHOUT_MEETING
    )

    def fit(self, seen: tuple[Pathway, Circle]) -> None:
        """Offer the outcomes that match what was agreed; ask why there was no meeting only where there was none."""
        row, circle = seen
        fitting = {
            code: words
            for code, words in outcomes_for(row.pathway).items()
            if (code == NO_AGREEMENT) == (circle.agreement is None)
        }
        self.outcome.choices = choices(list(fitting.items()))
        if circle.agreement is None or termss.completion_held(circle):
            del self.without_meeting


def _suggested(seen: tuple[Pathway, Circle]) -> dict[str, Any]:
    agreement = seen[1].agreement
    in_force = termss.terms_in_force(agreement)
    return {"outcome": None if termss.open_terms(agreement) else outcome_of([term.state for term in in_force])}


@pages.act(
    "/complete-circle", CIRCLE, CompleteCircleForm, Permission.CASE_WORK, endpoint="complete", **ON_CIRCLE,
    title=_l("Complete it with its outcome"), button=_l("Complete"), then=lambda seen, _id: page_of(seen[0]),
    start=_suggested,
)  # fmt: skip
def complete_circle(uow: UnitOfWork, pathway: Pathway, form: CompleteCircleForm) -> None:
    """Complete a circle with its outcome, suggested from the results of its terms.

    Refused when no meeting was held, when one is planned, and when a term is open. An agreement also needs its
    completion meeting, or a reason why there was none.
    """
    row = load_circle(uow, pathway.id)
    circle, outcome = circle_of(row), form.outcome.data
    if not circle.was_held or circle.waiting is not None:
        raise Refused("", _("First answer whether the meeting took place."))
    if circle.agreement is not None:
        _end_agreement(uow, row, circle, form)
    if (outcome == NO_AGREEMENT) != (circle.agreement is None):
        raise Refused("outcome", _("Choose an outcome that matches: was anything agreed?"))
    actions.note_completion(uow, row, outcome, form.note.data)


def _end_agreement(uow: UnitOfWork, row: Pathway, circle: Circle, form: CompleteCircleForm) -> None:
    agreement = _agreement_of(uow, circle)
    if left := [str(term.position) for term in termss.open_terms(agreement)]:
        raise Refused("", _("These terms are not updated yet: %(terms)s.", terms=", ".join(left)))
    was_held = termss.completion_held(circle)
    if not was_held:
        if "without_meeting" not in form:
            raise Refused("", str(WITHOUT_MEETING))
        agreement.without_meeting = termss.WithoutMeeting(form.without_meeting.data)
        uow.record(agreement, "agreement.without_meeting", reason=agreement.without_meeting.value)
    actions.close_open(uow, row.id, termss.COMPLETION, "held" if was_held else "not_possible")
