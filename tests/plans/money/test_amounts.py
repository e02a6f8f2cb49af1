"""Amounts, shares of positions, years and days: what is taken and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from wss_cases.plans.money.amounts import (
    MOST_CENTS,
    Unreadable,
    cents_in,
    check_day,
    check_year,
    hundredths_in,
    hundredths_words,
    money_words,
)
from wss_cases.plans.money.resources.queries import Money


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("$1,234.56", 123_456),
        ("1234.56", 123_456),
        ("1,234", 123_400),
        (" $ 12 ", 1_200),
        ("0", 0),
        ("0.07", 7),
        ("$1,234,567.89", 123_456_789),
        ("19.99", 1_999),
        ("10000000000", MOST_CENTS),
    ],
)
def test_an_amount_is_read_to_the_cent(typed: str, cents: int) -> None:
    assert cents_in(typed) == cents


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter an amount"),
        ("-5", "less than 0"),
        ("($5.00)", "less than 0"),
        ("−5", "less than 0"),
        ("$-5", "less than 0"),
        ("twelve", "in dollars"),
        ("12a", "in dollars"),
        ("1,23", "in dollars"),
        ("1.234,56", "in dollars"),
        ("1.5", "in dollars"),
        ("1e6", "in dollars"),
        ("١٢", "in dollars"),
        ("1" * 4_000, "in dollars"),
        ("10000000000.01", "too large"),
    ],
)
def test_what_could_mean_two_things_is_not_guessed(typed: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        cents_in(typed)


def test_an_amount_is_said_as_it_is_read() -> None:
    assert [money_words(cents) for cents in (123_456, 120_000, 7, 0, -5_050)] == [
        *("$1,234.56", "$1,200", "$0.07", "$0", "-$50.50")
    ]
    assert all(cents_in(money_words(cents)) == cents for cents in range(0, 500_000, 37))


def test_a_share_of_a_position_is_hundredths() -> None:
    assert [hundredths_in(typed) for typed in ("", "1", "0.5", "1.25", "0.05")] == [None, 100, 50, 125, 5]
    assert [hundredths_words(one) for one in (None, 100, 50, 125, 5)] == ["", "1", "0.5", "1.25", "0.05"]
    for typed in ("0", "-1", "half", "101", "0.005"):
        with pytest.raises(Unreadable):
            hundredths_in(typed)


def test_money_belongs_to_years_that_a_plan_can_have() -> None:
    for year in ("2020-21", "2026-27", "2029-30"):
        check_year(year, "2026-27")
    for year in ("2019-20", "2030-31", "2099-00", "2026-28", "2026", "", "soon"):
        with pytest.raises(Unreadable):
            check_year(year, "2026-27")


def test_money_is_committed_and_spent_by_today() -> None:
    today = date(2026, 11, 20)
    check_day(today, today)
    for day in (date(2026, 11, 21), date(2099, 1, 1), date(2019, 12, 31)):
        with pytest.raises(Unreadable):
            check_day(day, today)


def test_what_is_spent_is_not_counted_beside_what_was_committed_for_it() -> None:
    assert Money(1_000, 800, 300).used == 800
    assert Money(1_000, 200, 900).used == 900
    assert [Money(1_000, 800, 300).over, Money(1_000, 1_200, 0).over, Money(1_000, 0, 1_001).over] == [0, 200, 1]
