"""Pages of goals, strategies and steps: all of a plan, and writing, changing or removing one."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.presenters import plan_frame, plan_trail
from wss_cases.plans.plan.core.queries import get_plan, writable_plan
from wss_cases.plans.plan.core.states import EDITABLE, GOALS_OPEN, STANDING
from wss_cases.plans.plan.core.views import part_page
from wss_cases.plans.plan.goals import actions
from wss_cases.plans.plan.goals.forms import goal_form, step_form, strategy_form
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStep, PlanStrategy
from wss_cases.plans.plan.goals.presenters import component_rows
from wss_cases.plans.plan.goals.queries import get_part, tree_of
from wss_cases.plans.plan.goals.rules import fixed_words
from wss_cases.plans.plan.templates.states import Component

blueprint = Blueprint("plan_goals", __name__, url_prefix="/safety-plans")
TAB = "plan_goals.goals"


@blueprint.get("/<int:school_plan_id>/goals")
@gate(Permission.PLAN_READ)
def goals(school_plan_id: int) -> Page:
    """Goals under the three components, with strategies and steps."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    writes = can(actor, Permission.PLAN_WRITE, plan) and plan.state in EDITABLE
    return render_template(
        "plans/goals/list.html",
        components=component_rows(tree_of(plan.id)),
        writes=writes,
        writes_goals=writes and plan.state in GOALS_OPEN,
        fixed=fixed_words() if writes and plan.state in STANDING else "",
        **plan_frame(actor, plan, TAB),
    )


@blueprint.route("/<int:school_plan_id>/goals/new", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def new_goal(school_plan_id: int) -> Page:
    """Write a goal."""
    plan = writable_plan(current_actor(), school_plan_id)
    asked = request.args.get("component", "")
    form = goal_form(component=Component(asked) if asked in {*Component} else None)
    words = _words(plan, _("New goal"))
    return part_page(form, lambda call: actions.add_goal(call, plan.id, form.content, bool(form.anyway.data)), words)


@blueprint.route("/goals/<int:goal_id>", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def goal(goal_id: int) -> Page:
    """Change a goal."""
    row = get_part(current_actor(), PlanGoal, goal_id)
    form = goal_form(row)
    removes = (_("Remove this goal"), url_for("plan_goals.remove_goal", goal_id=row.id), row.version)
    words = _words(writable_plan(current_actor(), row.plan_id), _("Change goal"), removes)
    return part_page(
        form, lambda call: actions.change_goal(call, row.id, form.content, bool(form.anyway.data)), words,
        lambda: goal_form(get_part(current_actor(), PlanGoal, goal_id), formdata=None),
    )  # fmt: skip


@blueprint.post("/goals/<int:goal_id>/remove")
@gate(Permission.PLAN_WRITE)
def remove_goal(goal_id: int) -> Page:
    """Take a goal out of the plan."""
    return _removed(get_part(current_actor(), PlanGoal, goal_id), actions.remove_goal)


@blueprint.route("/goals/<int:goal_id>/strategies/new", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def new_strategy(goal_id: int) -> Page:
    """Write a strategy for a goal."""
    row = get_part(current_actor(), PlanGoal, goal_id)
    form = strategy_form(row.school_id, clock.now())
    words = _words(writable_plan(current_actor(), row.plan_id), _("New strategy")) | {"lede": row.statement}
    return part_page(form, lambda call: actions.add_strategy(call, row.id, form.content, bool(form.anyway.data)), words)


@blueprint.route("/strategies/<int:strategy_id>", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def strategy(strategy_id: int) -> Page:
    """Change a strategy."""
    row = get_part(current_actor(), PlanStrategy, strategy_id)
    form = strategy_form(row.school_id, clock.now(), row)
    removes = (_("Remove this strategy"), url_for("plan_goals.remove_strategy", strategy_id=row.id), row.version)
    words = _words(writable_plan(current_actor(), row.plan_id), _("Change strategy"), removes)
    return part_page(
        form, lambda call: actions.change_strategy(call, row.id, form.content, bool(form.anyway.data)), words,
        lambda: strategy_form(
            row.school_id, clock.now(), get_part(current_actor(), PlanStrategy, strategy_id), formdata=None
        ),
    )  # fmt: skip


@blueprint.post("/strategies/<int:strategy_id>/remove")
@gate(Permission.PLAN_WRITE)
def remove_strategy(strategy_id: int) -> Page:
    """Take a strategy out of the plan."""
    return _removed(get_part(current_actor(), PlanStrategy, strategy_id), actions.remove_strategy)


@blueprint.route("/strategies/<int:strategy_id>/steps/new", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def new_step(strategy_id: int) -> Page:
    """Write a step of a strategy."""
    row = get_part(current_actor(), PlanStrategy, strategy_id)
    form = step_form(row.school_id, clock.now())
    words = _words(writable_plan(current_actor(), row.plan_id), _("New step")) | {"lede": row.if_words}
    return part_page(form, lambda call: actions.add_step(call, row.id, form.content, bool(form.anyway.data)), words)


@blueprint.route("/steps/<int:step_id>", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def step(step_id: int) -> Page:
    """Change a step."""
    row = get_part(current_actor(), PlanStep, step_id)
    form = step_form(row.school_id, clock.now(), row)
    removes = (_("Remove this step"), url_for("plan_goals.remove_step", step_id=row.id), row.version)
    words = _words(writable_plan(current_actor(), row.plan_id), _("Change step"), removes)
    return part_page(
        form, lambda call: actions.change_step(call, row.id, form.content, bool(form.anyway.data)), words,
        lambda: step_form(row.school_id, clock.now(), get_part(current_actor(), PlanStep, step_id), formdata=None),
    )  # fmt: skip


@blueprint.post("/steps/<int:step_id>/remove")
@gate(Permission.PLAN_WRITE)
def remove_step(step_id: int) -> Page:
    """Take a step out of the plan."""
    return _removed(get_part(current_actor(), PlanStep, step_id), actions.remove_step)


def _words(plan: SchoolPlan, title: str, removes: tuple[str, str, int] | None = None) -> dict[str, Any]:
    """Return what stands beside a form; `removes`: words, address and version of what takes the part out."""
    href = url_for(TAB, school_plan_id=plan.id)
    crumbs = plan_trail(plan, title, (_("Goals and strategies"), href))
    return {"title": title, "crumbs": crumbs, "back_href": href, "go_words": _("Save"), "remove": removes}


def _removed(part: Any, act: Callable[..., int]) -> Page:
    """Carry out a removal, and say so on the page of goals, or why not."""
    href = url_for(TAB, school_plan_id=part.plan_id)
    try:
        act(Invocation(current_actor(), clock.now(), version=id_in(request.form.get("version"))), part.id)
    except Refused as refused:
        flash(refused.message, "warning")
    else:
        flash(_("Removed."))
    return redirect(href, 303)
