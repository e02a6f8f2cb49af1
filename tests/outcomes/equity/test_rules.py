"""The arithmetic of equity against scipy, against every student one by one, and against a bootstrap."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy import stats
from scipy.stats.contingency import relative_risk

from wss_cases.outcomes.equity.rules import (
    NORMAL,
    STUDENT,
    Interval,
    Stratum,
    compare,
    meaning_of,
    together,
    within_schools,
)


def made(schools: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (school, in the group, came) of students whose schools differ, 30 to 120 of them each."""
    pick = np.random.default_rng(seed)
    sizes = pick.integers(30, 120, schools)
    school = np.repeat(np.arange(schools), sizes)
    group = pick.random(len(school)) < np.repeat(pick.uniform(0.1, 0.7, schools), sizes)
    risk = np.repeat(pick.uniform(0.1, 0.4, schools), sizes) * np.where(group, 1.6, 1.0)
    return school, group, pick.random(len(school)) < risk


def strata_of(school: np.ndarray, group: np.ndarray, came: np.ndarray) -> list[Stratum]:
    """Count students into strata."""
    found = []
    for one in np.unique(school):
        here = school == one
        mine, others = here & group, here & ~group
        found.append(Stratum(int((mine & came).sum()), int(mine.sum()), int((others & came).sum()), int(others.sum())))
    return found


@pytest.mark.parametrize("numbers", [(12, 40, 30, 200), (90, 400, 60, 500), (10, 30, 400, 1000)])
def test_plain_intervals_are_those_of_scipy(numbers: tuple[int, int, int, int]) -> None:
    found, theirs = compare([Stratum(*numbers)]), relative_risk(*numbers)
    assert found is not None
    ends = theirs.confidence_interval(0.95)
    assert (found.ratio.value, found.ratio.low, found.ratio.high) == pytest.approx(
        (theirs.relative_risk, ends.low, ends.high)
    )
    came, of, others_came, others_of = numbers
    spread = (
        stats.binom(of, came / of).var() / of**2 + stats.binom(others_of, others_came / others_of).var() / others_of**2
    )
    apart = stats.norm(came / of - others_came / others_of, spread**0.5)
    assert (found.difference.low, found.difference.high) == pytest.approx(apart.interval(0.95))


def test_quantiles_are_those_of_scipy() -> None:
    assert pytest.approx(stats.norm.ppf(0.975)) == NORMAL
    assert pytest.approx([stats.t.ppf(0.975, free) for free in range(1, 31)], abs=1e-4) == STUDENT


def test_clustering_by_student_and_school_equals_residuals_of_every_student() -> None:
    school, group, came = made(12)
    student = np.arange(len(school))
    moved = np.flatnonzero(~np.isin(school, (11,)) & (np.arange(len(school)) % 9 == 0))
    # those who moved are counted a second time, at the last school, with an outcome of their own
    twice = np.random.default_rng(3).random(len(moved)) < 0.5
    school, group = np.r_[school, np.full(len(moved), 11)], np.r_[group, group[moved]]
    came, student = np.r_[came, twice], np.r_[student, moved]
    pairs = list(zip(group[moved], came[moved], twice, strict=True))
    found = compare(
        strata_of(school, group, came),
        [(bool(a), bool(b)) for mine, a, b in pairs if mine],
        [(bool(a), bool(b)) for mine, a, b in pairs if not mine],
    )
    assert found is not None
    rate, others = came[group].mean(), came[~group].mean()
    residual = np.where(group, (came - rate) / came[group].sum(), -(came - others) / came[~group].sum())
    by_school, by_student = np.bincount(school, residual), np.bincount(student, residual)
    variance = (by_school**2).sum() * 12 / 11 + (by_student**2).sum() - (residual**2).sum()
    half = stats.t.ppf(0.975, 11) * variance**0.5
    assert log(found.ratio.high) == pytest.approx(log(rate / others) + half, abs=1e-4)
    assert (by_student**2).sum() != pytest.approx((residual**2).sum()), "students who moved must count"


def test_clustered_and_within_school_intervals_are_as_wide_as_a_bootstrap_of_schools() -> None:
    strata = strata_of(*made(60))
    found, within = compare(strata), within_schools(strata)
    assert found is not None
    assert within is not None
    pick, ratios, inside = np.random.default_rng(1), [], []
    for _ in range(1000):
        again = [strata[one] for one in pick.integers(0, 60, 60)]
        whole, paired = together(again), within_schools(again)
        assert paired is not None
        ratios.append(log(whole.came / whole.of / (whole.others_came / whole.others_of)))
        inside.append(log(paired[0].value))
    for interval, drawn in ((found.ratio, ratios), (within[0], inside)):
        assert log(interval.high / interval.low) / (2 * NORMAL) == pytest.approx(np.std(drawn), rel=0.15)
    plain = compare([together(strata)])
    assert plain is not None
    assert found.ratio.high > plain.ratio.high


def test_within_schools_sees_no_difference_that_only_schools_make() -> None:
    strata = [Stratum(40, 80, 10, 20), Stratum(2, 20, 8, 80), Stratum(24, 60, 16, 40), Stratum(6, 30, 14, 70)]
    crude, within = compare(strata), within_schools(strata)
    assert crude is not None
    assert within is not None
    assert crude.ratio.value > 1.5
    assert within[0].value == pytest.approx(1.0)
    assert within[1].value == pytest.approx(0.0)


@pytest.mark.parametrize("strata", [[], [Stratum(0, 40, 9, 80)], [Stratum(4, 40, 0, 80)], [Stratum(0, 0, 0, 0)]])
def test_without_anybody_nothing_is_said(strata: list[Stratum]) -> None:
    assert compare(strata) is None
    assert within_schools(strata) is None


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((0.8, 1.3), "same"),
        ((1.0, 1.3), "same"),
        ((0.55, 1.0), "same"),
        ((2.1, 3.2), "more"),
        ((1.01, 1.41), "more"),
        ((0.55, 0.99), "less"),
    ],
)
def test_plain_meanings(ends: tuple[float, float], said: str) -> None:
    assert meaning_of(Interval(1.0, *ends)) == said
