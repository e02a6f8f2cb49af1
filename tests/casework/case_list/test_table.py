"""The list of cases is a table: each column, each order, page by page, and the same rows for whoever may see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.cases.making import make_user, make_world
from tests.factories.cases import CaseFactory, CaseParticipantFactory
from tests.factories.roster import StudentFactory
from tests.support.pages.reading import Element
from tests.support.pages.tables import heads_of, list_of, rows_of
from wss_cases.accounts.list_columns import PAGE_SIZE
from wss_cases.cases.case.models import CaseState
from wss_cases.foundation.db import db

NAMES = ("Álvaro Ñuñez", "zoë O’Hara", "Łucja Żak", "李 王", "=SUM(A1) Risk")


@pytest.fixture
def world(session: Any, at: Callable[..., Any]) -> Any:
    at("2026-11-24 10:00")
    return make_world()


def fill(world: Any, count: int) -> list[Any]:
    """Add open cases of every kind, place, stage, lead and name in turn, many of them alike."""
    other = make_user(world.school, name="Robin Vale")
    made = []
    for number in range(count):
        case = CaseFactory(
            school_id=world.school.id,
            lead_id=(world.coordinator.id, other.id, None)[number % 3],
            harm_kind=("fight", "threat", "bullying")[number % 3],
            location_code=("hallway", "cafeteria")[number % 2],
            state=list(CaseState)[number % 4],
            opened_on=date(2026, 11, 1 + number % 7),
            next_review_on=date(2026, 12, 1 + number % 4),
        )
        given, _space, family = NAMES[number % len(NAMES)].partition(" ")
        student = StudentFactory(school=world.school, given_name=given, family_name=family)
        CaseParticipantFactory(case_id=case.id, student_id=student.id)
        made.append(case)
    return made


def walked(client: Any, address: str) -> list[dict[str, str]]:
    """Return the rows of a list through all of its pages."""
    found: list[dict[str, str]] = []
    while address:
        page = client.page(address)
        found += rows_of(page)
        address = next((link.get("href") for link in page.find_all("a") if link.get("rel") == "next"), "")
    return found


def header(page: Element, words: str) -> Element:
    table = list_of(page)
    assert table is not None
    return next(head for head in table.find_all("th") if head.text == words)


def test_a_row_says_who_what_where_when_whose_and_how_it_stands(world: Any, client_as: Callable[[Any], Any]) -> None:
    [row] = rows_of(client_as(world.coordinator).page("/cases"))
    assert row == {
        "Who": ", ".join(student.shown_name for student in world.students),
        "What": "Fight",
        "Where": "Hallway or stairs",
        "Opened": "Wed, Nov 18",
        "Coordinator": "you",
        "Next review": "Fri, Dec 4",
        "Case number": world.case.reference,
        "Needs attention": "Nothing in progress",
        "State": "Intake",
    }


@pytest.mark.both_databases
def test_every_order_has_every_case_once_through_its_pages(world: Any, client_as: Callable[[Any], Any]) -> None:
    made = fill(world, PAGE_SIZE * 2 + 3)
    every = {world.case.reference, *(case.reference for case in made)}
    client = client_as(world.coordinator)
    for key in ("who", "what", "where", "opened", "lead", "review", "state", "number"):
        orders = [[row["Case number"] for row in walked(client, f"/cases?sort={sign}{key}")] for sign in ("", "-")]
        for order in orders:
            assert len(order) == len(every) and set(order) == every, key
        assert orders[0] == orders[1][::-1], key
    newest = [row["Case number"] for row in walked(client, "/cases")]
    assert newest[:2] == [made[-1].reference, made[-2].reference]


@pytest.mark.both_databases
def test_an_order_is_that_of_the_words_on_the_page(world: Any, client_as: Callable[[Any], Any]) -> None:
    fill(world, 12)
    for locale in ("en", "es"):
        client = client_as(make_user(world.school))
        if locale == "es":
            client.submit("/account", {"locale": "es"}, holding="locale")
        what, where = heads_of(client.page("/cases"))[1:3]
        for column, key in ((what, "what"), (where, "where")):
            words = [row[column] for row in walked(client, f"/cases?sort={key}")]
            assert words == sorted(words, key=str.casefold) and len(set(words)) > 1, (locale, key)
    leads = [row["Coordinator"] for row in walked(client_as(world.coordinator), "/cases?sort=-lead")]
    assert leads[0] == "Robin Vale" and leads[-1] == "no one yet"


def test_a_header_says_how_the_list_is_sorted_and_turns_it(world: Any, client_as: Callable[[Any], Any]) -> None:
    client = client_as(world.coordinator)
    page = client.page("/cases?whose=mine&state=all")
    assert header(page, "Case number").get("aria-sort") == "descending"
    assert not header(page, "Needs attention").find_all("a")
    [link] = header(page, "What").find_all("a")
    assert link.get("href") == "/cases?whose=mine&state=all&sort=what", "filters stay"
    page = client.page(link.get("href"))
    assert header(page, "What").get("aria-sort") == "ascending"
    assert header(page, "Case number").get("aria-sort") == ""
    assert [one.get("href") for one in header(page, "What").find_all("a")] == ["/cases?whose=mine&state=all&sort=-what"]
    chips = [row for row in page.find_all("ul") if row.get("class") == "active-filters"]
    assert "sort=what" in chips[0].find_all("a")[0].get("href"), "what is taken off leaves the order"


@pytest.mark.parametrize("odd", ["x", "-", "stuck", "who;drop", "who&sort=what", "-" * 300])
def test_an_order_that_is_none_is_the_lists_own(world: Any, client_as: Callable[[Any], Any], odd: str) -> None:
    page = client_as(world.coordinator).page(f"/cases?sort={odd}")
    assert len(rows_of(page)) == 1
    assert client_as(world.coordinator).get(f"/cases?sort={odd}&before=999999").status_code == 200


def test_nothing_of_another_school_stands_behind_a_case_of_theirs(world: Any, client_as: Callable[[Any], Any]) -> None:
    theirs = make_world()
    client = client_as(world.coordinator)
    fill(world, 3)
    for sort in ("who", "-lead", "number"):
        page = client.page(f"/cases?sort={sort}&before={theirs.case.id}")
        assert theirs.case.reference not in page.text
        assert not any(name.shown_name in page.text for name in theirs.students)


def test_what_is_printed_names_school_day_filters_and_order(world: Any, client_as: Callable[[Any], Any]) -> None:
    page = client_as(world.coordinator).page("/cases?state=intake&sort=-where")
    printed = next(one for one in page.find_all("div") if one.get("class") == "only-print")
    words = [line.text for line in printed.find_all("p")]
    assert words == [world.school.name, "Printed Tue, Nov 24, 2026", "Filters: Intake", "Sorted by Where, last first"]


def test_the_next_page_follows_a_case_that_has_left_the_filter(world: Any, client_as: Callable[[Any], Any]) -> None:
    made = fill(world, PAGE_SIZE * 4)
    client = client_as(world.coordinator)
    first = client.page("/cases?whose=mine&sort=opened")
    shown = {row["Case number"] for row in rows_of(first)}
    last = next(case for case in made if case.reference == rows_of(first)[-1]["Case number"])
    older = next(link.get("href") for link in first.find_all("a") if link.get("rel") == "next")
    last.lead_id = None
    db.session.commit()
    assert not shown & {row["Case number"] for row in rows_of(client.page(older))}
