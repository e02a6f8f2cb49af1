"""Goals, strategies and steps in words, by component."""

from collections.abc import Sequence
from typing import Any

from wss_cases.accounts.teams import user_names
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.plans.measures.rules import number_words
from wss_cases.plans.measures.states import PLAN_MEASURES
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStep
from wss_cases.plans.plan.goals.queries import Tree
from wss_cases.plans.plan.templates.states import Component


def measure_words(measure: str) -> str:
    """Return what a goal is measured by, with its unit."""
    if measure in PLAN_MEASURES:
        declared = PLAN_MEASURES[measure]
        return _("%(measure)s, %(unit)s", measure=declared.title, unit=declared.unit)
    return _("A value of a survey")


def target_words(goal: PlanGoal) -> str:
    """Return how a goal is measured, to which target and by when, or why it is not."""
    if not goal.measure or goal.direction is None or goal.target is None or goal.target_by is None:
        return _("Not measured: %(why)s", why=goal.why_not_measured)
    return _(
        "%(measure)s: %(direction)s %(target)s by %(day)s",
        measure=measure_words(goal.measure),
        direction=str(goal.direction.label).lower(),
        target=number_words(goal.target),
        day=day_words_with_year(goal.target_by),
    )


def needs_baseline(goal: PlanGoal) -> bool:
    """Whether a goal is measured and nothing is frozen for it yet."""
    return bool(goal.measure) and goal.baseline_id is None and goal.survey_value_id is None


def component_rows(tree: Tree) -> list[dict[str, Any]]:
    """Return the three components, each with its goals, their strategies and the steps of these."""
    strategies = [one for rows in tree.strategies.values() for one in rows]
    steps = [one for rows in tree.steps.values() for one in rows]
    names = user_names([*(one.owner_id for one in strategies), *(one.owner_id for one in steps)])
    return [
        {
            "name": component.value,
            "title": component.label,
            "goals": [_goal_row(goal, tree, names) for goal in tree.goals if goal.component is component],
        }
        for component in Component
    ]


def _goal_row(goal: PlanGoal, tree: Tree, names: dict[int, str]) -> dict[str, Any]:
    return {
        "id": goal.id,
        "statement": goal.statement,
        "target": target_words(goal),
        "needs_baseline": needs_baseline(goal),
        "strategies": [
            {
                "id": one.id,
                "if": one.if_words,
                "then": one.then_words,
                "leads_to": one.leads_to,
                "owner": names.get(one.owner_id or 0, ""),
                "steps": _step_rows(tree.steps.get(one.id, ()), names),
            }
            for one in tree.strategies.get(goal.id, ())
        ],
    }


def _step_rows(steps: Sequence[PlanStep], names: dict[int, str]) -> list[dict[str, Any]]:
    return [
        {
            "id": step.id,
            "text": step.text,
            "meta": dotted(
                names.get(step.owner_id or 0, "") or _("No one yet"),
                _("due %(day)s", day=day_words_with_year(step.due_on)),
            ),
            "evidence": step.evidence_required,
        }
        for step in steps
    ]
