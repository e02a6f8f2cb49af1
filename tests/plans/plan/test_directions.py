"""Which way a measure is better, when a goal points the wrong way, and when it is on track."""

from __future__ import annotations

from datetime import date

import pytest

from wss_cases.plans.measures import PLAN_MEASURES, Direction, direction_words
from wss_cases.plans.plan.goals.rules import Aim, Progress, progress_of

UP, DOWN, HOLD = Direction
BEGINS, BY, HALF = date(2026, 7, 31), date(2027, 7, 31), date(2027, 1, 29)


def aim(measure, direction, then, target):
    return Aim(measure, direction, then, target, BEGINS, BY)


def test_every_measure_knows_which_way_is_better_or_says_why_neither_is():
    for key, measure in PLAN_MEASURES.items():
        assert (measure.better is None) == bool(str(measure.why_no_direction)), key
        assert measure.better is not HOLD and str(direction_words(key)), key
    assert PLAN_MEASURES["incidents"].better is None and "stop reporting" in direction_words("incidents")
    assert {key for key, measure in PLAN_MEASURES.items() if measure.better is DOWN} == {
        "suspensions", "police", "avoidable",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "direction", "then", "target", "backward"),
    [
        ("suspensions", DOWN, 10, 8, False),
        ("suspensions", DOWN, 10, 12, True),  # "down to" a number that is higher than the baseline
        ("suspensions", DOWN, 10, 10, True),
        ("suspensions", UP, 10, 12, True),  # the measure is worse when it is higher
        ("suspensions", UP, None, 12, True),  # so that needs no baseline to be said
        ("suspensions", DOWN, None, 12, False),
        ("suspensions", HOLD, 10, 10.4, False),
        ("suspensions", HOLD, 10, 8, True),  # a school at 10 holds nothing at 8
        ("repaired", UP, 60, 75, False),
        ("repaired", UP, 60, 50, True),
        ("repaired", DOWN, 60, 50, True),
        ("incidents", DOWN, 0.5, 0.4, False),
        ("incidents", DOWN, 0.3, 0.4, True),
        ("incidents", UP, 0.3, 0.4, False),  # more reports are no worse than fewer
        ("survey", UP, 41, 50, False),
        ("survey", UP, 41, 40, True),
        ("survey", HOLD, 41, 60, False),
    ],
)
def test_when_a_goal_points_the_wrong_way(measure, direction, then, target, backward):
    assert aim(measure, direction, then, target).is_backward() is backward


def test_the_line_runs_from_the_day_of_the_baseline_to_the_day_of_the_target():
    goal = aim("repaired", UP, 60, 80)
    assert (goal.line_on(BEGINS), goal.line_on(BY)) == (60, 80)
    assert goal.line_on(HALF) == pytest.approx(69.97, abs=0.01)
    assert goal.line_on(date(2026, 1, 1)) == 60 and goal.line_on(date(2028, 1, 1)) == 80
    assert aim("repaired", UP, None, 80).line_on(HALF) is None


@pytest.mark.parametrize(
    ("measure", "direction", "then", "target", "now", "day", "standing"),
    [
        ("repaired", UP, 60, 80, 80, HALF, Progress.REACHED),
        ("repaired", UP, 60, 80, 70, HALF, Progress.ON_TRACK),
        ("repaired", UP, 60, 80, 69, HALF, Progress.BEHIND),
        ("repaired", UP, 60, 80, 60, HALF, Progress.BEHIND),
        ("repaired", UP, 60, 80, 59, HALF, Progress.WORSE),
        ("avoidable", DOWN, 30, 20, 42, HALF, Progress.WORSE),  # "fewer" that rose by 40 percent
        ("avoidable", DOWN, 30, 50, 42, HALF, None),  # and whose target had been set above the baseline
        ("avoidable", DOWN, 30, 20, 20, HALF, Progress.REACHED),
        ("avoidable", HOLD, 30, 30, 31, HALF, Progress.HELD),
        ("avoidable", HOLD, 30, 30, 20, HALF, Progress.HELD),  # better than held is held
        ("avoidable", HOLD, 30, 30, 40, HALF, Progress.NOT_HELD),
        ("incidents", DOWN, 0.5, 0.4, 0.3, HALF, None),  # no direction: no success
        ("survey", UP, 41, 50, 52, HALF, Progress.REACHED),
        ("survey", HOLD, 41, 41, 52, HALF, Progress.NOT_HELD),
        ("repaired", UP, None, 80, 90, HALF, None),
        ("repaired", UP, 60, 80, None, HALF, None),
    ],
)
def test_how_a_goal_stands(measure, direction, then, target, now, day, standing):
    assert progress_of(aim(measure, direction, then, target), now, day, 90, 180) is standing


def test_what_adds_up_is_held_against_the_part_of_the_year_that_is_over():
    goal = aim("suspensions", DOWN, 12, 8)  # 12 in a whole year, so 6 by its half
    assert progress_of(goal, 5, HALF, 90, 180) is Progress.ON_TRACK, "the line is at 10 a year, 5 by now"
    assert progress_of(goal, 5.5, HALF, 90, 180) is Progress.BEHIND
    assert progress_of(goal, 7, HALF, 90, 180) is Progress.WORSE, "although 7 is below the target of a whole year"
    assert progress_of(goal, 1, HALF, 90, 180) is Progress.ON_TRACK, "nothing is reached before the year is over"
    assert progress_of(goal, 8, BY, 180, 180) is Progress.REACHED
    assert progress_of(goal, 5, HALF, 90, 0) is None, "without a calendar nobody knows which part is over"


def test_the_first_weeks_of_a_year_say_nothing_yet():
    goal = aim("suspensions", DOWN, 12, 8)
    assert progress_of(goal, 0, date(2026, 9, 1), 19, 180) is Progress.EARLY
    assert progress_of(goal, 0, date(2026, 9, 2), 20, 180) is Progress.ON_TRACK
    assert progress_of(aim("survey", UP, 41, 50), 52, date(2026, 9, 1), None, 0) is Progress.REACHED
