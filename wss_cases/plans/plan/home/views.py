"""Pages of plans: those of a school, starting one, the home of one, its head, and its next state."""

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.pages import asked_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import panels_for
from wss_cases.journal.rooms import Place
from wss_cases.plans.plan.core.actions import change_plan, start_plan
from wss_cases.plans.plan.core.forms import head_form
from wss_cases.plans.plan.core.presenters import plan_frame, plan_trail
from wss_cases.plans.plan.core.queries import get_plan, plans_of, writable_plan
from wss_cases.plans.plan.core.rules import PLAN_READERS
from wss_cases.plans.plan.core.states import EDITABLE, PlanState
from wss_cases.plans.plan.core.views import part_page
from wss_cases.plans.plan.home.presenters import head_rows, part_rows, plan_rows, way_of
from wss_cases.plans.plan.progress.actions import move_plan
from wss_cases.plans.plan.progress.queries import facts_of, outdated_because
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school

blueprint = Blueprint("plans", __name__, url_prefix="/safety-plans")


def _school(actor: Actor, *roles: Role) -> School | None:
    school_id = asked_school_id(actor, *roles)
    return existing(get_school(school_id)) if school_id is not None else None


@blueprint.get("")
@gate(Permission.PLANS_LIST)
def plans() -> Page:
    """The plans of the chosen school, those of the latest years first."""
    actor = current_actor()
    school = _school(actor, *PLAN_READERS)
    rows = plan_rows(plans_of(actor, school.id)) if school else []
    starts = school is not None and can(actor, Permission.PLAN_START, school)
    return render_template("plans/list.html", school=school, rows=rows, starts=starts)


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.PLAN_START)
def start() -> Page:
    """Start a plan for the chosen school."""
    school = existing(_school(current_actor(), Role.ADMINISTRATOR))
    form = head_form(school.id, clock.now())
    words = {
        "title": _("Start a school safety plan"),
        "lede": school.name,
        "crumbs": [(_("School safety plans"), url_for("plans.plans")), (_("Start a school safety plan"), None)],
        "back_href": url_for("plans.plans"),
        "go_words": _("Start the plan"),
    }
    return act_form(
        form,
        lambda call: start_plan(call, school.id, form.head),
        lambda plan_id: url_for("plans.home", school_plan_id=plan_id),
        words,
        "plans/part.html",
    )


@blueprint.get("/<int:school_plan_id>")
@gate(Permission.PLAN_READ)
def home(school_plan_id: int) -> Page:
    """One plan: where it stands, what stands in the way of its next state, and its three components."""
    actor, now = current_actor(), clock.now()
    plan = get_plan(actor, school_plan_id)
    today = today_at(plan.school_id, now)
    writes = can(actor, Permission.PLAN_WRITE, plan)
    facts = facts_of(plan, today)
    return render_template(
        "plans/home.html",
        way=way_of(plan, facts) if writes else None,
        writes=writes and plan.state in EDITABLE,
        copies=writes,
        outdated=outdated_because(plan, today),
        head=head_rows(plan),
        parts=part_rows(plan),
        panels=panels_for(Place.PLAN, actor, plan),
        **plan_frame(actor, plan, "plans.home"),
    )


@blueprint.route("/<int:school_plan_id>/change", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def change(school_plan_id: int) -> Page:
    """Change the last year, tier and lead of a plan."""
    plan, now = writable_plan(current_actor(), school_plan_id), clock.now()
    form = head_form(plan.school_id, now, plan)
    title, href = _("Years, tier, and lead"), url_for("plans.home", school_plan_id=plan.id)
    words = {"title": title, "crumbs": plan_trail(plan, title), "back_href": href, "go_words": _("Save")}
    return part_page(
        form,
        lambda call: change_plan(call, plan.id, form.head),
        words,
        lambda: head_form(plan.school_id, now, writable_plan(current_actor(), school_plan_id), formdata=None),
    )


@blueprint.post("/<int:school_plan_id>/move")
@gate(Permission.PLAN_WRITE)
def move(school_plan_id: int) -> Page:
    """Move a plan to its next state, or back."""
    plan = writable_plan(current_actor(), school_plan_id)
    asked = request.form.get("target", "")
    target = PlanState(asked) if asked in {*PlanState} else plan.state
    call = Invocation(current_actor(), clock.now(), version=id_in(request.form.get("version")))
    href = url_for("plans.home", school_plan_id=plan.id)
    try:
        move_plan(call, plan.id, target)
    except Refused as refused:
        flash(refused.message, "warning")
    else:
        flash(_("The plan is now: %(state)s.", state=target.label))
    return redirect(href, 303)
