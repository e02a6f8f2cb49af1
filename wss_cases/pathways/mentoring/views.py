"""The page of what this pathway has of its own."""

from flask import Blueprint

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.common.views import ACT, act_context, page_of
from wss_cases.pathways.mentoring.actions import save_plan
from wss_cases.pathways.mentoring.forms import PlanForm
from wss_cases.pathways.mentoring.queries import plan_of

blueprint = Blueprint("mentoring", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")


@blueprint.route("/mentoring", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def details(case_id: int, pathway_id: int) -> Page:
    """Say who mentors, towards what, how often."""
    actor, now = current_actor(), clock.now()
    row = get_pathway(actor, case_id, pathway_id)
    plan = plan_of(row.id)
    form = PlanForm(
        version=row.version,
        goal=plan.goal if plan else "",
    )
    return form_page(
        form,
        lambda: save_plan(
            actor,
            row.id,
            goal=form.goal.data or "",
            version=form.seen_version,
            now=now,
            request_key=form.request_key.data,
        ),
        page_of(row),
        ACT,
        **act_context(row, _("Mentor, goal and rhythm"), _("Save")),
    )
