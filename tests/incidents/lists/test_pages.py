"""Lists of reports: whose they are, how they are narrowed, and their pages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.support.pages.reading import Element
from tests.support.pages.tables import rows_of
from wss_cases.access.actor import Role
from wss_cases.incidents.incident.states import IncidentState, PersonRole


@pytest.fixture
def school(session: Any) -> Any:
    return SchoolFactory()


def shown(client: Any, query: str = "") -> list[str]:
    return [row["Report number"] for row in rows_of(client.page(f"/incidents{query}"))]


def test_reporters_see_their_own_and_the_team_the_schools(client_as: Any, school: Any) -> None:
    reporter, dean = make_user(Role.REPORTER, school), make_user(Role.DEAN, school)
    own = make_incident(school, reporter_id=reporter.id)
    theirs = make_incident(school, reporter_id=dean.id)
    make_incident(SchoolFactory(), reporter_id=reporter.id)
    assert shown(client_as(reporter)) == [own.reference]
    assert shown(client_as(dean)) == [theirs.reference, own.reference]
    assert shown(client_as(make_user(Role.DISTRICT))) == [], "the office reads what is kept from a school, nothing else"


def test_states_are_grouped_and_counted(client_as: Any, school: Any) -> None:
    client = client_as(make_user(Role.DEAN, school))
    make_incident(school)
    make_incident(school, state=IncidentState.RETURNED)
    make_incident(school, state=IncidentState.ROUTED)
    make_incident(school, state=IncidentState.NO_FURTHER_ACTION)
    make_incident(school, tile="threat")
    page = client.page("/incidents").text
    for words in ("To do (1)", "Submitted (2)"):
        assert words in page
    assert "All (" not in page and "Done (" not in page
    page = client.page("/incidents?tile=fight").text
    for words in ("All (4)", "To do (1)", "Submitted (1)", "Done (2)"):
        assert words in page
    assert len(shown(client, "?state=done")) == 2


def test_filters(client_as: Any, school: Any) -> None:
    client = client_as(make_user(Role.DEAN, school))
    bus = make_incident(school, tile="threat", location_code="school_bus", place="vehicle", behavior_group=4)
    nine, caused = StudentFactory(school=school, grade=9), PersonRole.CAUSED_HARM
    old = make_incident(school, [nine], caused, local_date=date(2025, 10, 6), local_minute=65)
    make_incident(school, [nine])  # nobody said that they did it
    for query, found in (
        ("?tile=threat", bus), ("?place=school_bus", bus), ("?place=vehicle", bus), ("?group=3-4&tile=threat", bus),
        ("?group=4", bus), ("?year=2025-26", old), ("?to=2026-01-01", old), ("?month=2025-10", old), ("?hour=1", old),
        ("?weekday=0", old), ("?grade=9", old), ("?behavior=fight", old),
    ):  # fmt: skip
        assert shown(client, query) == [found.reference], query
        page = client.page(f"/incidents{query}")
        assert any("Remove filter" in link.text for link in page.find_all("a")), query
    assert "No reports match these filters." in client.page("/incidents?hour=5").text


CHIPS = {
    "year=2026-27": ("School year 2026–27", "Año escolar 2026–27"),
    "month=2026-11": ("Nov 2026", "nov 2026"),
    "behavior=fight": ("Fight between students", "Pelea entre estudiantes"),
    "place=hallway": ("Hallway or stairs", "Pasillo o escaleras"),
    "place=vehicle": ("In a school bus or car", "En un autobús o auto escolar"),
    "hour=8": ("From 8 am", "Desde las 8 a. m."),
    "weekday=1": ("Tuesday", "Martes"),
    "grade=0": ("Kindergarten", "Kínder"),
    "grade=9": ("Grade 9", "Grado 9"),
    "group=3-4": ("Group 3–4", "Grupo 3–4"),
    "group=none": ("Not coded yet", "Sin clasificar"),
    "state=counted": ("Counted in outcomes", "Contados en resultados"),
    "state=routed": ("Decided", "Decidido"),
}


def chips(page: Element) -> dict[str, str]:
    """Return the words of each filter in use, and where it is taken off."""
    found = [row for row in page.find_all("ul") if row.get("class") == "active-filters"]
    links = [link for row in found for link in row.find_all("a") if "Clear" not in link.text]
    return {
        link.text.removeprefix(link.find_all("span")[0].text).strip(): link.get("href")
        for link in links
        if link.find_all("span")
    }


@pytest.mark.parametrize("query", CHIPS)
def test_a_filter_in_use_is_said_in_words(client_as: Any, school: Any, query: str) -> None:
    for locale, words in zip(("en", "es"), CHIPS[query], strict=True):
        client = client_as(make_user(Role.DEAN, school, locale=locale))
        found = chips(client.page(f"/incidents?tile=fight&{query}"))
        assert words in found, found
        assert query not in found[words] and "tile=fight" in found[words]


def test_a_list_behind_a_figure_says_what_it_leaves_out(client_as: Any, school: Any) -> None:
    client = client_as(make_user(Role.DEAN, school))
    kept = make_incident(school)
    make_incident(school, state=IncidentState.DUPLICATE, duplicate_of_id=kept.id)
    address = f"/incidents?school={school.id}&year=2026-27&state=counted"
    page = client.page(address)
    assert "Counted in outcomes (1)" in [heading.text for heading in page.find_all("h2")]
    # numbers of tabs would be those of other reports
    assert not [nav for nav in page.find_all("nav") if nav.get("class") == "tabs"]
    whole = client.page(chips(page)["Counted in outcomes"])
    assert "All (2)" in whole.text and "All reports (2)" in whole.text
    clear = next(link for link in page.find_all("a") if link.text == "Clear filters")
    assert clear.get("href") == f"/incidents?school={school.id}"


@pytest.mark.parametrize(
    "query",
    ["year=2025", "year=2025-27", "month=2025-13", "month=0000-01", "from=yesterday", "hour=24", "hour=-1", "hour=٣",
     "grade=99999999999999999999", "weekday=7", "group=7", "group=1-6", "state=open", "tile=x", "place=%27+OR+1",
     "school=1%3B2", "school=-1", "to=2023-02-29", "grade=1e3"],
)  # fmt: skip
def test_bad_filters_are_refused(client_as: Any, school: Any, query: str) -> None:
    assert client_as(make_user(Role.DEAN, school)).get(f"/incidents?{query}").status_code == 400


def test_pages_by_key(client_as: Any, school: Any) -> None:
    client = client_as(make_user(Role.DEAN, school))
    made = [make_incident(school).reference for _ in range(32)]
    first = client.page("/incidents")
    older = next(link.get("href") for link in first.find_all("a") if link.text.strip() == "Next")
    assert shown(client) == made[:11:-1]
    assert shown(client, older.removeprefix("/incidents")) == made[11::-1]
    for before in ("x", "-1", "9" * 30):
        assert len(shown(client, f"?before={before}")) == 20


def test_another_schools_list_is_empty(client_as: Any, school: Any) -> None:
    other = SchoolFactory()
    make_incident(other)
    assert shown(client_as(make_user(Role.DEAN, school)), f"?school={other.id}") == []


@pytest.mark.parametrize("last", [date(2000, 1, 31), date(2024, 2, 29), date(2100, 12, 31)])
def test_any_month_can_be_asked_for(client_as: Any, school: Any, last: date) -> None:
    found = make_incident(school, local_date=last)
    client = client_as(make_user(Role.DEAN, school))
    assert shown(client, f"?month={last:%Y-%m}") == [found.reference]
    for odd in ("0001-01", "1999-12", "9999-12", "2024-2", "x"):
        assert client.get(f"/incidents?month={odd}").status_code == 400, odd


@pytest.mark.both_databases
def test_every_order_has_every_report_once_as_its_words_go(client_as: Any, school: Any) -> None:
    client = client_as(make_user(Role.DEAN, school))
    made = []
    for number in range(65):
        tile, place = ("threat", "fight", "bullying")[number % 3], ("school_bus", "hallway")[number % 2]
        people = [StudentFactory(school=school)] if number % 4 else []
        made.append(make_incident(school, people, tile=tile, location_code=place, danger_now=number % 5 == 0))
    for key in ("who", "what", "where", "when", "reporter", "number", "danger", "state"):
        orders = []
        for sign in ("", "-"):
            found: list[dict[str, str]] = []
            address = f"/incidents?tile=&sort={sign}{key}"
            while address:
                page = client.page(address)
                found += rows_of(page)
                address = next((link.get("href") for link in page.find_all("a") if link.get("rel") == "next"), "")
            orders.append(found)
        numbers = [[row["Report number"] for row in found] for found in orders]
        assert numbers[0] == numbers[1][::-1] and sorted(numbers[0]) == sorted(one.reference for one in made), key
        if key in ("what", "where"):
            words = [row[key.title()] for row in orders[0]]
            assert words == sorted(words) and len(set(words)) > 1
        if key == "danger":
            assert [bool(row["Danger"]) for row in orders[0]] == [True] * 13 + [False] * 52


def test_a_reporters_list_names_no_one_and_leads_by_number(client_as: Any, school: Any) -> None:
    reporter, student = make_user(Role.REPORTER, school), StudentFactory(school=school)
    own = make_incident(school, [student], reporter_id=reporter.id)
    page = client_as(reporter).page("/incidents?sort=-who")
    [row] = rows_of(page)
    assert "Who" not in row and row["Report number"] == own.reference and student.shown_name not in page.text
    assert not [link for link in page.find_all("a") if "/outcomes/lists/" in link.get("href")]
