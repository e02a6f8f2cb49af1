"""What every page of a plan stands in: its title, its state, the trail, and the tabs that rooms bring."""

from typing import Any, Final

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.access.policy import can
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.extension_points import plan_tabs
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.states import PlanState
from wss_cases.roster.directory.queries import get_school

TONES: Final = {
    PlanState.DRAFT: "slate",
    PlanState.COMMITTEE: "sun",
    PlanState.COUNCIL_VOTE: "sun",
    PlanState.APPROVED: "sun",
    PlanState.IN_FORCE: "moss",
    PlanState.REVIEWED: "moss",
    PlanState.CLOSED: "slate",
}


def years_words(plan: SchoolPlan) -> str:
    """Return the school years of a plan: "2026-27", or "2026-27 to 2027-28"."""
    if plan.first_year == plan.last_year:
        return plan.first_year
    return _("%(first)s to %(last)s", first=plan.first_year, last=plan.last_year)


def plan_words(plan: SchoolPlan) -> str:
    """Return what a plan is called."""
    return _("School safety plan %(years)s", years=years_words(plan))


def plan_trail(plan: SchoolPlan, title: str, *between: tuple[str, str]) -> list[tuple[str, str | None]]:
    """Return the trail of a page below a plan: `between` are pages on the way, each with its address."""
    home = (plan_words(plan), url_for("plans.home", school_plan_id=plan.id))
    return [(_("School safety plans"), url_for("plans.plans")), home, *between, (title, None)]


def plan_frame(actor: Actor, plan: SchoolPlan, current: str) -> dict[str, Any]:
    """Return what `plans/_frame.html` asks for; `current` is the endpoint of the tab that the page stands under."""
    tabs = [
        (tab.words, url_for(tab.endpoint, school_plan_id=plan.id), tab.endpoint == current)
        for tab in plan_tabs()
        if can(actor, tab.permission, plan)
    ]
    return {
        "plan": plan,
        "school": existing(get_school(plan.school_id)).name,
        "title": plan_words(plan),
        "state": plan.state.label,
        "state_tone": TONES[plan.state],
        "tabs": tabs,
    }
