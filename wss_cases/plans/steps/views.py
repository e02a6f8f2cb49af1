"""Pages of a plan's steps: all of them, and closing one with what shows it."""

from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.followups.core.pages import outcomes_of
from wss_cases.followups.core.states import OUTCOME_LABELS
from wss_cases.followups.undo import undo_line
from wss_cases.foundation import clock
from wss_cases.foundation.forms import choices
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.plans.plan.core.presenters import plan_frame
from wss_cases.plans.plan.core.queries import get_plan, load_plan
from wss_cases.plans.steps.actions import record_step
from wss_cases.plans.steps.forms import StepForm
from wss_cases.plans.steps.presenters import step_groups
from wss_cases.plans.steps.queries import get_step, steps_of
from wss_cases.plans.steps.rules import Shown
from wss_cases.roster.directory.queries import school_days

blueprint = Blueprint("plan_steps", __name__)


@blueprint.get("/safety-plans/<int:school_plan_id>/steps")
@gate(Permission.PLAN_READ)
def steps(school_plan_id: int) -> Page:
    """The steps of a plan: those overdue first, then by component."""
    actor, now = current_actor(), clock.now()
    plan = get_plan(actor, school_plan_id)
    today, days = today_at(plan.school_id, now), school_days(plan.school_id)
    rows = steps_of(actor, plan.id)
    return render_template(
        "plans/steps/steps.html",
        groups=step_groups(rows, actor, plan.school_id, today, days),
        count=len(rows),
        undo=undo_line(actor, now),
        **plan_frame(actor, plan, "plan_steps.steps"),
    )


@blueprint.route("/safety-plan-steps/<int:follow_up_id>/done", methods=["GET", "POST"])
@gate(Permission.FOLLOWUP_WORK)
def done(follow_up_id: int) -> Page:
    """Close a step of a plan in force with its outcome and what shows it."""
    actor = current_actor()
    row, step = get_step(actor, follow_up_id)
    plan = load_plan(step.plan_id)
    form = StepForm(version=row.version)
    form.outcome.choices = choices([(code, OUTCOME_LABELS[code]) for code in outcomes_of(row.kind)])
    if not form.is_submitted():
        form.on_day.data = today_at(row.school_id, clock.now())
    words: dict[str, Any] = {"step": step, "row": row, "is_open": row.state == "open"}
    reads_plan = plan is not None and can(actor, Permission.PLAN_READ, plan)
    back = (
        url_for("plan_steps.steps", school_plan_id=step.plan_id)
        if reads_plan
        else url_for("followups.follow_up", follow_up_id=row.id)
    )
    return act_form(
        form,
        lambda call: record_step(
            call,
            row.id,
            form.outcome.data,
            Shown(form.on_day.data, form.evidence.data or ""),
            anyway=bool(form.anyway.data),
        ),
        back,
        words | {"back": back},
        "plans/steps/done.html",
    )
