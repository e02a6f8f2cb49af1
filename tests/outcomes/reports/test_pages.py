"""The pages: who sees lists and who only numbers, both languages, phones, school years, bad addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import event

from tests.factories.accounts import acting, make_user
from tests.factories.cases import CaseFactory, CaseParticipantFactory
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.factories.safeguards import DisciplineActionFactory
from tests.outcomes.making.small_district import FIRST_DAY, Made
from tests.outcomes.published.test_import import DATA, take_in
from tests.outcomes.recount.shown import outcome_pages
from tests.support.databases import ROOT
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Element
from wss_cases.access.actor import Role
from wss_cases.cases.case.models import CaseResult, CaseState
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.incidents.lists import counts_by_group
from wss_cases.incidents.pages import read_filter
from wss_cases.outcomes.counting.measures import MEASURES
from wss_cases.outcomes.reports.drill_down import LISTS, PAGE

ClientAs = Callable[[Any], PageClient]
LISTING = ("/outcomes/behind/", "/incidents")


def links(page: Element) -> list[str]:
    found = [link.get("href") for main in page.find_all("main") for link in main.find_all("a")]
    return [address for address in found if address.startswith(LISTING)]


def closed_with_harm(school: Any) -> None:
    """A case with a person harmed that was closed as repaired."""
    closed = datetime(2026, 10, 5, 15, tzinfo=UTC)
    case = CaseFactory(school_id=school.id, state=CaseState.CLOSED, result=CaseResult.REPAIRED, closed_at=closed)
    CaseParticipantFactory(case_id=case.id, role=PersonRole.HARMED)


def test_an_administrator_opens_the_list_behind_every_number(at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    made = Made(seed=7, incidents=60)
    closed_with_harm(made.schools[0])
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    page = client.page("/outcomes?year=2026-27")
    assert "Outcomes, 2026–27 to November 24" in page.find_all("title")[0].text
    found = links(outcome_pages(client, "?year=2026-27"))
    lists = [address for address in found if address.startswith("/outcomes/behind/")]
    assert {urlsplit(address).path.rsplit("/", 1)[1] for address in lists} == set(LISTS)
    for address in lists:
        assert client.page(address).find_all("main")[0].find_all("li"), address


def test_a_list_has_as_many_rows_as_its_number(at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    made = Made(seed=7, incidents=60)
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    main = client.page("/outcomes/removals?year=2026-27").find_all("main")[0]
    table = next(table for table in main.find_all("table") if "Refused" in table.text or "Students" in table.text)
    checked = 0
    for link in table.find_all("a"):
        rows = client.page(link.get("href")).find_all("main")[0]
        assert len([row for row in rows.find_all("li") if row.get("class") == "work-row"]) == int(link.text)
        checked += 1
    assert checked > 3


def listed(page: Element) -> int:
    """Return how many rows a list's heading says it has, checked where they are on one page."""
    [count] = [span for span in page.find_all("h1")[0].find_all("span") if span.get("class") == "count"]
    every = int(count.text.strip("()").replace(",", ""))
    rows = [row for row in page.find_all("li") if row.get("class") == "work-row"]
    assert len(rows) == min(every, PAGE)
    return every


