"""Reviews in words: of each goal then, now, target, rating, and what changes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import url_for

from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import gettext as _
from wss_cases.plans.baselines.presenters import made_of
from wss_cases.plans.measures.rules import Figure, is_too_small, number_words, value_of, value_words
from wss_cases.plans.measures.states import PLAN_MEASURES
from wss_cases.plans.plan.goals.models import PlanGoal
from wss_cases.plans.plan.goals.rules import aim_words
from wss_cases.plans.plan.reviews.models import PlanReview, PlanReviewGoal
from wss_cases.plans.plan.reviews.states import Rating
from wss_cases.plans.review.rules import is_reached

Line = dict[str, Any]
TONES = {Rating.MET: "moss", Rating.ON_TRACK: "moss", Rating.BEHIND: "brick", Rating.NO_LONGER: "slate"}


def review_rows(reviews: Iterable[PlanReview]) -> list[Line]:
    """Return the reviews of a plan as lines of a list."""
    return [
        {
            "title": review.kind.label,
            "meta": day_words_with_year(review.held_on),
            "href": url_for("plan_reviews.review", plan_review_id=review.id),
            "state": _("Closed") if review.closed_at else _("Open"),
            "tone": "slate" if review.closed_at else "sun",
        }
        for review in reviews
    ]


def goal_cards(
    rows: Sequence[tuple[PlanReviewGoal, PlanGoal]], before: Mapping[str, Figure], fewest: int, rates: bool
) -> list[Line]:
    """Return each goal of a review; `before`: the same days of the year before, by measure; `fewest`: figures of fewer
    are not shown, 0 where all are; `rates`: the reader may rate."""
    return [_card(row, goal, before.get(goal.measure), fewest, rates) for row, goal in rows]


def _card(row: PlanReviewGoal, goal: PlanGoal, before: Figure | None, fewest: int, rates: bool) -> Line:
    small = not fewest
    hides = row.now_suppressed and not small
    then = Figure(row.then_numerator, row.then_denominator) if row.then_numerator is not None else None
    hides_then = _is_hidden(goal, then, fewest)
    figures = [
        (
            _("Then (baseline)"),
            _("Too few to show") if hides_then else _figure(goal, row.then_numerator, row.then_denominator),
        ),
        (_("Now"), _("Too few to show") if hides else _figure(goal, row.now_numerator, row.now_denominator)),
        (_("Target"), _target(goal, row.target)),
    ]
    if before is not None and not hides and not _is_hidden(goal, before, fewest):
        figures.insert(2, (_("Same days of the year before"), _words(goal.measure, before)))
    return {
        "id": row.id,
        "component": goal.component.label,
        "statement": goal.statement,
        "figures": [{"label": label, "value": value} for label, value in figures] if goal.measure else [],
        "why_not": goal.why_not_measured,
        "small": row.now_suppressed and small,
        "reached": None if hides else is_reached(goal.direction, _value(goal, row), row.target),
        "rating": row.rating.label if row.rating else _("Not rated yet"),
        "tone": TONES.get(row.rating, "sun") if row.rating else "sun",
        "changes": row.what_changes,
        "href": url_for("plan_reviews.rate", plan_review_goal_id=row.id) if rates else "",
    }


def _is_hidden(goal: PlanGoal, figure: Figure | None, fewest: int) -> bool:
    return figure is not None and goal.measure in PLAN_MEASURES and is_too_small(goal.measure, figure, fewest)


def _value(goal: PlanGoal, row: PlanReviewGoal) -> float | None:
    if goal.measure not in PLAN_MEASURES:
        return row.now_numerator
    return value_of(goal.measure, row.now_numerator, row.now_denominator)


def _figure(goal: PlanGoal, numerator: float | None, denominator: float | None) -> str:
    if numerator is None:
        return _("Not known")
    if goal.measure not in PLAN_MEASURES:
        return number_words(numerator)
    return _words(goal.measure, Figure(numerator, denominator))


def _words(measure: str, figure: Figure) -> str:
    parts = made_of(measure, figure)
    return f"{value_words(measure, figure)} ({parts})" if parts else value_words(measure, figure)


def _target(goal: PlanGoal, target: float | None) -> str:
    if target is None or goal.direction is None:
        return _("No target")
    words = aim_words(goal.direction, target)
    return f"{words} {PLAN_MEASURES[goal.measure].unit}" if goal.measure in PLAN_MEASURES else words
