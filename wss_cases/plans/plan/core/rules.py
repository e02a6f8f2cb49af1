"""Pure decisions about plans: who reads them, what blocks the next state, and what makes one out of date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from wss_cases.access.actor import CASE_TEAM, Role
from wss_cases.plans.plan.core.states import BLOCKED_BY, TRANSITIONS, Block, Outdated, PlanState
from wss_cases.plans.plan.templates.states import Component

PLAN_READERS: Final = (*sorted(CASE_TEAM), Role.DISTRICT)
"""Deans, coordinators and administrators of the school, and who administers the district or its network."""

LONGEST_TERM: Final = 3
"""School years that one plan may be for."""


@dataclass(frozen=True)
class PlanFacts:
    """What decides where a plan may go. `unanswered`: required questions without an answer, by component."""

    has_lead: bool = False
    members: int = 0
    unanswered: Mapping[Component | None, int] = field(default_factory=dict)
    without_goal: Sequence[Component] = ()
    without_baseline: int = 0
    council_approved: bool = False
    has_begun: bool = False
    is_over: bool = False
    has_annual_review: bool = False


def holds(facts: PlanFacts, block: Block) -> bool:
    """Whether this stands in the way."""
    return {
        Block.LEAD: not facts.has_lead,
        Block.COMMITTEE: facts.members == 0,
        Block.QUESTIONS: any(facts.unanswered.values()),
        Block.GOALS: bool(facts.without_goal),
        Block.COUNCIL: not facts.council_approved,
        Block.BASELINES: facts.without_baseline > 0,
        Block.EARLY: not facts.has_begun,
        Block.OVER: facts.is_over,
        Block.REVIEW: not facts.has_annual_review,
    }[block]


def blocks(facts: PlanFacts, target: PlanState) -> list[Block]:
    """Return what stands between a plan and a state, in the order in which people see to it."""
    return [block for block in BLOCKED_BY[target] if holds(facts, block)]


def may_follow(state: PlanState, target: PlanState) -> bool:
    """Whether a person may move a plan from one state to another at all."""
    return target in TRANSITIONS[state]


def way_forward(state: PlanState) -> PlanState | None:
    """Return the next state on the way, None at its end."""
    return TRANSITIONS[state][0] if TRANSITIONS[state] else None


def outdated(template_id: int, newest_template_id: int, last_year: str, this_year: str) -> list[Outdated]:
    """Return why a plan is out of date: a newer template is in force, or its last school year is over."""
    reasons = {Outdated.TEMPLATE: template_id != newest_template_id, Outdated.OVER: last_year < this_year}
    return [reason for reason, is_so in reasons.items() if is_so]
