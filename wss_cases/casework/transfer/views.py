"""The page on which a case is made to go on at a student's new school."""

from collections.abc import Sequence

from flask import Blueprint, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import Case, CaseParticipant, CaseResult
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.case.queries import get_case, get_participant, names_of_others, participants_of
from wss_cases.casework.next_act.presenters import kind_words
from wss_cases.casework.transfer.actions import Going, continue_elsewhere
from wss_cases.casework.transfer.forms import CLOSES, MoveForm
from wss_cases.casework.transfer.queries import moved_in, own_pathways, own_plan, terms_read_by
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.pathways.circles.terms.models import AgreementTerm
from wss_cases.pathways.common.forms import number
from wss_cases.pathways.common.queries import parted

blueprint = Blueprint("case_moves", __name__, url_prefix="/cases/<int:case_id>")


@blueprint.route("/people/<int:participant_id>/continue", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def continue_there(case_id: int, participant_id: int) -> Page:
    """Choose what the new school needs to know, and open the case there."""
    actor = current_actor()
    case = get_case(actor, case_id)
    person = get_participant(case, participant_id)
    people = participants_of(case.id)
    move = next((row for row in moved_in(people, case) if row.participant_id == person.id), None)
    if move is None or move.settled:
        raise NotFound
    terms, plan = terms_read_by(actor, case, person.id), own_plan(case.id, person.id)
    form = _form(case, person, people, terms)
    return form_page(
        form,
        lambda: continue_elsewhere(
            submitted(form),
            case_id,
            participant_id,
            Going(
                pathway_ids=_chosen(form.pathways.data),
                term_ids=_chosen(form.terms.data),
                with_plan=plan is not None and bool(form.plan.data),
                note=form.note.data or "",
            ),
        ),
        lambda _case_id: _done(case_id, form.here.data),
        "casework/transfer/continue.html",
        case=case,
        move=move,
        name=person_words(person),
        has_plan=plan is not None,
        has_pathways=bool(form.pathways.choices),
        has_terms=bool(terms),
    )


def _form(
    case: Case, person: CaseParticipant, people: Sequence[CaseParticipant], terms: Sequence[AgreementTerm]
) -> MoveForm:
    form = MoveForm()
    names, instead = names_of_others(people, person), _("another student")
    seen, _hidden = parted(current_actor(), case.school_id, own_pathways(case.id, person.id))
    form.pathways.choices = choices([(str(row.id), kind_words(row)) for row in seen])
    form.terms.choices = choices(
        [
            (
                str(term.id),
                _("%(text)s (due %(day)s)", text=names.without(term.text, instead), day=day_words(term.due_on)),
            )
            for term in terms
        ]
    )
    if not form.is_submitted():
        form.pathways.data = [choice.value for choice in form.pathways.choices]
        form.terms.data = [choice.value for choice in form.terms.choices]
        form.plan.data = True
    return form


def _chosen(values: Sequence[str] | None) -> list[int]:
    return [found for found in map(number, values or ()) if found is not None]


def _done(case_id: int, here: str) -> str:
    if here == CLOSES:
        return url_for("case_acts.close", case_id=case_id, result=CaseResult.TRANSFERRED.value)
    return url_for("casework.case", case_id=case_id)
