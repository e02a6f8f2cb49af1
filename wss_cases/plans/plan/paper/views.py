"""A plan as a sheet that prints, in English or Spanish."""

from flask import Blueprint, render_template, request

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import force_locale, locale_code
from wss_cases.foundation.pages import Page
from wss_cases.plans.plan.core.queries import get_plan
from wss_cases.plans.plan.paper.presenters import sheet_of

blueprint = Blueprint("plan_papers", __name__, url_prefix="/safety-plans")
LANGUAGES = ("en", "es")


@blueprint.get("/<int:school_plan_id>/print")
@gate(Permission.PLAN_READ)
def paper(school_plan_id: int) -> Page:
    """The whole plan on paper; `language` of the address chooses the other language than the reader's."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    asked = request.args.get("language", "")
    locale = asked if asked in LANGUAGES else locale_code()
    with force_locale(locale):
        sheet = sheet_of(actor, plan, clock.now())
        return render_template("plans/paper/page.html", locale=locale, plan=plan, sheet=sheet)
