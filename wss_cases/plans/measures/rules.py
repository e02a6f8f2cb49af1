"""Pure: the value of a measure, whether it may be shown, and whether a goal may aim at it."""

from dataclasses import dataclass

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.plans.measures.states import PLAN_MEASURES, SURVEY


@dataclass(frozen=True)
class Figure:
    """What was counted: a numerator, and what it is of (None where the measure is a count)."""

    numerator: float
    denominator: float | None = None


def number_words(number: float) -> str:
    """Return a figure as people write it: whole where it is, else with at most two places."""
    return f"{number:,.0f}" if number == int(number) else f"{number:,.2f}".rstrip("0").rstrip(".")


def value_of(measure: str, numerator: float | None, denominator: float | None) -> float | None:
    """Return the value of a measure in its unit; None where it is not known, or of nothing."""
    declared = PLAN_MEASURES[measure]
    if numerator is None:
        return None
    if declared.denominator is None:
        return numerator
    return declared.times * numerator / denominator if denominator else None


def value_words(measure: str, figure: Figure) -> str:
    """Return a figure in its unit: "6.9 per 100 students"; that there is nothing to count where it is of nothing."""
    value = value_of(measure, figure.numerator, figure.denominator)
    if value is None:
        return _("Nothing to count")
    return f"{number_words(value)} {PLAN_MEASURES[measure].unit}"


def is_too_small(measure: str, figure: Figure, fewest: int) -> bool:
    """Whether a figure tells of fewer than `fewest`: it counts some but fewer, or leaves so few of those it is of."""
    if PLAN_MEASURES[measure].is_practice:
        return False  # what adults held names no child, however seldom
    left = (figure.denominator or 0) - figure.numerator if PLAN_MEASURES[measure].is_share else 0
    return 0 < figure.numerator < fewest or 0 < left < fewest


def refuse_as_target(measure: str) -> None:
    """Refuse a measure as what a goal aims at: one that is none, or that counts practice alone. Raises Refused."""
    if measure == SURVEY:
        return
    if measure not in PLAN_MEASURES:
        raise Refused("measure", _("Choose a measure."))
    if PLAN_MEASURES[measure].is_practice:
        raise Refused(
            "measure",
            _(
                "How many circles are held is not a goal by itself: it counts what adults do, not what changes for "
                "students. Choose what should change, and write the circles as a strategy or a step."
            ),
        )
