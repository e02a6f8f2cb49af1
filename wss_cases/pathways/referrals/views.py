"""The page of what this pathway has of its own."""

from flask import Blueprint

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.common.views import ACT, act_context, page_of
from wss_cases.pathways.referrals.actions import save_plan
from wss_cases.pathways.referrals.forms import PlanForm
from wss_cases.pathways.referrals.queries import plan_of

blueprint = Blueprint("referrals", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")


@blueprint.route("/referral", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def details(case_id: int, pathway_id: int) -> Page:
    """Say to which partner it goes, and when it was sent."""
    actor, now = current_actor(), clock.now()
    row = get_pathway(actor, case_id, pathway_id)
    plan = plan_of(row.id)
    form = PlanForm(
        version=row.version, partner=plan.partner_name if plan else "", sent_on=plan.sent_on if plan else None
    )
    return form_page(
        form,
        lambda: save_plan(
            actor,
            row.id,
            partner=form.partner.data,
            sent_on=form.sent_on.data,
            version=form.seen_version,
            now=now,
            request_key=form.request_key.data,
        ),
        page_of(row),
        ACT,
        **act_context(row, _("Partner and sending"), _("Save")),
    )
