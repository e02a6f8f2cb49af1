"""Pages of an agreement: its terms and signatures, what became of each term, and the end of the circle."""

from typing import Any

from flask import Blueprint, render_template, request

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.pages import days_ahead
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.circles.agreements import actions, term_changes
from wss_cases.pathways.circles.agreements.forms import (
    AgreementForm,
    CompleteCircleForm,
    CorrectForm,
    MarkForm,
    NamedForm,
    SignForm,
)
from wss_cases.pathways.circles.agreements.presenters import may_read_terms, show
from wss_cases.pathways.circles.agreements.queries import (
    STAFF_KEY,
    get_term,
    owner_choices,
    owner_key,
    owner_names,
    person_key,
    signers_of,
)
from wss_cases.pathways.circles.circle.rules import outcome_of
from wss_cases.pathways.circles.circle.states import MARKED, TERM_TRANSITIONS, TermState
from wss_cases.pathways.circles.requirements.queries import Circle, get_circle_and_state
from wss_cases.pathways.circles.terms.models import AgreementTerm
from wss_cases.pathways.circles.terms.rules import (
    completion_held,
    met_again,
    must_consent,
    open_terms,
    signed_now,
    terms_in_force,
)
from wss_cases.pathways.circles.terms.states import SignatureManner, WithoutMeeting
from wss_cases.pathways.common.forms import number, people_choices
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.rules import outcomes_for
from wss_cases.pathways.common.views import ACT, act_context, page_of
from wss_cases.roster.directory.queries import school_days

blueprint = Blueprint("agreements", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")


@blueprint.route("/agreement", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def agreement(case_id: int, pathway_id: int) -> Page:
    """Show the agreement; record it, term by term, while there is none. An empty row is left out."""
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
    """Return a promise as a form holds it: of a party, of a member of staff, or of everyone."""
    owner = form.owner.data or ""
    staff = number(owner.removeprefix(STAFF_KEY)) if owner.startswith(STAFF_KEY) else None
    party = None if staff is not None else number(owner)
    return actions.TermDraft(form.text.data or "", party, form.due_on.data, form.evidence.data or "", staff)


@blueprint.route("/agreement/sign", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def sign(case_id: int, pathway_id: int) -> Page:
    """Record who signed, when and how."""
    row, circle = get_circle_and_state(current_actor(), case_id, pathway_id)
    signed = {person_key(one) for one in signed_now(circle.agreement)} if circle.agreement else set()
    form = SignForm(signed_on=today_at(row.school_id, clock.now()))
    form.signers.choices = choices([(one.key, one.name) for one in signers_of(row, circle) if one.key not in signed])
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
    """Record whose name may stand on the others' copies, before they sign."""
    row, circle = get_circle_and_state(current_actor(), case_id, pathway_id)
    form = NamedForm(named=[str(key) for key in circle.agreement.named] if circle.agreement else [])
    form.named.choices = people_choices(circle.names)
    return form_page(
        form,
        lambda: actions.name_on_copies(submitted(form), row.id, [number(one) or 0 for one in form.named.data or ()]),
        f"{page_of(row)}/agreement",
        ACT,
        **act_context(row, _("Names on the copies"), _("Save")),
    )


@blueprint.route("/terms/<int:term_id>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def term(case_id: int, pathway_id: int, term_id: int) -> Page:
    """Say what became of a term; when it was changed, what was agreed instead and who consented."""
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
    """Complete a circle; its marked terms suggest the outcome."""
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
