"""Pages of keepers from outside: naming one, and removing one."""

from flask import Blueprint, redirect, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.circles.circle.keepers import get_circle
from wss_cases.pathways.circles.outside import actions
from wss_cases.pathways.circles.outside.forms import OutsideKeeperForm
from wss_cases.pathways.circles.outside.queries import get_outside_keeper, partners_with_agreement
from wss_cases.pathways.common.forms import number, people_choices
from wss_cases.pathways.common.views import ACT, act_context

blueprint = Blueprint(
    "outside_keepers", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>/keepers/outside"
)


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.CIRCLE_KEEPER_NAME)
def add(case_id: int, pathway_id: int) -> Page:
    """Name somebody of a partner organization who helps to keep a circle."""
    row = get_circle(current_actor(), case_id, pathway_id, Permission.CIRCLE_KEEPER_NAME)
    form = OutsideKeeperForm()
    partners = partners_with_agreement(today_at(row.school_id, clock.now()))
    form.partner.choices = people_choices(partners, _("Choose one"))
    here = url_for("keepers.keepers", case_id=case_id, pathway_id=pathway_id)
    facts = [_("They have no account and read nothing here. A keeper from this school answers for the circle.")]
    words = act_context(row, _("Add a keeper from outside"), _("Add the keeper"), facts=facts) | {"back_href": here}
    return act_form(
        form,
        lambda call: actions.add_outside_keeper(call, row.id, number(form.partner.data) or 0, form.name.data or ""),
        here,
        words,
        ACT,
    )


@blueprint.post("/<int:outside_keeper_id>/end")
@gate(Permission.CIRCLE_KEEPER_NAME)
def end(case_id: int, pathway_id: int, outside_keeper_id: int) -> Page:
    """Remove a keeper from outside."""
    actor = current_actor()
    row = get_circle(actor, case_id, pathway_id, Permission.CIRCLE_KEEPER_NAME)
    actions.end_outside_keeper(Invocation(actor, clock.now()), row.id, get_outside_keeper(row, outside_keeper_id).id)
    return redirect(url_for("keepers.keepers", case_id=case_id, pathway_id=pathway_id), 303)
