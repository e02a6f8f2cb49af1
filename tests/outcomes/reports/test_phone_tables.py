"""Wide tables on a phone: each row a card, and before each value the name of its column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.outcomes.making.small_district import Made
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Element
from wss_cases.access.actor import Role

ClientAs = Callable[[Any], PageClient]


@pytest.fixture
def made(at: Any, session: Any) -> Made:
    """Two schools with incidents of this school year."""
    at("2026-11-24 10:00")
    return Made(seed=7, incidents=30)


def cards(page: Element) -> list[str]:
    """Return the words of the first heading of each table of cards, after every value was held against its column."""
    found = []
    for table in page.find_all("table"):
        if "data-cards" not in table.get("class").split():
            continue
        head, *rows = table.find_all("tr")
        names = [one.text for one in head.find_all("th")]
        assert rows
        for row in rows:
            values = row.find_all("th", "td")
            assert len(values) == len(names)
            for value, name in zip(values, names, strict=True):
                assert value.tag == "th" or value.get("data-label") == name
        found.append(names[0])
    return found


@pytest.mark.parametrize("locale", ["en", "es"])
def test_every_value_of_a_card_says_what_it_is(made: Made, client_as: ClientAs, locale: str) -> None:
    own = client_as(make_user(Role.ADMINISTRATOR, made.schools[0], locale=locale))
    assert len(cards(own.page("/outcomes/repair"))) == 2


def test_files_that_were_taken_are_cards_and_lead_back(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    make_user(Role.ADMINISTRATOR, made.schools[0])
    empty = client.page("/outcomes/exports")
    assert "To download a file, go to the end of the Outcomes page." in empty.text
    client.submit("/outcomes/files/core.csv", {"reason": "For the school's council."})
    page = client.page("/outcomes/exports")
    assert cards(page) == ["When"]
    (trail,) = (one for one in page.find_all("nav") if one.get("class") == "trail")
    assert [link.get("href") for link in trail.find_all("a")] == ["/outcomes"]


def test_who_reads_no_outcomes_is_not_led_to_them(session: Any, client_as: ClientAs) -> None:
    page = client_as(make_user(Role.SYSADMIN)).page("/outcomes/exports")
    assert not [link for link in page.find_all("a") if link.get("href") == "/outcomes"]
    assert "end of the Outcomes page" not in page.text


def test_the_limit_of_rows_is_grouped(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    assert "at most 20,000 are allowed" in client.page("/outcomes/files/core.csv").text
