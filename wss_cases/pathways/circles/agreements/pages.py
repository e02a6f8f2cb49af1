"""Pages of an agreement: its terms and signatures, the result of each term, and the completion of the circle."""

from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from wtforms import DateField, FieldList, Form, FormField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.pages import person_words
from wss_cases.followups.core.pages import days_ahead
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, radio
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.agreements import actions, term_changes
from wss_cases.pathways.circles.agreements.queries import (
    STAFF_KEY,
    accounts_of,
    get_term,
    names_by_key,
    owner_choices,
    owner_key,
    owner_names,
    person_key,
    signers_of,
)
from wss_cases.pathways.circles.circle.models import MARKED, TERM_TRANSITIONS, TermState
from wss_cases.pathways.circles.circle.rules import outcome_of, sees_terms
from wss_cases.pathways.circles.requirements.queries import Circle, get_circle_and_state
from wss_cases.pathways.circles.terms import (
    AgreementTerm,
    SignatureManner,
    WithoutMeeting,
    completion_held,
    completion_meeting_allowed,
    met_again,
    must_consent,
    open_terms,
    signed_now,
    terms_in_force,
)
from wss_cases.pathways.common.pages import ACT, CompleteForm, act_context, number, page_of, people_choices
from wss_cases.pathways.common.rules import LIVE, Pathway, outcomes_for
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


class MarkForm(BaseForm):
    """The result of a term. An excuse needs a reason; the fields after it are for a change by consent."""

    state = radio(
        _l("Result"),
        [(state, words) for state, words in TermState.labels().items() if state is not TermState.OPEN],
        _l("Choose the result."),
    )
    on_day = DateField(_l("On which day?"), validators=[Optional()])
    why = LongText(
        _l("Reason it is excused"), [Optional()], limit=1000, description=_l("Never what was said in the circle.")
    )
    text = LongText(_l("What was agreed instead"), [Optional()], limit=1000)
    owner = SelectField(_l("Person responsible"), validators=[Optional()])
    due_on = DateField(_l("Due by"), validators=[Optional()])
    evidence = ShortText(_l("What counts as done"), [Optional()], limit=300)
    consented = SelectMultipleField(_l("Who consented to the change"), validators=[Optional()])


class CorrectForm(BaseForm):
    """The corrected result of a term, and the reason."""

    state = radio(_l("Result"), [], _l("Choose the result."))
    why = LongText(
        _l("Reason for the correction"), [NotBlank(_l("Enter the reason for the correction."))], limit=1000,
        description=_l("Never what was said in the circle."),
    )  # fmt: skip


class TranslationForm(BaseForm):
    language = SelectField(_l("Language"), validators=[InputRequired(_l("Choose a language."))])
    text = LongText(_l("The term in this language"), [NotBlank(_l("Write the term in this language."))], limit=1000)
    evidence = LongText(_l("It is done when, in this language"), limit=1000)
    by = ShortText(_l("Who translated it"), [NotBlank(_l("Enter who translated it."))], limit=200)


class SignForm(BaseForm):
    signers = SelectMultipleField(_l("Who signed"), validators=[InputRequired(_l("Check who signed."))], choices=[])
    manner = radio(_l("How"), SignatureManner.labels(), _l("Choose how they signed."))
    signed_on = DateField(_l("On which day"), validators=[InputRequired(_l("Choose a day."))])


class NamedForm(BaseForm):
    """Which parties agree that their names stand on the others' copies."""

    named = SelectMultipleField(
        _l("Who agrees to have their name on the others’ copies"),
        validators=[Optional()],
        description=_l("Ask each person alone. A copy names another person only if both agree."),
    )


class CompleteCircleForm(CompleteForm):
    """The outcome, and the reason when an agreement had no completion meeting."""

    without_meeting = radio(
        _l("Why was there no agreement completion meeting?"),
        WithoutMeeting.labels(),
        _l("Hold the agreement completion meeting, or choose why there was none."),
    )


