"""Schools and networks beside each other: sorted, searched, a page at a time, and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StudentFactory
from tests.factories.safeguards import DisciplineActionFactory
from tests.support.pages.asked import asked
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Element
from wss_cases.access.actor import Role
from wss_cases.outcomes.reports.side_by_side import PAGE

ClientAs = Callable[[Any], PageClient]
SCHOOLS, NETWORKS = "/outcomes/incidents/schools", "/outcomes/incidents/networks"


@pytest.fixture
def district(at: Any, session: Any) -> list[Any]:
    """Schools of two networks and one of none; each has as many incidents as its number says, modulo five."""
    at("2026-11-24 10:00")
    schools = [
        SchoolFactory(name=f"School {number:02}", network=("North", "South", None)[number % 3])
        for number in range(PAGE + 5)
    ]
    for number, school in enumerate(schools):
        for _ in range(number % 5):
            make_incident(school, local_date=date(2026, 10, 6))
    make_incident(schools[0], local_date=date(2025, 9, 16))
    student = StudentFactory(school=schools[1])
    EnrolmentFactory(student=student)
    DisciplineActionFactory(school_id=schools[1].id, student_id=student.id)
    return schools


def rows_of(page: Element) -> list[list[str]]:
    return [[cell.text for cell in row.find_all("th", "td")] for row in page.find_all("table")[0].find_all("tr")[1:]]


def every_row(client: PageClient, address: str) -> list[list[str]]:
    """Return the rows of all pages of a list."""
    found: list[list[str]] = []
    while address:
        page = client.page(address)
        assert len(rows_of(page)) <= PAGE
        found += rows_of(page)
        address = next((link.get("href") for link in page.find_all("a") if link.get("rel") == "next"), "")
    return found


def test_schools_sort_by_any_figure_and_each_stands_once(district: list[Any], client_as: ClientAs) -> None:
    client = client_as(make_user(Role.DISTRICT))
    names = [school.name for school in district]
    assert [row[0] for row in every_row(client, SCHOOLS)] == names
    for key, place in (("incidents", 2), ("rate", 4), ("offered", 6), ("removals", 8)):
        up = every_row(client, f"{SCHOOLS}?sort={key}")
        assert sorted(row[0] for row in up) == names, key
        figures = [row[place] for row in up if row[place] != "–"]
        assert figures == sorted(figures, key=lambda words: float(words.split("%")[0].replace(",", ""))), key
        assert [row[place] for row in up][len(figures) :] == ["–"] * (len(names) - len(figures)), "no figure comes last"
        down = every_row(client, f"{SCHOOLS}?sort=-{key}")
        assert [row[place] for row in down if row[place] != "–"] == figures[::-1], key


def test_a_full_page_asks_no_more_than_a_short_one(district: list[Any], client_as: ClientAs) -> None:
    client = client_as(make_user(Role.DISTRICT))
    every_row(client, SCHOOLS)  # what is counted once and kept
    costs = []
    for address, rows in ((SCHOOLS, PAGE), (f"{SCHOOLS}?q=07", 1)):
        with asked() as statements:
            assert len(rows_of(client.page(address))) == rows
        costs.append(len(statements))
    full, short = costs
    assert full <= short, costs


def test_one_click_on_a_figure_shows_the_most_first(district: list[Any], client_as: ClientAs) -> None:
    client = client_as(make_user(Role.DISTRICT))
    heads = client.page(SCHOOLS).find_all("table")[0].find_all("tr")[0].find_all("a")
    clicked = {link.text: link.get("href") for link in heads}
    figures = [int(row[2]) for row in every_row(client, clicked["Incidents"])]
    assert figures[0] == max(figures) > min(figures)
    assert clicked["Network"].endswith("sort=network"), "words begin with the first letter"


def test_a_year_before_the_first_report_is_not_recorded(district: list[Any], client_as: ClientAs) -> None:
    rows = {row[0]: row for row in every_row(client_as(make_user(Role.DISTRICT)), SCHOOLS)}
    assert rows["School 00"][3] == "1"
    assert {row[3] for name, row in rows.items() if name != "School 00"} == {"not recorded"}


def test_a_name_and_a_network_narrow_the_list_and_its_file(district: list[Any], client_as: ClientAs) -> None:
    client = client_as(make_user(Role.DISTRICT))
    assert [row[0] for row in every_row(client, f"{SCHOOLS}?q=07+SCHOOL")] == ["School 07"]
    assert {row[1] for row in every_row(client, f"{SCHOOLS}?network=South")} == {"South"}
    page = client.page(f"{SCHOOLS}?network=South&sort=-incidents")
    address = next(link.get("href") for link in page.find_all("a") if "/lists/outcome_schools.csv" in link.get("href"))
    make_user(Role.DISTRICT)
    answer = client.submit(address, {"reason": "For the meeting of the board in December."})
    head, *rows = csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")))
    assert head[:3] == ["School", "Network", "Incidents"]
    assert [row[0] for row in rows] == [row[0] for row in every_row(client, f"{SCHOOLS}?network=South&sort=-incidents")]


def test_networks_are_the_sums_of_their_schools(district: list[Any], client_as: ClientAs) -> None:
    client = client_as(make_user(Role.DISTRICT))
    rows = {row[0]: row for row in every_row(client, NETWORKS)}
    schools = every_row(client, SCHOOLS)
    for name in ("North", "South", "–"):
        mine = [row for row in schools if (row[1] or "–") == name]
        assert rows[name][1] == str(len(mine)) and rows[name][2] == str(sum(int(row[2]) for row in mine)), name


def test_who_reads_one_school_has_no_list_of_schools(district: list[Any], client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, district[0]))
    for address in (SCHOOLS, NETWORKS, f"{SCHOOLS}?q=x", "/outcomes/lists/outcome_schools.csv"):
        assert client.get(address).status_code == 404, address
