"""Rules for public pages that give hidden counts away: each must be found out by the attack."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from tests.plans.public.districts import Rule
from wss_cases.foundation.clock import school_year
from wss_cases.outcomes.equity.suppression import ENROLLED, Minimums
from wss_cases.plans.public.publications.presenters import (
    PARENTS,
    REMOVALS,
    REMOVED,
    Numbers,
    last_year_over,
    publishable,
)


def the_running_year(today: date, _published: Collection[str]) -> str:
    """Publish the year that still runs: the difference to the page before tells who is new."""
    return school_year(today)


def every_time(today: date, _published: Collection[str]) -> str:
    """Count the last year again in each version: the difference tells who was corrected."""
    return last_year_over(today)


def without_the_rest(numbers: Numbers, minimums: Minimums) -> dict[str, int]:
    """Forget those not in a figure: the rest of the figure before it is as small as it likes."""
    large = {name: numbers[name] for name in PARENTS if numbers[name] >= minimums.cell}
    return large if numbers[ENROLLED] >= minimums.group else {}


def without_reports(numbers: Numbers, minimums: Minimums) -> dict[str, int]:
    """Forget that board reports say how many removals there were in each month."""
    kept = without_the_rest(numbers, minimums)
    return {name: number for name, number in kept.items() if numbers[PARENTS[name]] - number >= minimums.cell}


def without_repeated_removals(numbers: Numbers, minimums: Minimums) -> dict[str, int]:
    """Ask for enough students, but not for removals of students who were removed before."""
    return publishable({**numbers, REMOVALS: numbers[REMOVALS] + minimums.cell}, minimums)


def with_few_reported(numbers: Numbers, minimums: Minimums) -> dict[str, int]:
    """Let ten students do for those reported and removed, as for the other figures."""
    kept = without_reports(numbers, minimums)
    repeated = numbers[REMOVALS] - numbers[REMOVED]
    return {name: number for name, number in kept.items() if name != REMOVED or repeated >= minimums.cell}


WEAK = {
    "the year that runs": Rule(due=the_running_year),
    "the year counted again": Rule(due=every_time),
    "those not in a figure forgotten": Rule(shows=without_the_rest),
    "board reports forgotten": Rule(shows=without_reports),
    "repeated removals not asked for": Rule(shows=without_repeated_removals),
    "ten reported are enough": Rule(shows=with_few_reported),
}
