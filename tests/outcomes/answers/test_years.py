"""Charts of years: only whole years of one kind of count are joined, and a year before the system is not recorded."""

from __future__ import annotations

from datetime import date

from flask import Flask

from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.published.queries import HISTORY, Live
from wss_cases.outcomes.reports.history import year_notes, year_points

TODAY = date(2026, 11, 24)
SCOPE = Scope(None, "2026-27", date(2026, 8, 1), TODAY, TODAY)
PUBLISHED = {"2020-21": {"oss": 40}, "2021-22": {"oss": 60}}
LIVE = Live(
    {year: dict.fromkeys(HISTORY, number) for year, number in (("2024-25", 9), ("2025-26", 20), ("2026-27", 4))},
    {"2024-25": 2, "2025-26": 4, "2026-27": 4},
    date(2025, 2, 3),
    dict.fromkeys(HISTORY, 6),
)


def test_a_line_joins_whole_years_alone(app: Flask) -> None:
    with app.test_request_context():
        points = {point["year"]: point for point in year_points("oss", PUBLISHED, LIVE, SCOPE)}
    assert [year for year, point in points.items() if point["joined"]] == ["2021-22"]
    assert [(points[year]["value"], points[year]["note"]) for year in ("2022-23", "2023-24")] == [
        (None, "not recorded"), (None, ""),
    ]  # fmt: skip
    assert "from Feb 2025 on" in points["2024-25"]["note"], "a year that began in the middle"
    assert points["2026-27"]["figure"] == "4 so far"


def test_whole_years_that_are_counted_here_are_joined(app: Flask) -> None:
    later = Scope(None, "2027-28", date(2027, 8, 1), date(2027, 10, 1), date(2027, 10, 1))
    live = Live({**LIVE.figures, "2027-28": dict.fromkeys(HISTORY, 1)}, LIVE.schools, LIVE.begun, None)
    with app.test_request_context():
        points = year_points("oss", {}, live, later)
    assert [point["year"] for point in points if point["joined"]] == ["2026-27"]


def test_a_part_of_a_year_stands_beside_the_same_days_and_schools_are_said(app: Flask) -> None:
    with app.test_request_context():
        words = year_notes("oss", {"2020-21": 633, "2021-22": 633}, LIVE, TODAY)
        unknown = year_notes("oss", {}, Live(LIVE.figures, {}, LIVE.begun, None), TODAY)
    assert "So far in 2026–27: 4; the same days a year before: 6." in words
    assert "2020–21 to 2021–22: 633; 2024–25: 2; 2025–26 to 2026–27: 4" in words
    assert unknown == "So far in 2026–27: 4; the same days a year before: not recorded."
