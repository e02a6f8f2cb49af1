"""Pure: what makes a goal one that can be measured."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.plans.measures.rules import number_words, refuse_as_target
from wss_cases.plans.plan.goals.states import Direction
from wss_cases.plans.plan.templates.states import Component

MOST: Final = 1_000_000


@dataclass(frozen=True)
class GoalContent:
    """What a goal says: measured (`measure` with direction, target and day), or why not ('' for a measured one)."""

    component: Component
    statement: str
    measure: str
    direction: Direction | None
    target: float | None
    target_by: date | None
    why_not_measured: str


def aim_words(direction: Direction, target: float) -> str:
    """Return which way a goal goes and how far: "Down to 40"."""
    return f"{direction.label} {number_words(target)}"


def fixed_words() -> str:
    """Return why the goals of a plan in force are not changed, and what one does instead."""
    return _(
        "This plan is in force, so its goals, targets, and baselines stay as the council approved them. Rate a goal at "
        "a review if it no longer fits. To change one, copy the plan forward, change it there, and put it to a vote."
    )


def check_goal(content: GoalContent) -> None:
    """Raise Refused for a goal that is neither measurable nor explained, or that aims at how much adults do."""
    if not content.measure:
        if not content.why_not_measured.strip():
            raise Refused("measure", _("Choose a measure, or write below why this goal cannot be measured."))
        if content.direction or content.target is not None or content.target_by:
            raise Refused("measure", _("Choose what the target measures."))
        return
    refuse_as_target(content.measure)
    for field, value in (
        ("direction", content.direction),
        ("target", content.target),
        ("target_by", content.target_by),
    ):
        if value is None:
            raise Refused(field, _("A measured goal needs a direction, a target, and a day."))
    if content.target is not None and not 0 <= content.target <= MOST:
        raise Refused("target", _("Enter a number from 0 to 1,000,000."))
