"""Results of climate surveys, by school and added up, and what they give away of those that are hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from wss_cases.surveys.results import FEWEST_ON_A_SIDE, Counted, ResultState, result_of
from wss_cases.surveys.rounds import FAVORABLE, FEWEST, VALUES, Counts, SurveyScale

QUESTION = "safe"
SCALE = next(iter(SurveyScale))
Tell = Callable[[Counts], Counted]
Total = tuple[int, int]
Add = Callable[[Sequence[Counts], Sequence[Counted]], Total]
"""Favorable and answered of several schools, from all counts and from what is shown of each."""


def counts_of(pick: Random) -> Counts:
    """Return the answers of one school: of none to hundreds, divided or nearly all alike."""
    answers, mood = pick.choice((pick.randint(0, 12), pick.randint(8, 60), 300)), pick.choice((0.05, 0.5, 0.97))
    good = list(FAVORABLE[SCALE])
    poor = [value for value in VALUES[SCALE] if value not in good]
    counts = dict.fromkeys((f"{QUESTION}:{value}" for value in VALUES[SCALE]), 0)
    for _ in range(answers):
        counts[f"{QUESTION}:{pick.choice(good if pick.random() < mood else poor)}"] += 1
    return counts


def tell(counts: Counts) -> Counted:
    return result_of(counts, QUESTION, SCALE)


def sides(counts: Mapping[str, int]) -> Total:
    favorable = sum(counts[f"{QUESTION}:{value}"] for value in FAVORABLE[SCALE])
    return favorable, sum(counts.values())


def of_those_shown(_counts: Sequence[Counts], results: Sequence[Counted]) -> Total:
    """Add up as the product does: what is kept of a school is all there is to add."""
    return sum(one.favorable or 0 for one in results), sum(one.answered or 0 for one in results)


def attack_surveys(seed: int, show: Tell = tell, add: Add = of_those_shown) -> list[str]:
    """Return the schools of which a reader learns that fewer than ten answered, or what nearly all of them said."""
    pick = Random(seed)
    schools = [counts_of(pick) for _ in range(pick.randint(1, 6))]
    results = [show(one) for one in schools]
    favorable, answered = add(schools, results)
    known = [(one.favorable or 0, one.answered or 0) for one in results if one.state is ResultState.SHOWN]
    if answered > sum(number for _good, number in known):
        # the rest is one hidden school, or several together
        known.append((favorable - sum(good for good, _all in known), answered - sum(number for _good, number in known)))
    return [
        f"{good} of {number}"
        for good, number in known
        if number < FEWEST or min(good, number - good) < FEWEST_ON_A_SIDE
    ]
