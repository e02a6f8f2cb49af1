"""The pages that end a pathway before its outcome."""

from typing import Any

from flask import Blueprint, redirect, url_for

from wss_cases.access.act_pages import act_page, submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.casework.pathway_page import actions
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.pathways.common.forms import ConfirmForm, EndForm
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.common.rules import has_begun
from wss_cases.pathways.common.states import EndReason
from wss_cases.pathways.common.views import ACT, act_context, page_of
from wss_cases.routing.engine.pages import Pathway as Family

blueprint = Blueprint("pathway_ends", __name__, url_prefix="/cases/<int:case_id>/pathways")


@blueprint.route("/<int:pathway_id>/end", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def end(case_id: int, pathway_id: int) -> Page:
    """End a pathway before its outcome; mentoring on its own page, which also asks what comes after."""
    actor = current_actor()
    row = get_pathway(actor, case_id, pathway_id)
    if row.pathway == Family.MENTORING:
        return redirect(url_for("mentoring.finish", case_id=case_id, pathway_id=row.id), 303)
    form = EndForm(version=row.version)
    return form_page(
        form,
        lambda: actions.end_early(submitted(form), row.id, EndReason(form.reason.data), form.note.data),
        page_of(row),
        ACT,
        **act_context(row, _("End it early"), _("End it")),
    )


def _decline_words(row: Pathway) -> dict[str, Any]:
    facts = [
        _("Declining or leaving is free and has no consequence. No reason is asked."),
        _("It is never used as evidence in a discipline action."),
    ]
    if has_begun(row):
        return act_context(row, _("Someone chose to stop"), _("Record that it ended"), facts=facts)
    return act_context(row, _("It was declined"), _("Record that it was declined"), facts=facts)


act_page(
    blueprint,
    "/<int:pathway_id>/decline",
    "decline",
    Permission.CASE_WORK,
    load=get_pathway,
    form=lambda row: ConfirmForm(version=row.version),
    act=lambda call, row, form: actions.decline(call, row.id),
    done=page_of,
    words=_decline_words,
)
