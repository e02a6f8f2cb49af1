"""The board report's page: the numbers of the other pages, lists that are as long, and nobody else's school."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory
from tests.outcomes.making.groups import Groups
from tests.outcomes.making.small_district import Made
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Element
from tests.support.pages.tables import rows_of
from wss_cases.access.actor import Role
from wss_cases.board.report.pages import equity_parts
from wss_cases.board.report.queries import board_of, board_scope, may_report, networks_answered_for
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.models import AuditEntry
from wss_cases.outcomes.equity.queries import FAMILIES, table_for
from wss_cases.outcomes.equity.rules import settled
from wss_cases.roster.directory.models import School

ClientAs = Callable[[Any], PageClient]
PAGE = "/outcomes/board"
TODAY = date(2026, 11, 24)


def main_of(page: Element) -> Element:
    """Return the page's main part."""
    return page.find_all("main")[0]


def test_numbers_are_those_of_the_rows_up_to_the_last_month_that_is_over(made: Made, client_as: ClientAs) -> None:
    school = made.schools[0]
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    own = (Incident.school_id == school.id, Incident.state != IncidentState.DUPLICATE)
    days = [day for day in db.session.scalars(select(Incident.local_date).where(*own)) if day >= date(2026, 8, 1)]
    page = main_of(client.page(PAGE))
    counted = [day for day in days if day <= date(2026, 10, 31)]
    assert 0 < len(counted) < len(days)
    assert f"{len(counted)} incidents" in page.text
    assert "Sat, Aug 1, 2026 to Sat, Oct 31, 2026" in page.text and "Nov 2026" not in page.text
    headings = [one.text for one in page.find_all("h2")]
    assert [one.split(" (")[0] for one in headings] == [
        "School safety plan",
        "At a glance",
        "Incidents per 100 students per school day",
        "Most often: behavior, place, time of day",
        "From incident to repaired harm",
        "How long cases take",
        "Another incident of the same student",
        "What people harmed say",
        "Removals and police notifications",
        "Equity at every stage",
        "Who reports",
        "How this is counted",
    ]