TONES = {TermState.KEPT: "moss", TermState.LATE: "sun", TermState.NOT_KEPT: "brick"}


def may_read_terms(actor: Actor, row: Pathway, circle: Circle) -> bool:
    """Whether the actor may read the text of the terms. Others see only number, due day and state."""
    owners = [term.owner_user_id for term in circle.agreement.terms] if circle.agreement else []
    if sees_terms(actor.user_id, row.owner_id, row.case.lead_id, *circle.keeper_names, *owners):
        return True
    return actor.user_id in accounts_of(circle.names)


def show(actor: Actor, row: Pathway, circle: Circle, today: date) -> Page:
    """The page of an agreement that was made."""
    agreement = circle.agreement
    assert agreement is not None
    reads, live = may_read_terms(actor, row, circle), row.state in LIVE
    values: dict[str, Any] = {"case_id": row.case_id, "pathway_id": row.id}
    signed = {person_key(signature) for signature in signed_now(agreement)}
    return render_template(
        "pathways/circles/agreements/show.html",
        row=row,
        live=live,
        reads=reads,
        ids=values,
        terms=[term_row(term, circle, reads, values, not row.case.result, today) for term in agreement.terms],
        signatures=signature_rows(row, circle),
        unsigned=[signer.name for signer in signers_of(row, circle) if signer.key not in signed],
        papers=[(party.id, person_words(party), _family_language(party)) for party in circle.invited] if reads else [],
        open_terms=len(open_terms(agreement)),
        ended=_ended(circle),
        again=live and circle.waiting is None,
        another=live and met_again(row.held_on, agreement),
        may_meet=live and completion_meeting_allowed(circle) and circle.waiting is None,
        agreed_on=day_words(agreement.agreed_on),
        **act_context(row, _("Agreement"), ""),
    )


def _family_language(person: Any) -> str:
    """The family's language in words; empty when it is unknown or the sheet exists in it (English, Spanish)."""
    language = person.student.language if person.student is not None else ""
    return language_words(language) if language and language not in ("en", "es") else ""


def term_row(
    term: AgreementTerm, circle: Circle, reads: bool, values: dict[str, Any], workable: bool, today: date
) -> dict[str, Any]:
    """A term as a row of a list; its text only when the actor `reads` it. `workable`: the case is open."""
    owner = owner_names(circle, [term]).get(term.id, _("Everyone"))
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
    names = names_by_key(row, circle)
    signatures = circle.agreement.signatures if circle.agreement else []
    return [
        {
            "party": signature.participant_id,
            "keeper": signature.keeper_user_id is not None,
            "name": names.get(person_key(signature), ""),
            "how": str(SignatureManner(signature.manner).label),
            "when": day_words(signature.signed_on),
        }
        for signature in signatures
    ]


def _ended(circle: Circle) -> str:
    if completion_held(circle):
        return _("The agreement completion meeting took place.")
    reason = circle.agreement.without_meeting if circle.agreement else None
    return str(WithoutMeeting(reason).label) if reason else ""


