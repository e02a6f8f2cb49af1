"""Pages of plans: those of a school, and the home of one."""

from flask import Blueprint, render_template

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.school_choice import chosen_school_id
from wss_cases.foundation.pages import Page
from wss_cases.journal.extension_points import panels_for
from wss_cases.journal.rooms import Place
from wss_cases.plans.plan.core.presenters import plan_frame
from wss_cases.plans.plan.core.queries import get_plan, plans_of
from wss_cases.plans.plan.core.rules import PLAN_READERS
from wss_cases.plans.plan.home.presenters import plan_rows
from wss_cases.roster.directory.queries import get_school

blueprint = Blueprint("plans", __name__, url_prefix="/safety-plans")


@blueprint.get("")
@gate(Permission.PLANS_LIST)
def plans() -> Page:
    """The plans of the chosen school, those of the latest years first."""
    actor = current_actor()
    school_id = chosen_school_id(actor, *PLAN_READERS)
    school = get_school(school_id) if school_id is not None else None
    rows = plan_rows(plans_of(actor, school.id)) if school else []
    return render_template("plans/list.html", school=school, rows=rows)


@blueprint.get("/<int:school_plan_id>")
@gate(Permission.PLAN_READ)
def home(school_plan_id: int) -> Page:
    """One plan: where it stands, and what other rooms show of it."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    panels = panels_for(Place.PLAN, actor, plan)
    return render_template("plans/home.html", panels=panels, **plan_frame(actor, plan, "plans.home"))
