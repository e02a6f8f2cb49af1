"""Pure: where a goal stands between its baseline and its target, and what is missing before it is rated."""

from wss_cases.foundation.i18n import gettext as _
from wss_cases.plans.plan.goals.queries import Direction
from wss_cases.plans.plan.progress import Rating

WITH_REASON = frozenset({Rating.BEHIND, Rating.NO_LONGER})
"""Ratings after which something has to change, and is written."""


def is_reached(direction: Direction | None, now: float | None, target: float | None) -> bool | None:
    """Whether a goal's target is reached; None where a figure is not known. To hold is to be no further off than 5
    percent of the target."""
    if direction is None or now is None or target is None:
        return None
    if direction is Direction.UP:
        return now >= target
    if direction is Direction.DOWN:
        return now <= target
    return abs(now - target) <= abs(target) * 0.05


def lacking(rating: Rating | None, what_changes: str) -> tuple[str, str] | None:
    """Return (field, words) of what is missing before a goal is rated; None when nothing is."""
    if rating is None:
        return "rating", _("Choose a rating.")
    if rating in WITH_REASON and not what_changes.strip():
        return "what_changes", _("Describe what changes because of this.")
    return None
