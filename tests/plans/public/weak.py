"""Rules for public pages that give hidden counts away: each must be found out by the attack."""

from __future__ import annotations

from collections.abc import Sequence

from wss_cases.outcomes.equity.suppression import ENROLLED, Minimums
from wss_cases.plans.public.figures import PARENTS, Numbers, publishable


def alone(numbers: Numbers, earlier: Sequence[Numbers], minimums: Minimums) -> dict[str, int]:
    """Look at each page alone: the difference to the page before tells who is new."""
    return publishable(numbers, (), minimums)


def only_the_last(numbers: Numbers, earlier: Sequence[Numbers], minimums: Minimums) -> dict[str, int]:
    """Look at the last page only: an earlier one showed the figure too."""
    return publishable(numbers, earlier[-1:], minimums)


def without_the_rest(numbers: Numbers, earlier: Sequence[Numbers], minimums: Minimums) -> dict[str, int]:
    """Forget those not in a figure: the rest of the figure before it is as small as it likes."""
    moved = {
        name: numbers[name]
        for name in PARENTS
        if numbers[name] >= minimums.cell
        and all(abs(numbers[name] - page[name]) >= minimums.cell for page in earlier if name in page)
    }
    return moved if numbers[ENROLLED] >= minimums.group else {}


WEAK = {
    "each page alone": alone,
    "only the page before": only_the_last,
    "those not in a figure forgotten": without_the_rest,
}