def test_a_number_opens_a_list_as_long(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    page, checked = main_of(client.page(PAGE)), set()
    for link in (one for table in page.find_all("table") for one in table.find_all("a")):
        address = link.get("href")
        if address.startswith("#") or not link.text.isdecimal():
            continue
        listed = main_of(client.page(address))
        rows = rows_of(listed) or [row for row in listed.find_all("li") if row.get("class") == "work-row"]
        assert len(rows) == min(int(link.text), 20 if address.startswith("/incidents") else 50), address
        checked.add(address.split("?")[0])
    lists = {f"/outcomes/behind/{name}" for name in ("funnel", "removals", "first_meetings", "closings", "repeats")}
    assert {"/incidents", *lists} <= checked


def test_a_list_ends_only_on_a_day_that_is_one(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    for until in ("2026-13-01", "yesterday", "2020-01-01", "2026-10-31T00:00"):
        assert client.get(f"/outcomes/behind/removals?until={until}").status_code == 404, until


def test_every_chart_has_its_words_and_a_table(made: Made, client_as: ClientAs) -> None:
    page = main_of(client_as(make_user(Role.ADMINISTRATOR, made.schools[0])).page(PAGE))
    for section in page.find_all("section"):
        for chart in section.find_all("svg"):
            assert chart.get("role") == "img" and chart.find_all("title")[0].text.count(";") > 1
            assert section.find_all("table")


def test_a_phone_names_the_column_of_each_number(made: Made, client_as: ClientAs) -> None:
    page = main_of(client_as(make_user(Role.ADMINISTRATOR, made.schools[0])).page(PAGE))
    cards = [one for one in page.find_all("table") if "data-cards" in one.get("class").split()]
    ours = [one for one in cards if one.find_all("th")[0].text in ("Month", "Pathway", "What")]
    assert len(ours) == 3
    for table in ours:
        heads = [one.text.split(" (")[0] for one in table.find_all("thead")[0].find_all("th")][1:]
        for row in table.find_all("tbody")[0].find_all("tr"):
            assert [cell.get("data-label") for cell in row.find_all("td")] == heads


def test_it_says_of_when_its_figures_are(made: Made, client_as: ClientAs) -> None:
    page = main_of(client_as(make_user(Role.ADMINISTRATOR, made.schools[0])).page(PAGE))
    heads = [one.text for one in page.find_all("th") if one.get("scope") == "col"]
    joined = "\N{WORD JOINER}–\N{WORD JOINER}"
    # a year is one word in a heading; only removals are of the same days, months are whole ones
    assert not [head for head in heads if "–" in head and joined not in head]
    assert heads.count(f"Same days, 2025{joined}26") == 1 and heads.count(f"Rate 2025{joined}26") == 1
    assert re.search(r"\d incidents · The same days a year before: ", page.text)
    notes = next(one for one in page.find_all("section") if "board-notes" in one.get("class").split())
    assert "are as known on the day the report was made" in notes.text
    assert notes.text.count("up to today") == notes.text.count("up to today; in a board report") == 1
    assert "before today" not in notes.text


def test_the_district_sees_every_school_and_those_at_zero_without_lists(made: Made, client_as: ClientAs) -> None:
    SchoolFactory(name="Quiet Elementary School")
    page = main_of(client_as(make_user(Role.DISTRICT)).page(PAGE))
    assert "3 schools" in page.text and "1 school with no reports" in page.text
    assert [one.text for ul in page.find_all("ul") for one in ul.find_all("li")] == ["Quiet Elementary School"]
    assert not [link for link in page.find_all("a") if link.get("href").startswith(("/incidents", "/outcomes/behind"))]


def test_a_network_is_reported_by_who_has_all_of_it(made: Made, client_as: ClientAs) -> None:
    whole, half = make_user(Role.DISTRICT), make_user(Role.DISTRICT, made.schools[1])
    assert networks_answered_for(acting(whole)) == ["Network 1"]
    assert networks_answered_for(acting(half)) == []
    page = main_of(client_as(whole).page(f"{PAGE}?network=Network+1"))
    assert "Board report: Network 1" in page.text and "not shown for a network" in page.text
    client = client_as(half)
    assert client.get(f"{PAGE}?network=Network+1").status_code == 404
    # one that no school is in, as after another name on the roster, is nobody's
    assert client_as(whole).get(f"{PAGE}?network=Network+9").status_code == 404
    assert may_report(acting(whole), None, "Network 1") and not may_report(acting(whole), None, "Network 9")
    assert made.schools[0].name not in main_of(client.page(PAGE)).text


def test_only_who_answers_to_a_board_sees_it(made: Made, client_as: ClientAs) -> None:
    scope = board_scope(made.schools[0].id, None, None, TODAY)
    assert scope is not None
    with pytest.raises(NotFound):
        board_of(acting(make_user(Role.ADMINISTRATOR, made.schools[1])), scope)
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    for year in ("2027-28", "1999-00", "x"):
        assert client.get(f"{PAGE}?year={year}").status_code == 404


def test_each_opening_is_audited(made: Made, client_as: ClientAs) -> None:
    user = make_user(Role.ADMINISTRATOR, made.schools[0])
    client_as(user).page(PAGE)
    rows = db.session.scalars(db.select(AuditEntry).where(AuditEntry.actor_id == user.id)).all()
    assert [row.changes["page"] for row in rows if row.action == "page.read"] == ["board.report"]


def test_equity_says_nothing_that_its_own_page_does_not(at: Any, session: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    groups = Groups(seed=3)
    user = make_user(Role.DISTRICT)
    scope = board_scope(None, None, None, TODAY)
    assert scope is not None and settled(scope) == scope
    tables = {family: table_for(acting(user), scope, family) for family in FAMILIES}
    assert any(table.stages for table in tables.values())
    client, told = client_as(user), 0
    for family, part in zip(FAMILIES, equity_parts(tables), strict=True):
        own = main_of(client.page(f"/outcomes/equity?kind={family}"))
        for sentence in part["sentences"]:
            told += 1
            assert sentence["meaning"] in own.text
        hidden = [str(label) for label in part["hidden"]]
        shown = {one.text for one in own.find_all("h2")}
        assert not shown & set(hidden)
    assert told and groups.small.name not in main_of(client.page(PAGE)).text


def test_in_august_it_tells_of_the_year_that_ended(session: Any) -> None:
    school = SchoolFactory()
    scope = board_scope(school.id, None, None, date(2026, 8, 20))
    assert scope is not None and (scope.year, scope.last) == ("2025-26", date(2026, 7, 31))
    assert board_scope(school.id, None, "2026-27", date(2026, 8, 20)) is None
    assert db.session.get(School, school.id) is not None
