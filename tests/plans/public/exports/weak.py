"""Exports that give hidden counts away: each kind must be found out by the attack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from tests.plans.public.exports.pages import attacked
from tests.plans.public.exports.surveys import Total, attack_surveys, sides
from wss_cases.plans.public.figures import PARENTS, REMOVED, Numbers, Published, Reports, beside_reports, publishable
from wss_cases.surveys.results import Counted, ResultState
from wss_cases.surveys.rounds import FEWEST, Counts

REVERSED = 12
"""A district with a school that showed removals which were reversed later."""


def every_school_added_up(true: Sequence[Numbers], live: Sequence[Sequence[Published]]) -> dict[str, int]:
    """A district's page that also adds up what its schools do not show: what is left is theirs."""
    return {name: sum(numbers[name] for numbers in true) for name in PARENTS if any(live)}


def without_reports(
    shown: Mapping[str, int], _as_of: date, _before: Iterable[Published], _reports: Reports, _cell: int
) -> dict[str, int]:
    """A page that forgets that board reports say how many removals there were in each month."""
    return dict(shown)


def nothing_once_corrected(
    shown: Mapping[str, int], as_of: date, before: Iterable[Published], reports: Reports, cell: int
) -> dict[str, int]:
    """A page that gives up once a page before says more removals than board reports do since one was reversed."""
    earlier, first = list(before), reports.first
    months = [(one.as_of.year - first.year) * 12 + one.as_of.month - first.month for one in earlier]
    by_then = zip(earlier, months, strict=True)
    if any(one.name == REMOVED and one.number > reports.removals[month] for one, month in by_then):
        return dict(shown)
    return beside_reports(shown, as_of, earlier, reports, cell)


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
        attacked(publishable, number, add=every_school_added_up).known
    ),
    "board reports: forgotten by the pages": lambda number: len(
        attacked(publishable, number, beside=without_reports).known
    ),
    "board reports: forgotten once one is corrected": lambda number: len(
        attacked(publishable, number, REVERSED, nothing_once_corrected).known
    ),
    "survey: every answer added up": lambda number: _in_surveys(number, add=every_answer_added_up),
    "survey: nearly alike too": lambda number: _in_surveys(number, show=nearly_alike_too),
}
"""How many hidden counts are found in so many districts, by what is weak."""
