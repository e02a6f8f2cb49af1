"""The plan at the head of a board report, in words."""

from typing import Any

from wss_cases.board.school_plan.queries import GoalNow, PlanNow
from wss_cases.foundation.i18n import gettext as _
from wss_cases.outcomes.counting.scope.rules import Share
from wss_cases.plans.measures import Figure, number_words, value_of, value_words
from wss_cases.plans.plan.core.pages import years_words
from wss_cases.plans.plan.goals.pages import target_words
from wss_cases.plans.plan.templates import Component

Line = dict[str, Any]


def plan_rows(found: PlanNow | None) -> Line | None:
    """Return a plan's years, its state, and its goals under the three components; None without a plan. `number` is what
    was counted for a goal, 0 for nothing; `briefly` are both figures without their unit, which the target says."""
    if found is None:
        return None
    parts = [(part.label, [_row(one) for one in found.goals if one.goal.component is part]) for part in Component]
    return {
        "years": years_words(found.plan),
        "state": found.plan.state.label,
        "parts": [(title, rows) for title, rows in parts if rows],
    }


def schools_words(share: Share) -> str:
    """Return how many schools have a plan in force."""
    return _("%(part)s of %(whole)s schools have a school safety plan in force.", part=share.part, whole=share.whole)


def _row(one: GoalNow) -> Line:
    return {
        "goal": one.goal.statement,
        "then": _words(one.goal.measure, one.then),
        "now": _words(one.goal.measure, one.now),
        "number": int(one.now.numerator) if one.now is not None else 0,
        "briefly": [_briefly(one.goal.measure, figure) for figure in (one.then, one.now)],
        "target": target_words(one.goal),
    }


def _words(measure: str, figure: Figure | None) -> str:
    return value_words(measure, figure) if figure is not None else "–"


def _briefly(measure: str, figure: Figure | None) -> str:
    value = value_of(measure, figure.numerator, figure.denominator) if figure is not None else None
    return number_words(value) if value is not None else _words(measure, figure)