def test_each_figure_opens_as_many_rows_as_it_counts(at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    made = Made(seed=7, incidents=60)
    harmed = [StudentFactory(school=made.schools[0]) for _ in range(2)]
    make_incident(made.schools[0], harmed, PersonRole.HARMED, local_date=date(2026, 11, 23))
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    main = outcome_pages(client, "?year=2026-27")
    cards = [card for card in main.find_all("div") if "figure-card" in card.get("class")]
    opened = {}
    for link in [one for card in cards for one in card.find_all("a") if "/behind/" in one.get("href")]:
        page = client.page(link.get("href"))
        name = urlsplit(link.get("href")).path.rsplit("/", 1)[1]
        opened[name] = page.find_all("main")[0].text
        assert listed(page) == int(link.text.split()[0].replace(",", "")), name
        titles = [row.text for row in page.find_all("span") if row.get("class") == "work-title"]
        # the cases with terms have nobody here, and keep their numbers
        assert {bool(re.search(r"-\d+$", title)) for title in titles} == {name == "terms"}, (name, titles)
    assert set(opened) == {"notifications", "serious", "terms", "harmed", "removals"}
    waits = next(note.text for note in main.find_all("p") if note.text.startswith("Too recent to tell"))
    assert waits in opened["harmed"]
    assert "Mon, Nov 23" not in opened["harmed"]
    assert "Expulsion" not in opened["removals"] and "suspension" in opened["removals"]


def test_a_list_of_several_pages_says_on_each_how_long_it_is(at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    school = SchoolFactory()
    student = StudentFactory(school=school)
    for _ in range(PAGE + 2):
        DisciplineActionFactory(school_id=school.id, student_id=student.id)
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    first = client.page("/outcomes/behind/removals")
    assert listed(first) == PAGE + 2
    older = client.page(next(a.get("href") for a in first.find_all("a") if a.get("rel") == "next"))
    assert f"({PAGE + 2})" in older.find_all("h1")[0].text
    assert len([row for row in older.find_all("li") if row.get("class") == "work-row"]) == 2
    titles = {row.text for row in older.find_all("span") if row.get("class") == "work-title"}
    assert titles == {student.shown_name} and "Without an incident" in older.text, "whom it is about, its number second"


def test_the_district_sees_numbers_and_no_lists(at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    Made(seed=7, incidents=30)
    client = client_as(make_user(Role.DISTRICT))
    page = outcome_pages(client)
    assert "people harmed" in page.text and "2 schools" in client.page("/outcomes").text
    assert links(page) == []


def test_another_schools_figures_are_not_shown(at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    made = Made(seed=7, incidents=30)
    elsewhere = SchoolFactory(name="Cedar High School")
    page = client_as(make_user(Role.ADMINISTRATOR, elsewhere)).page("/outcomes")
    assert "No incidents in this school year yet" in page.text
    assert made.schools[0].name not in page.text


def test_only_administrators_and_the_district_take_files(at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    made = Made(seed=7, incidents=10)
    coordinator = client_as(make_user(Role.COORDINATOR, made.schools[0]))
    assert "CSV" not in coordinator.page("/outcomes").text
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    make_user(Role.ADMINISTRATOR, made.schools[0])
    for name in ("core", "funnel", "harms", "notifications", "followups"):
        for form in ("csv", "xlsx"):
            address = f"/outcomes/files/{name}.{form}?year=2026-27"
            answer = client.submit(address, {"reason": "For the school's council."})
            assert answer.status_code == 200 and len(answer.data) > 50
            assert f'filename="{name}-2026-27.{form}"' in answer.headers["Content-Disposition"]
    assert client.get("/outcomes/files/core.json").status_code == 404
    assert client.get("/outcomes/files/history.csv").status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/outcomes?year=2026-28", "/outcomes?year=x", "/outcomes?year=9999-00", "/outcomes?year=2031-32",
        "/outcomes/behind/nothing", "/outcomes/behind/funnel?step=nowhere", "/outcomes/history/schools/0",
        "/outcomes/history/schools/999999999999999999999", "/outcomes/behind/terms?before=-1",
        "/outcomes/behind/terms?before=99999999999999999999999", "/outcomes/behind/follow_ups?choice=%00",
        "/outcomes/history/schools?q=%00", "/outcomes?year=2026-27&year=%00",
    ],
)  # fmt: skip
def test_bad_addresses_are_not_found(session: Any, client_as: ClientAs, address: str) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, SchoolFactory()))
    assert client.get(address).status_code == 404


def test_the_trend_of_district_and_school(app: Flask, at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    take_in(app, DATA / "metrics.csv")
    made = Made(seed=7, incidents=30)
    made.schools[0].identifier = "1001"
    session.commit()
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    district = client.page("/outcomes/history").text
    assert "Out-of-school suspensions rose from 2 in 2019–20 to 9 in 2021–22" in district
    assert "BIRCH alone had 1,202" in district
    own = next(link for link in client.page("/outcomes/history").find_all("a") if link.text == "ALDER HS")
    school = client.page(own.get("href")).text
    assert "not published" in school and "so far" in school and "counted here" in school
    found = client.page("/outcomes/history/schools?q=CEDAR").find_all("main")[0]
    charter = client.page(next(a.get("href") for a in found.find_all("a") if a.text == "CEDAR CHARTER")).text
    assert "suppressed" in charter
    assert "No school found" in client.page("/outcomes/history/schools?q=%25").text


def test_spanish(at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    made = Made(seed=7, incidents=20)
    for _ in range(20):
        make_incident(made.schools[0], local_date=date(2026, 11, 3))
    page = client_as(make_user(Role.ADMINISTRATOR, made.schools[0], locale="es")).page("/outcomes/patterns")
    assert page.find_all("html")[0].get("lang") == "es"
    assert "24 de noviembre" in page.text and "Lunes" in page.text
    assert "Por día de la semana: lo más frecuente, martes" in page.text


def test_every_measure_is_explained_on_its_page_and_in_the_docs(session: Any, client_as: ClientAs) -> None:
    page = client_as(make_user(Role.DISTRICT)).page("/outcomes/counted").text
    docs = " ".join((ROOT / "docs" / "measures.md").read_text(encoding="utf-8").split())
    for measure in MEASURES.values():
        assert str(measure.formula) in page
        assert f"## {measure.title}" in docs and str(measure.formula) in docs


def test_the_incidents_list_holds_what_each_bar_says(at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    made = Made(seed=7, incidents=60)
    user = make_user(Role.ADMINISTRATOR, made.schools[0])
    main = outcome_pages(client_as(user), "?year=2026-27")
    seen = set()
    for bar in [row for row in main.find_all("li") if row.get("class") == "bar"]:
        figure = next(span for span in bar.find_all("span") if span.get("class") == "bar-figure")
        for link in [a for a in bar.find_all("a") if a.get("href").startswith("/incidents?")]:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(link.get("href")).query).items()}
            seen |= set(asked)
            if "month" not in asked:
                assert counts_by_group(acting(user), read_filter(asked))["counted"] == int(figure.text), asked
    assert seen == {"school", "year", "state", "month", "behavior", "place", "hour", "weekday", "grade", "group"}


@pytest.mark.parametrize(("address", "most"), [("/outcomes", 50), ("/outcomes/repair", 35)])
def test_the_page_asks_few_questions(at: Any, session: Any, client_as: ClientAs, address: str, most: int) -> None:
    at("2026-11-24 10:00")
    made = Made(seed=7, incidents=20)
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        # once in a while any page also looks whether the schema is the one it knows
        if statement.lstrip().startswith("SELECT") and "alembic_version" not in statement:
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        client.page(address)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert 10 < len(asked) <= most


HISTORY = "All figures by school year"


def words_of_links(page: Element) -> list[str]:
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
