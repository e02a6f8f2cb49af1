"""Whether a figure moved since the same days of the year before, and how sure that is. Pure arithmetic.

Shares: the interval of the difference by Newcombe's hybrid of two Wilson scores (Statistics in Medicine 17, 1998,
method 10). Numbers of students or notifications: given both years together, those of this year are a share of them, and
what is expected of it follows from the students of both years (Przyborowski and Wilenski, Biometrika 31, 1940), by the
Wilson interval. Both at 95 percent.
"""

import enum
from math import sqrt
from statistics import NormalDist
from typing import Final

from wss_cases.outcomes.counting.scope.rules import Share

LEAST: Final = 10
"""Cases, incidents or students below which no direction is told."""
NORMAL: Final = NormalDist().inv_cdf(0.975)


class Change(enum.Enum):
    """How a figure moved: clearly up or down, not clearly, too few to tell, or nothing is recorded to compare with."""

    UP = "up"
    DOWN = "down"
    NOT_CLEAR = "not_clear"
    TOO_FEW = "too_few"
    NOT_RECORDED = "not_recorded"


def change_of_share(now: Share, before: Share | None) -> Change:
    """Return how a share moved; `before` is None where the year before was not recorded."""
    if before is None:
        return Change.NOT_RECORDED
    if min(now.whole, before.whole) < LEAST:
        return Change.TOO_FEW
    low, high = difference(now, before)
    if low > 0:
        return Change.UP
    return Change.DOWN if high < 0 else Change.NOT_CLEAR


def difference(one: Share, other: Share) -> tuple[float, float]:
    """Return the 95 % interval of the first share less the second, both of at least one."""
    low, high = wilson(one)
    other_low, other_high = wilson(other)
    rate, other_rate = one.part / one.whole, other.part / other.whole
    between = rate - other_rate
    return (
        between - sqrt((rate - low) ** 2 + (other_high - other_rate) ** 2),
        between + sqrt((high - rate) ** 2 + (other_rate - other_low) ** 2),
    )


def change_of_number(now: Share, before: Share | None) -> Change:
    """Return how a number for each student moved: `part` is the number, `whole` the students."""
    if before is None:
        return Change.NOT_RECORDED
    both = Share(now.part, now.part + before.part)
    if both.whole < LEAST or not now.whole or not before.whole:
        return Change.TOO_FEW
    expected = now.whole / (now.whole + before.whole)
    low, high = wilson(both)
    if low > expected:
        return Change.UP
    return Change.DOWN if high < expected else Change.NOT_CLEAR


def wilson(share: Share) -> tuple[float, float]:
    """Return the 95 % interval of a share of at least one."""
    size, rate = share.whole, share.part / share.whole
    middle = rate + NORMAL**2 / (2 * size)
    half = NORMAL * sqrt(rate * (1 - rate) / size + NORMAL**2 / (4 * size**2))
    return (middle - half) / (1 + NORMAL**2 / size), (middle + half) / (1 + NORMAL**2 / size)
