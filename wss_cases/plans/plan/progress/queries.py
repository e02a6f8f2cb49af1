"""What decides where a plan may go."""

from datetime import date

from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.plans.plan.answers.queries import unanswered
from wss_cases.plans.plan.committee.queries import seats
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.rules import PlanFacts, outdated
from wss_cases.plans.plan.core.states import Outdated, PlanState
from wss_cases.plans.plan.goals.queries import without_baseline, without_goal
from wss_cases.plans.plan.reviews.queries import has_annual_review
from wss_cases.plans.plan.templates.queries import template_on


def facts_of(plan: SchoolPlan, today: date) -> PlanFacts:
    """Return what decides on a plan's next state; the caller has checked the plan."""
    first, _end = school_year_bounds(plan.first_year)
    _start, last = school_year_bounds(plan.last_year)
    return PlanFacts(
        has_lead=plan.lead_id is not None,
        members=seats(plan.id, today),
        unanswered=unanswered(plan),
        without_goal=without_goal(plan),
        without_baseline=len(without_baseline(plan.id)),
        council_approved=plan.council_approved_on is not None,
        has_begun=first <= today,
        is_over=last < today,
        has_annual_review=has_annual_review(plan.id),
    )


def outdated_because(plan: SchoolPlan, today: date) -> list[Outdated]:
    """Return why a plan that is not closed is out of date."""
    if plan.state is PlanState.CLOSED:
        return []
    return outdated(plan.template_id, template_on(today).id, plan.last_year, school_year(today))
