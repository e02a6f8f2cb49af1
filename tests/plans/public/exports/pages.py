"""Two years of the pages of districts: each school's, and the district's, which adds up what these show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.plans.public.attack import Found, attack
from tests.plans.public.districts import (
    EDITIONS,
    MONTHS,
    USUAL,
    Pages,
    Rule,
    YearOfSchool,
    publish_for_two_years,
    random_school,
)
from wss_cases.plans.public.publications.models import Published
from wss_cases.plans.public.publications.presenters import PARENTS, Numbers, sums_of

Add = Callable[[Sequence[Numbers], Sequence[Sequence[Published]]], dict[str, int]]
"""What the district says by figure, from what is true of its schools in a month and what their pages show."""


def of_pages(_true: Sequence[Numbers], live: Sequence[Sequence[Published]]) -> dict[str, int]:
    """Add up as the product does."""
    return {name: students for name, students, _schools in sums_of(live)[1]}


def take_apart(schools: Sequence[YearOfSchool], pages: Sequence[Pages], add: Add) -> None:
    """Note for each school what the sums of every month after the year leave for a figure that its page does not
    show."""
    for month in range(MONTHS, EDITIONS):
        sums = add([school.counted[month].months[-1] for school in schools], [each.live[month] for each in pages])
        for name in PARENTS if sums else ():
            shown = [next((each.number for each in page.live[month] if each.name == name), None) for page in pages]
            rest = sums.get(name, 0) - sum(number or 0 for number in shown)
            hidden = [page for page, number in zip(pages, shown, strict=True) if number is None]
            for page in hidden if rest else ():
                page.sums.append((name, MONTHS - 1, rest, len(hidden) == 1))


def attacked(rule: Rule, districts: int, first: int = 0, add: Add = of_pages) -> Found:
    """Return what an attacker finds in the pages of so many districts; each fourth has corrections."""
    found = Found()
    for seed in range(first, first + districts):
        random = Random(seed)
        schools = [random_school(random, grows=seed % 4 != 0) for _ in range(random.randint(1, 7))]
        pages = [publish_for_two_years(random, school, rule, USUAL) for school in schools]
        take_apart(schools, pages, add)
        for school, shown in zip(schools, pages, strict=True):
            attack(school, shown, found)
    return found
