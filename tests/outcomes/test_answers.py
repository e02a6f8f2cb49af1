"""The first screen: its sentences, how sure a change is, and the charts of years."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from tests.factories.accounts import make_user
from tests.factories.cases import CaseFactory, CaseParticipantFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.cases.case.models import CaseResult, CaseState
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.outcomes.answers import LEAST, Change, change_of_number, change_of_share, difference, wilson
from wss_cases.outcomes.counting.scope.rules import Scope, Share
from wss_cases.outcomes.published.queries import HISTORY, Live
from wss_cases.outcomes.reports.history import year_notes, year_points

ClientAs = Callable[[Any], PageClient]


def closed(school: Any, on: date, result: CaseResult) -> None:
    """A case with a person harmed, closed on a day."""
    noon = datetime(on.year, on.month, on.day, 18, tzinfo=UTC)
    case = CaseFactory(school_id=school.id, state=CaseState.CLOSED, result=result, closed_at=noon)
    CaseParticipantFactory(case_id=case.id, role=PersonRole.HARMED)


def test_four_sentences_say_what_was_and_that_a_year_ago_is_not_recorded(
    at: Any, session: Any, client_as: ClientAs
) -> None:
    at("2026-11-24 10:00")
    school = SchoolFactory()
    make_incident(school, local_date=date(2026, 9, 8))
    results = (CaseResult.REPAIRED, CaseResult.REPAIRED, CaseResult.PARTLY_REPAIRED, CaseResult.DECLINED)
    for result in (*results, CaseResult.UNFOUNDED, CaseResult.TRANSFERRED):
        closed(school, date(2026, 10, 6), result)
    closed(school, date(2025, 10, 7), CaseResult.REPAIRED)
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    main = client.page("/outcomes").find_all("main")[0]
    sentences = [one.text for one in main.find_all("h2")][:4]
    assert sentences == [
        "Restorative only: 0 of 0 incidents; a year ago: not recorded",
        "Harm repaired: 2 of 4 cases, partly 1; a year ago: not recorded",
        "Who it does not reach yet: 1 of 1 incident without an offer to repair; a year ago: not recorded",
        "Removals and police: 0 removals and 0 police notifications, 0 avoidable; a year ago: not recorded",
    ]
    make_incident(school, local_date=date(2025, 9, 9))
    text = client.page("/outcomes").find_all("main")[0].text
    assert "a year ago: 1 of 1, partly 0" in text and "Too few to tell a change from a year ago." in text
    assert "Differences between groups of students: too few to show." in text


def test_one_network_is_counted_by_itself(at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    north, south = SchoolFactory(network="North"), SchoolFactory(network="South")
    for _ in range(3):
        make_incident(north, local_date=date(2026, 10, 6))
    closed(south, date(2026, 10, 6), CaseResult.REPAIRED)
    client = client_as(make_user(Role.DISTRICT))
    text = client.page("/outcomes?network=North").find_all("main")[0].text
    assert "3 of 3 incidents without an offer" in text and "Harm repaired: 0 of 0 cases" in text
    for page in ("", "/repair", "/removals", "/patterns"):
        assert client.get(f"/outcomes{page}?network=Nowhere").status_code == 404
        assert client.page(f"/outcomes{page}?network=South").find_all("option")
    assert client.get("/outcomes/files/equity.csv?network=North").status_code == 404
    own = client_as(make_user(Role.ADMINISTRATOR, north))
    assert own.get("/outcomes?network=North").status_code == 404


def test_the_funnels_old_address_leads_to_its_page(at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    school = SchoolFactory()
    make_incident(school, local_date=date(2026, 10, 6))
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    answer = client.get("/outcomes?year=2026-27&pathway=circle")
    assert answer.status_code == 302 and answer.location.startswith("/outcomes/repair?")
    assert answer.location.endswith("#funnel") and "pathway=circle" in answer.location
    text = client.page("/outcomes/repair").find_all("main")[0].text
    assert "From incident to repaired harm: Any pathway" in text


def test_intervals_are_those_of_the_paper() -> None:
    """Newcombe 1998, Table II: 56 of 70 and 48 of 80, 9 of 10 and 3 of 10, by method 10."""
    assert difference(Share(56, 70), Share(48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert difference(Share(9, 10), Share(3, 10)) == pytest.approx((0.1705, 0.8090), abs=5e-5)
    assert wilson(Share(81, 263)) == pytest.approx((0.2553, 0.3662), abs=5e-5)


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (Share(56, 70), Share(48, 80), Change.UP),
        (Share(48, 80), Share(56, 70), Change.DOWN),
        (Share(29, 47), Share(20, 44), Change.NOT_CLEAR),
        (Share(9, 9), Share(0, 40), Change.TOO_FEW),
        (Share(9, 40), Share(0, 0), Change.TOO_FEW),
        (Share(9, 40), None, Change.NOT_RECORDED),
    ],
)
def test_a_share_moves_only_where_its_interval_says_so(now: Share, before: Share | None, change: Change) -> None:
    assert change_of_share(now, before) is change


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (Share(10, 400), Share(30, 400), Change.DOWN),
        (Share(30, 400), Share(10, 400), Change.UP),
        (Share(20, 800), Share(20, 400), Change.DOWN),
        (Share(12, 400), Share(15, 400), Change.NOT_CLEAR),
        (Share(0, 400), Share(LEAST, 400), Change.DOWN),
        (Share(4, 400), Share(5, 400), Change.TOO_FEW),
        (Share(40, 0), Share(5, 400), Change.TOO_FEW),
        (Share(40, 400), None, Change.NOT_RECORDED),
    ],
)
def test_a_number_moves_by_the_students_it_is_of(now: Share, before: Share | None, change: Change) -> None:
    assert change_of_number(now, before) is change


def test_two_years_alike_are_seldom_called_different() -> None:
    pick, clear = random.Random(54), 0
    for _ in range(2000):
        years = [Share(sum(pick.random() < 0.55 for _ in range(45)), 45) for _ in range(2)]
        clear += change_of_share(*years) in (Change.UP, Change.DOWN)
    assert 40 < clear < 140, "about one in twenty, by the interval of 95 percent"


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
