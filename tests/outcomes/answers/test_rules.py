"""How a figure moved and how sure that is, against published examples and against many random years."""

from __future__ import annotations

import random

import pytest

from wss_cases.outcomes.answers import LEAST, Change, change_of_number, change_of_share, difference, wilson
from wss_cases.outcomes.counting.scope.rules import Share


def test_intervals_are_those_of_the_paper() -> None:
    """Newcombe 1998, Table II: 56 of 70 and 48 of 80, 9 of 10 and 3 of 10, by method 10."""
    assert difference(Share(56, 70), Share(48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert difference(Share(9, 10), Share(3, 10)) == pytest.approx((0.1705, 0.8090), abs=5e-5)
    assert wilson(Share(81, 263)) == pytest.approx((0.2553, 0.3662), abs=5e-5)


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (Share(56, 70), Share(48, 80), Change.UP),
        (Share(48, 80), Share(56, 70), Change.DOWN),
        (Share(29, 47), Share(20, 44), Change.NOT_CLEAR),
        (Share(9, 9), Share(0, 40), Change.TOO_FEW),
        (Share(9, 40), Share(0, 0), Change.TOO_FEW),
        (Share(9, 40), None, Change.NOT_RECORDED),
    ],
)
def test_a_share_moves_only_where_its_interval_says_so(now: Share, before: Share | None, change: Change) -> None:
    assert change_of_share(now, before) is change


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (Share(10, 400), Share(30, 400), Change.DOWN),
        (Share(30, 400), Share(10, 400), Change.UP),
        (Share(20, 800), Share(20, 400), Change.DOWN),
        (Share(12, 400), Share(15, 400), Change.NOT_CLEAR),
        (Share(0, 400), Share(LEAST, 400), Change.DOWN),
        (Share(4, 400), Share(5, 400), Change.TOO_FEW),
        (Share(40, 0), Share(5, 400), Change.TOO_FEW),
        (Share(40, 400), None, Change.NOT_RECORDED),
    ],
)
def test_a_number_moves_by_the_students_it_is_of(now: Share, before: Share | None, change: Change) -> None:
    assert change_of_number(now, before) is change


def test_two_years_alike_are_seldom_called_different() -> None:
    pick, clear = random.Random(54), 0
    for _ in range(2000):
        years = [Share(sum(pick.random() < 0.55 for _ in range(45)), 45) for _ in range(2)]
        clear += change_of_share(*years) in (Change.UP, Change.DOWN)
    assert 40 < clear < 140, "about one in twenty, by the interval of 95 percent"
