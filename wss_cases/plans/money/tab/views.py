"""The page of a plan's money, and what the plan's home says of it."""

from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation import clock
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.plans.money.resources.rules import takes_resources
from wss_cases.plans.money.tab.presenters import (
    funding_rows,
    goal_cards,
    kind_rows,
    total_rows,
    vacancy_rows,
    warnings_of,
)
from wss_cases.plans.money.tab.queries import goals_with_strategies, money_of_plan
from wss_cases.plans.money.tab.results import results_of
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.presenters import plan_frame
from wss_cases.plans.plan.core.queries import get_plan

blueprint = Blueprint("plan_money", __name__, url_prefix="/safety-plans")


@blueprint.get("/<int:school_plan_id>/money")
@gate(Permission.PLAN_READ)
def money(school_plan_id: int) -> Page:
    """Planned, committed and spent beside what the goals aim at; what is over, and which positions are vacant."""
    actor, now = current_actor(), clock.now()
    plan = get_plan(actor, school_plan_id)
    of_plan, today = money_of_plan(actor, plan), today_at(plan.school_id, now)
    goals = goals_with_strategies(actor, plan.id)
    results = results_of(actor, plan.school_id, [goal for goal, _strategies in goals], today)
    writes = can(actor, Permission.PLAN_MONEY_WRITE, plan)
    return render_template(
        "plans/money/tab.html",
        totals=total_rows(of_plan),
        warnings=warnings_of(of_plan),
        funding=funding_rows(of_plan),
        kinds=kind_rows(of_plan),
        goals=goal_cards(goals, of_plan, results, today),
        vacancies=vacancy_rows(of_plan.resources, today),
        new_href=url_for("plan_resources.new", school_plan_id=plan.id)
        if writes and takes_resources(plan.state)
        else "",
        may_import=writes,
        **plan_frame(actor, plan, "plan_money.money"),
    )


def home_panel(actor: Actor, plan: SchoolPlan) -> tuple[str, dict[str, Any]] | None:
    """What the plan's home shows of its money: the sums and what is over; nothing while there is none."""
    of_plan = money_of_plan(actor, plan)
    if not of_plan.funding and not of_plan.resources:
        return None
    href = url_for("plan_money.money", school_plan_id=plan.id)
    return "plans/money/panel.html", {"totals": total_rows(of_plan), "warnings": warnings_of(of_plan), "href": href}
