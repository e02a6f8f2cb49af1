"""The pages of school years: before anything is imported, and beside an earlier school year."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.factories.accounts import make_user
from tests.factories.incidents import make_incident
from tests.outcomes.making.small_district import FIRST_DAY, Made
from tests.outcomes.published.test_import import DATA, take_in
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Element
from wss_cases.access.actor import Role

ClientAs = Callable[[Any], PageClient]
HISTORY = "All figures by school year"


@pytest.fixture
def made(at: Any, session: Any) -> Made:
    """Two schools with incidents of this school year, and nothing published."""
    at("2026-11-24 10:00")
    return Made(seed=7, incidents=30)


def words_of_links(page: Element) -> list[str]:
    """Return the words of each link of the page's main part."""
    return [link.text for main in page.find_all("main") for link in main.find_all("a")]


def test_the_district_without_published_years(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.DISTRICT))
    overview = client.page("/outcomes/removals")
    assert HISTORY in words_of_links(overview) and "Published by the district" not in overview.text
    page = client.page("/outcomes/history")
    assert "counted here, so far" in page.text and "there are no published years" in page.text
    assert "Files:" not in page.text and "Published by the district" not in page.text


def test_a_school_without_published_years_is_led_nowhere(app: Flask, made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    page = client.page("/outcomes/removals")
    assert "so far" in page.text and HISTORY not in words_of_links(page)
    assert "Published by the district" not in client.page("/outcomes/history").text
    take_in(app, DATA / "metrics.csv")
    assert HISTORY in words_of_links(client.page("/outcomes/removals"))


def test_schools_are_searched_once_there_are_any(app: Flask, made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.DISTRICT))
    for address in ("/outcomes/history/schools", "/outcomes/history/schools?q=alder"):
        page = client.page(address)
        assert "No published years yet" in page.text and "No school found" not in page.text
        assert not [field for field in page.find_all("input") if field.get("id") == "q"]
    take_in(app, DATA / "metrics.csv")
    assert "No school found" in client.page("/outcomes/history/schools?q=zzz").text


def test_the_current_year_stays_unfinished_beside_an_earlier_one(made: Made, client_as: ClientAs) -> None:
    make_incident(school=made.schools[0], local_date=FIRST_DAY.replace(year=2025, month=10))
    client = client_as(make_user(Role.DISTRICT))
    for address in ("/outcomes/removals?year=2025-26", "/outcomes/history?year=2025-26"):
        page = client.page(address)
        labels = [text.text for text in page.find_all("text") if "so far" in text.text]
        assert labels, address
    rows = [row.text for row in page.find_all("tr") if "counted here" in row.text]
    assert ["so far" in row for row in rows] == [False, True]
