"""Pages of an agreement: its terms, what became of each, and the end of the circle."""

from flask import Blueprint, render_template, request

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.pathways.circles.agreements import actions
from wss_cases.pathways.circles.agreements.forms import AgreementForm, MarkForm
from wss_cases.pathways.circles.agreements.queries import get_term
from wss_cases.pathways.circles.queries import Circle, circle_of
from wss_cases.pathways.circles.rules import outcome_of, sees_terms
from wss_cases.pathways.circles.states import TermState
from wss_cases.pathways.common.forms import CompleteForm, number, people_choices
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.common.rules import outcomes_for
from wss_cases.pathways.common.views import ACT, act_context, page_of, today_of
from wss_cases.roster.queries import school_days

blueprint = Blueprint("agreements", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")


def may_read_terms(actor: Actor, row: Pathway, circle: Circle) -> bool:
    """Whether this person reads the words of the agreement, not only number, due day and state."""
    return sees_terms(actor.user_id, row.owner_id, row.case.lead_id, *circle.keepers)


@blueprint.route("/agreement", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def agreement(case_id: int, pathway_id: int) -> Page:
    """Record what was agreed, term by term; an empty row is left out."""
    actor, now = current_actor(), clock.now()
    row = get_pathway(actor, case_id, pathway_id)
    circle = circle_of(row)
    form = AgreementForm()
    if "add_row" in request.form and len(form.terms) < actions.MOST_TERMS:
        form.terms.append_entry()
    days, today = school_days(row.school_id), today_of(row.school_id)
    for entry in form.terms:
        entry.form.owner.choices = people_choices(circle.names, _("Everybody"))
    context = {
        "quick": [(day_words(days.add(today, n)), days.add(today, n).isoformat()) for n in (5, 10, 20)],
        "held": circle.was_held,
        "full": len(form.terms) >= actions.MOST_TERMS,
    }
    context |= act_context(row, _("Record the agreement"), _("Save the agreement"))
    if "add_row" in request.form:
        return render_template("agreements/agreement.html", form=form, **context)
    return form_page(
        form,
        lambda: actions.make_agreement(actor, row.id, _drafts(form), now, form.request_key.data),
        page_of(row),
        "agreements/agreement.html",
        **context,
    )


def _drafts(form: AgreementForm) -> list[actions.TermDraft]:
    drafts = []
    for position, entry in enumerate(form.terms, start=1):
        row = entry.form
        if not any(str(value or "").strip() for value in (row.text.data, row.due_on.data, row.evidence.data)):
            continue
        if row.due_on.data is None:
            raise Refused("", _("Term %(position)d: choose until when.", position=position))
        drafts.append(
            actions.TermDraft(
                row.text.data or "", number(row.owner.data), row.due_on.data, row.evidence.data or ""
            )
        )
    return drafts


@blueprint.route("/terms/<int:term_id>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def term(case_id: int, pathway_id: int, term_id: int) -> Page:
    """Say what became of a term."""
    actor, now = current_actor(), clock.now()
    row = get_pathway(actor, case_id, pathway_id)
    found, its_agreement = get_term(actor, term_id)
    if its_agreement.pathway_id != row.id:
        raise NotFound
    circle = circle_of(row)
    form = MarkForm(version=found.version)
    owner = circle.names.get(found.owner_participant_id or 0, _("Everybody"))
    facts = [_("%(who)s · due %(day)s", who=owner, day=day_words(found.due_on))]
    if may_read_terms(actor, row, circle):
        facts.insert(0, found.text)
        if found.evidence:
            facts.append(_("Counts as done: %(evidence)s", evidence=found.evidence))
    return form_page(
        form,
        lambda: actions.mark_term(
            actor, term_id, TermState(form.state.data), form.seen_version, now, form.request_key.data
        ),
        page_of(row),
        ACT,
        **act_context(
            row, _("Term %(number)d of the agreement", number=found.position), _("Save"), facts=facts
        ),
    )


@blueprint.route("/complete-circle", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def complete(case_id: int, pathway_id: int) -> Page:
    """Complete a circle; its marked terms suggest the outcome."""
    actor, now = current_actor(), clock.now()
    row = get_pathway(actor, case_id, pathway_id)
    circle = circle_of(row)
    terms = circle.agreement.terms if circle.agreement else []
    form = CompleteForm(version=row.version, outcome=outcome_of([term.state for term in terms]))
    form.outcome.choices = choices(list(outcomes_for(row.pathway).items()))
    return form_page(
        form,
        lambda: actions.complete_circle(
            actor, row.id, form.outcome.data, form.note.data, form.seen_version, now, form.request_key.data
        ),
        page_of(row),
        ACT,
        **act_context(row, _("Complete it with its outcome"), _("Complete")),
    )
