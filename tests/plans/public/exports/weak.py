"""Exports that give hidden counts away: each kind must be found out by the attack."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.plans.public.districts import Rule
from tests.plans.public.exports.pages import attacked
from tests.plans.public.exports.surveys import Total, attack_surveys, sides
from wss_cases.plans.public.publications.models import Published
from wss_cases.plans.public.publications.presenters import PARENTS, Numbers
from wss_cases.surveys.results import Counted, ResultState
from wss_cases.surveys.rounds import FEWEST, Counts


def every_school_added_up(true: Sequence[Numbers], live: Sequence[Sequence[Published]]) -> dict[str, int]:
    """A district's page that also adds up what its schools do not show: what is left is theirs."""
    return {name: sum(numbers[name] for numbers in true) for name in PARENTS if any(live)}


def every_answer_added_up(counts: Sequence[Counts], _results: Sequence[Counted]) -> Total:
    """A district's share that also adds up what its schools do not show."""
    totals = [sides(one) for one in counts]
    return sum(good for good, _all in totals), sum(number for _good, number in totals)


def nearly_alike_too(counts: Counts) -> Counted:
    """Results from ten answers on, also where nearly everyone answered alike."""
    favorable, answered = sides(counts)
    return Counted(ResultState.SHOWN, favorable, answered) if answered >= FEWEST else Counted(ResultState.TOO_FEW)


def _in_surveys(number: int, **weak: Callable[..., object]) -> int:
    return sum(len(attack_surveys(seed, **weak)) for seed in range(number))  # type: ignore[arg-type]


WEAK_EXPORTS: dict[str, Callable[[int], int]] = {
    "district's page: every school added up": lambda number: len(
        attacked(Rule(), number, add=every_school_added_up).known
    ),
    "survey: every answer added up": lambda number: _in_surveys(number, add=every_answer_added_up),
    "survey: nearly alike too": lambda number: _in_surveys(number, show=nearly_alike_too),
}
"""How many hidden counts are found in so many districts, by what is weak."""
