"""Rows of the list of plans, and what the home of one shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import url_for

from wss_cases.accounts.teams import user_names
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.plans.plan.answers.presenters import GENERAL, part_words, parts_of
from wss_cases.plans.plan.answers.queries import answers_of
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.presenters import TONES, plan_words, years_words
from wss_cases.plans.plan.core.rules import PlanFacts, blocks, way_forward
from wss_cases.plans.plan.core.states import TRANSITIONS, Block, PlanState
from wss_cases.plans.plan.goals.presenters import needs_baseline, target_words
from wss_cases.plans.plan.goals.queries import tree_of
from wss_cases.plans.plan.templates.queries import questions_of

FORWARD = {
    PlanState.COMMITTEE: lambda: _("Give it to the committee"),
    PlanState.COUNCIL_VOTE: lambda: _("Put it to the council’s vote"),
    PlanState.APPROVED: lambda: _("Approve the plan"),
    PlanState.IN_FORCE: lambda: _("Put the plan in force"),
    PlanState.REVIEWED: lambda: _("Mark as reviewed"),
    PlanState.CLOSED: lambda: _("Close the plan"),
}
"""What the button says that moves a plan on."""


@dataclass(frozen=True)
class Way:
    """The next state of a plan: the button's words, the state, what stands in the way (words, address or None), and
    the way back, None where there is none."""

    words: str
    target: str
    in_the_way: list[tuple[str, str | None]]
    back: tuple[str, str] | None


def plan_rows(plans: Sequence[SchoolPlan]) -> list[dict[str, Any]]:
    """Return the plans of a school as lines of a list."""
    leads = user_names(plan.lead_id for plan in plans)
    return [
        {
            "id": plan.id,
            "title": plan_words(plan),
            "meta": dotted(plan.tier, leads.get(plan.lead_id, "") if plan.lead_id else _("No lead yet")),
            "tag": plan.state.label,
            "tone": TONES[plan.state],
        }
        for plan in plans
    ]


def way_of(plan: SchoolPlan, facts: PlanFacts) -> Way | None:
    """Return the next state of a plan and what stands in its way; None for a closed one."""
    target = way_forward(plan.state)
    if target is None:
        return None
    back = next((_back(state) for state in TRANSITIONS[plan.state][1:]), None)
    in_the_way = [line for block in blocks(facts, target) for line in _lines(block, plan, facts)]
    return Way(FORWARD[target](), target.value, in_the_way, back)


SEEN_TO: Final = {
    Block.LEAD: "plans.change",
    Block.COMMITTEE: "plan_committee.add",
    Block.COUNCIL: "meetings.of_plan",
    Block.BASELINES: "plan_baselines.baselines",
    Block.REVIEW: "plan_reviews.reviews",
}
"""Where people see to what blocks a plan; pages of rooms above by their names."""


def _back(state: PlanState) -> tuple[str, str]:
    return _("Back to: %(state)s", state=state.label), state.value


def _lines(block: Block, plan: SchoolPlan, facts: PlanFacts) -> list[tuple[str, str | None]]:
    """Return what blocks a plan in one line, or one for each component, each with where one sees to it."""
    if block is Block.QUESTIONS:
        lines: list[tuple[str, str | None]] = []
        for component, count in facts.unanswered.items():
            words = ngettext(
                "%(part)s: %(num)s required question has no answer.",
                "%(part)s: %(num)s required questions have no answer.",
                count,
                part=part_words(component),
            )
            part = component or GENERAL
            lines.append((words, url_for("plan_answers.answer", school_plan_id=plan.id, part=part)))
        return lines
    if block is Block.GOALS:
        at = "plan_goals.new_goal"
        return [
            (_("%(part)s has no goal.", part=one.label), url_for(at, school_plan_id=plan.id, component=one.value))
            for one in facts.without_goal
        ]
    endpoint = SEEN_TO.get(block)
    return [(str(block.label), url_for(endpoint, school_plan_id=plan.id) if endpoint else None)]


def head_rows(plan: SchoolPlan) -> list[dict[str, Any]]:
    """Return years, tier, lead and the days of a plan."""
    names = user_names([plan.lead_id, plan.approved_by_id])
    days = [
        (_("Approved by the council"), plan.council_approved_on),
        (_("Approved"), plan.approved_on),
        (_("In force since"), plan.in_force_on),
        (_("Closed"), plan.closed_on),
    ]
    rows = [
        {"label": _("School years"), "value": years_words(plan)},
        {"label": _("Tier"), "value": plan.tier or _("No tier")},
        {"label": _("Lead"), "value": names.get(plan.lead_id or 0, _("No lead yet"))},
    ]
    return [*rows, *({"label": label, "value": day_words_with_year(day)} for label, day in days if day)]


def part_rows(plan: SchoolPlan) -> list[dict[str, Any]]:
    """Return the components of a plan: questions answered, and goals with their targets."""
    answered = {key for key, answer in answers_of(plan.id).items() if answer.text.strip()}
    goals = tree_of(plan.id).goals
    rows = []
    for component, questions in parts_of(questions_of(plan.template_id)).items():
        done = sum(question.id in answered for question in questions)
        rows.append(
            {
                "name": component or GENERAL,
                "title": part_words(component),
                "answered": _("%(done)s of %(all)s questions answered", done=done, all=len(questions)),
                "goals": [
                    {"statement": goal.statement, "target": target_words(goal), "bare": needs_baseline(goal)}
                    for goal in goals
                    if goal.component is component
                ],
                "has_goals": component is not None,
            }
        )
    return rows
