"""Dates in words: a year stands beside what is not of this one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.school_time import day_words, moment_words
from wss_cases.roster.directory.pages import short_grade


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 12, 4), "Fri, Dec 4"),
        (date(2027, 1, 11), "Mon, Jan 11, 2027"),
        (date(2025, 11, 24), "Mon, Nov 24, 2025"),
    ],
)
def test_a_date_of_another_year_says_which(day: date, words: str, app: Any, at: Callable[..., Any]) -> None:
    at("2026-11-24 10:00")
    with app.test_request_context(), force_locale("en"):
        assert day_words(day) == words
        noon = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
        assert moment_words(noon, "America/Chicago") == f"{words}, 12:00 pm"


def test_kindergarten_is_no_number(app: Any) -> None:
    with app.test_request_context(), force_locale("en"):
        assert [short_grade(grade) for grade in (-1, 0, 9, None)] == ["PK", "K", "9", ""]
