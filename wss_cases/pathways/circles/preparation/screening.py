"""The page of a hold that blocks a circle."""

from flask import Blueprint

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles import consent
from wss_cases.pathways.circles.circle.pages import LiftForm
from wss_cases.pathways.circles.circle.rules import is_met
from wss_cases.pathways.circles.requirements.queries import get_circle_and_state
from wss_cases.pathways.common.pages import ACT, act_context, page_of
from wss_cases.routing.engine.wording import said

blueprint = Blueprint("circle_screening", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")


@blueprint.route("/holds/<rule>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def hold(case_id: int, pathway_id: int, rule: str) -> Page:
    """Show a hold, and record why its condition is met."""
    row, circle = get_circle_and_state(current_actor(), case_id, pathway_id)
    its_hold = existing(next((hold for hold in circle.holds if hold.rule == rule), None))
    form = LiftForm()
    language = locale_code()
    because, until = (said(texts, language) for texts in (its_hold.because, its_hold.until))
    facts = [because, _("It applies until: %(until)s", until=until)]
    if is_met(its_hold, circle.facts_on(today_at(row.school_id, clock.now()))):
        facts.append(_("Its condition is met."))
    elif its_hold.stands:
        facts.append(_("No one can lift it: each person is supported separately."))
    elif not its_hold.can_be_lifted:
        facts.append(_("It opens by itself when the people concerned say so. No one can say it for them."))
    return form_page(
        form,
        lambda: consent.lift_hold(submitted(form), row.id, rule, form.reason.data),
        page_of(row),
        ACT if its_hold.can_be_lifted else "pathways/circles/preparation/screening/hold.html",
        **act_context(row, _("Hold %(rule)s", rule=rule), _("Lift the hold"), facts=facts),
    )


ROOM = Room(pages=(blueprint,))
