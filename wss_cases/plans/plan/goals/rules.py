"""How a goal stands: whether it points the right way, and whether the figure of today is on the way to its target."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.plans.measures import PLAN_MEASURES, Direction


class Progress(Labelled):
    """How a figure of today stands to the baseline and the target of its goal."""

    REACHED = "reached", _l("Target reached")
    ON_TRACK = "on_track", _l("On track")
    BEHIND = "behind", _l("Behind")
    WORSE = "worse", _l("Worse than the baseline")
    HELD = "held", _l("Held")
    NOT_HELD = "not_held", _l("Not held")
    EARLY = "early", _l("Too early to tell")


GOOD: Final = frozenset({Progress.REACHED, Progress.ON_TRACK, Progress.HELD})
HELD_WITHIN: Final = 0.05
"""To hold is to be no further off than this part of the target."""
EARLY_DAYS: Final = 20
"""So many school days of a year have to be over before its figures are held against a target."""
LEAST: Final = 1e-9
"""Differences below this come from computing with fractions."""


@dataclass(frozen=True)
class Aim:
    """A goal in figures: its measure, its direction, baseline (None: not known) and target in the unit of the measure,
    the last day that the baseline counts and the day of the target."""

    measure: str
    direction: Direction
    then: float | None
    target: float
    begins: date
    by: date

    @property
    def better(self) -> Direction | None:
        """Which way is better: what its measure declares; of a survey's value what the goal itself says."""
        declared = PLAN_MEASURES.get(self.measure)
        if declared is not None:
            return declared.better
        return None if self.direction is Direction.HOLD else self.direction

    @property
    def adds_up(self) -> bool:
        """Whether the measure's figure grows through the school year."""
        return self.measure in PLAN_MEASURES and PLAN_MEASURES[self.measure].adds_up

    def is_backward(self) -> bool:
        """Whether the target is on the wrong side: worse than the baseline, on the other side of it than the direction
        says, or in the direction in which the measure is worse. Without a baseline only the last is known."""
        if self.better is not None and self.direction not in (self.better, Direction.HOLD):
            return True
        if self.then is None:
            return False
        if self.direction is Direction.HOLD:
            return not self.is_held(self.then, 1.0) if self.better is not None else False
        return self.gain(self.target, self.then) < LEAST

    def line_on(self, day: date) -> float | None:
        """Where the straight line from the baseline to the target is on a day; None without a baseline."""
        if self.then is None:
            return None
        whole = (self.by - self.begins).days
        part = min(max((day - self.begins).days / whole, 0.0), 1.0) if whole > 0 else 1.0
        return self.then + (self.target - self.then) * part

    def gain(self, now: float, then: float) -> float:
        """By how much a figure is better than another, in the direction of the goal."""
        return now - then if self.direction is Direction.UP else then - now

    def is_held(self, now: float, gone: float) -> bool:
        """Whether a figure is no further on the worse side of the target than `HELD_WITHIN`; without a better side, on
        either side."""
        target = self.target * gone
        off = {Direction.UP: target - now, Direction.DOWN: now - target}.get(self.better or Direction.HOLD)
        return (abs(now - target) if off is None else off) <= abs(target) * HELD_WITHIN + LEAST


def progress_of(aim: Aim, now: float | None, today: date, gone: int | None, of_year: int) -> Progress | None:
    """How a goal stands on a day; None where nothing may be said: a figure is not known, the measure has no better
    direction, or the target points backward.

    `gone`: how many of the `of_year` school days of this year (0: not known) are over; None for a value that is not
    counted day by day. The figure of a measure that adds up is held against that part of a whole year, and reaches
    nothing before the year is over.
    """
    has_no_direction = aim.better is None and aim.measure in PLAN_MEASURES
    if now is None or aim.then is None or has_no_direction or aim.is_backward():
        return None
    if gone is not None and gone < EARLY_DAYS:
        return Progress.EARLY
    if aim.adds_up and gone is not None and not of_year:
        return None
    part = gone / of_year if aim.adds_up and gone is not None else 1.0
    if aim.direction is Direction.HOLD:
        return Progress.HELD if aim.is_held(now, part) else Progress.NOT_HELD
    line = aim.line_on(today)
    assert line is not None
    if aim.gain(now, aim.then * part) < -LEAST:
        return Progress.WORSE
    if part >= 1 and aim.gain(now, aim.target) >= -LEAST:
        return Progress.REACHED
    return Progress.ON_TRACK if aim.gain(now, line * part) >= -LEAST else Progress.BEHIND