blueprint = Blueprint("agreements", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")


@blueprint.route("/agreement", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def agreement(case_id: int, pathway_id: int) -> Page:
    """Show the agreement, or the form that records it. Rows left empty are ignored."""
    actor = current_actor()
    row, circle = get_circle_and_state(actor, case_id, pathway_id)
    another = "again" in request.args and circle.agreement is not None and met_again(row.held_on, circle.agreement)
    if circle.agreement is not None and request.method == "GET" and not another:
        return show(actor, row, circle, today_at(row.school_id, clock.now()))
    form = AgreementForm()
    if "add_row" in request.form and len(form.terms) < actions.MOST_TERMS:
        form.terms.append_entry()
    today = today_at(row.school_id, clock.now())
    owners = choices([("", _("Everyone")), *owner_choices(row, circle, today).items()])
    for entry in form.terms:
        entry.form.owner.choices = owners
    context = {
        "quick": _quick(row.school_id),
        "held": circle.was_held,
        "full": len(form.terms) >= actions.MOST_TERMS,
        **act_context(row, _("Record the agreement"), _("Save the agreement")),
    }
    if "add_row" in request.form:
        return render_template("pathways/circles/agreements/agreement.html", form=form, **context)
    return form_page(
        form,
        lambda: actions.make_agreement(submitted(form), row.id, _drafts(form)),
        page_of(row),
        "pathways/circles/agreements/agreement.html",
        **context,
    )


def _quick(school_id: int) -> list[tuple[str, str]]:
    return days_ahead(today_at(school_id, clock.now()), school_days(school_id), 5, 10, 20)


def _drafts(form: AgreementForm) -> list[actions.TermDraft]:
    drafts = []
    for position, entry in enumerate(form.terms, start=1):
        row = entry.form
        if not any(str(value or "").strip() for value in (row.text.data, row.due_on.data, row.evidence.data)):
            continue
        if row.due_on.data is None:
            raise Refused(row.due_on.name, _("Term %(position)d: choose a due date.", position=position))
        drafts.append(_draft(row))
    return drafts


def _draft(form: Any) -> actions.TermDraft:
    owner = form.owner.data or ""
    staff = number(owner.removeprefix(STAFF_KEY)) if owner.startswith(STAFF_KEY) else None
    party = None if staff is not None else number(owner)
    return actions.TermDraft(form.text.data or "", party, form.due_on.data, form.evidence.data or "", staff)


@blueprint.route("/agreement/sign", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def sign(case_id: int, pathway_id: int) -> Page:
    row, circle = get_circle_and_state(current_actor(), case_id, pathway_id)
    signed = {person_key(signer) for signer in signed_now(circle.agreement)} if circle.agreement else set()
    form = SignForm(signed_on=today_at(row.school_id, clock.now()))
    form.signers.choices = choices(
        [(signer.key, signer.name) for signer in signers_of(row, circle) if signer.key not in signed]
    )
    return form_page(
        form,
        lambda: actions.sign(
            submitted(form), row.id, form.signers.data or [], SignatureManner(form.manner.data), form.signed_on.data
        ),
        f"{page_of(row)}/agreement",
        ACT,
        **act_context(row, _("Who signed the agreement"), _("Save the signatures")),
    )


@blueprint.route("/agreement/names", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def names(case_id: int, pathway_id: int) -> Page:
    """Record which parties may be named on the others' copies, before they sign."""
    row, circle = get_circle_and_state(current_actor(), case_id, pathway_id)
    form = NamedForm(named=[str(key) for key in circle.agreement.named] if circle.agreement else [])
    form.named.choices = people_choices(circle.names)
    return form_page(
        form,
        lambda: actions.name_on_copies(
            submitted(form), row.id, [number(chosen) or 0 for chosen in form.named.data or ()]
        ),
        f"{page_of(row)}/agreement",
        ACT,
        **act_context(row, _("Names on the copies"), _("Save")),
    )


@blueprint.route("/terms/<int:term_id>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def term(case_id: int, pathway_id: int, term_id: int) -> Page:
    """Record the result of a term. For a change: the new term, and who consented."""
    actor = current_actor()
    row, circle = get_circle_and_state(actor, case_id, pathway_id)
    its_term, its_agreement = get_term(actor, term_id)
    if its_agreement.pathway_id != row.id:
        raise NotFound
    if its_term.state in MARKED:
        return _correct(row, its_term, circle, may_read_terms(actor, row, circle))
    reads, needed = may_read_terms(actor, row, circle), must_consent(its_agreement, circle.names)
    today = today_at(row.school_id, clock.now())
    text = its_term.text if reads else ""
    form = MarkForm(version=its_term.version, text=text, due_on=its_term.due_on, on_day=today)
    if reads and not form.is_submitted():
        form.evidence.data = its_term.evidence
    form.consented.choices = people_choices(circle.names)
    form.owner.choices = choices([("", _("Everyone")), *owner_choices(row, circle, today).items()])
    if not form.is_submitted():
        form.owner.data = owner_key(its_term)
    return form_page(
        form,
        lambda: _save_term(its_term, form),
        page_of(row),
        "pathways/circles/agreements/term.html",
        facts=_term_facts(its_term, circle, reads),
        marked=its_term.state is not TermState.OPEN,
        quick=_quick(row.school_id),
        needed=", ".join(name for key, name in circle.names.items() if key in needed),
        **act_context(row, _("Term %(number)d of the agreement", number=its_term.position), _("Save")),
    )


def _correct(row: Pathway, its_term: AgreementTerm, circle: Circle, reads: bool) -> Page:
    form = CorrectForm(version=its_term.version)
    labels = TermState.labels()
    form.state.choices = choices(
        [(state, labels[state]) for state in TermState if state in TERM_TRANSITIONS[its_term.state]]
    )
    facts = [*_term_facts(its_term, circle, reads), _("Updated: %(state)s.", state=its_term.state.label)]
    title = _("Correct term %(number)d of the agreement", number=its_term.position)
    return form_page(
        form,
        lambda: term_changes.correct_term(
            submitted(form), its_term.id, TermState(form.state.data), form.why.data or ""
        ),
        page_of(row),
        ACT,
        **act_context(row, title, _("Save the correction"), facts=facts),
    )


def _save_term(its_term: AgreementTerm, form: MarkForm) -> int:
    state = TermState(form.state.data)
    if state is not TermState.CHANGED:
        return term_changes.mark_term(submitted(form), its_term.id, state, form.why.data or "", form.on_day.data)
    if form.due_on.data is None:
        raise Refused("due_on", _("Choose a due date."))
    by = {number(value) or 0 for value in form.consented.data or []}
    return term_changes.change_term(submitted(form), its_term.id, _draft(form), by)


def _term_facts(its_term: AgreementTerm, circle: Circle, reads: bool) -> list[str]:
    owner = owner_names(circle, [its_term]).get(its_term.id, _("Everyone"))
    facts = [_("%(who)s · due %(day)s", who=owner, day=day_words(its_term.due_on))]
    if reads:
        facts.insert(0, its_term.text)
        if its_term.evidence:
            facts.append(_("Counts as done when: %(evidence)s", evidence=its_term.evidence))
    return facts


@blueprint.route("/complete-circle", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def complete(case_id: int, pathway_id: int) -> Page:
    """Complete a circle. The outcome is suggested from the results of its terms."""
    row, circle = get_circle_and_state(current_actor(), case_id, pathway_id)
    in_force = terms_in_force(circle.agreement)
    suggested = None if open_terms(circle.agreement) else outcome_of([term.state for term in in_force])
    form = CompleteCircleForm(version=row.version, outcome=suggested)
    form.outcome.choices = choices(
        [
            (code, words)
            for code, words in outcomes_for(row.pathway).items()
            if (code == actions.NO_AGREEMENT) == (circle.agreement is None)
        ]
    )
    if circle.agreement is None or completion_held(circle):
        del form.without_meeting
    return form_page(
        form,
        lambda: actions.complete_circle(
            submitted(form), row.id, form.outcome.data, form.note.data, without_meeting=_why(form)
        ),
        page_of(row),
        ACT,
        **act_context(row, _("Complete it with its outcome"), _("Complete")),
    )


def _why(form: CompleteCircleForm) -> WithoutMeeting | None:
    chosen = form.without_meeting.data if "without_meeting" in form else None
    return WithoutMeeting(chosen) if chosen else None


ROOM = Room(pages=(blueprint,))
