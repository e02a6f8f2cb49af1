"""A list leaves as a file as it stands on its page: same rows, order and columns, for whoever may take files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from tests.cases.making import TODAY, make_user, make_world
from tests.casework.case_list.test_table import fill
from tests.support.pages.tables import heads_of, rows_of
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry
from wss_cases.outcomes.exports.export_log import ExportRecord

REASON = "For the meeting of the case team on Monday."


@pytest.fixture
def world(session: Any, at: Callable[..., Any]) -> Any:
    at("2026-11-24 10:00")
    return make_world()


@pytest.fixture
def taker(world: Any) -> Any:
    make_user(world.school, Role.ADMINISTRATOR)
    return make_user(world.school, Role.ADMINISTRATOR)


def links(page: Any) -> list[str]:
    """Return where a list is downloaded, the CSV first."""
    return [link.get("href") for link in page.find_all("a") if "/outcomes/lists/" in link.get("href")]


def taken(client: Any, address: str) -> list[list[str]]:
    """Return the cells of a list's file."""
    answer = client.submit(address, {"reason": REASON})
    assert answer.status_code == 200, answer.text
    if urlsplit(address).path.endswith(".csv"):
        return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(answer.get_data()))
    sheet = book.worksheets[0]
    assert all(cell.data_type != "f" for row in sheet for cell in row)
    return [[cell.value or "" for cell in row] for row in sheet]


def unguarded(cell: str) -> str:
    return cell[1:] if cell[:2] in ("'=", "'+", "'-", "'@") else cell


@pytest.mark.parametrize(
    "asked", ["", "?state=all&sort=-who", "?state=preparing&sort=where", "?whose=mine", "?q=T&sort=lead"]
)
def test_a_file_has_what_the_page_shows(world: Any, taker: Any, client_as: Callable[[Any], Any], asked: str) -> None:
    fill(world, 14)
    client = client_as(taker)
    client.submit("/cases", {"columns": ["what", "lead", "state", "number"]}, holding="columns")
    page = client.page(f"/cases{asked}")
    for address in links(page) or [f"/outcomes/lists/cases.{form}{asked}" for form in ("csv", "xlsx")]:
        head, *rows = taken(client, address)
        assert head == heads_of(page) if rows_of(page) else head[0] == "Who"
        assert [list(map(unguarded, row)) for row in rows] == [list(row.values()) for row in rows_of(page)], address


def test_no_cell_is_a_formula_and_odd_letters_stay(world: Any, taker: Any, client_as: Callable[[Any], Any]) -> None:
    fill(world, 5)
    client = client_as(taker)
    whom = [row[0] for row in taken(client, "/outcomes/lists/cases.csv?sort=number")[1:]]
    assert "'=SUM(A1) Risk" in whom and "李 王" in whom and "Łucja Żak" in whom
    assert not [cell for cell in whom if cell.startswith(("=", "+", "-", "@"))]


def test_a_file_is_written_down_and_needs_a_reason(world: Any, taker: Any, client_as: Callable[[Any], Any]) -> None:
    client = client_as(taker)
    address = "/outcomes/lists/cases.csv?state=all"
    asking = client.page(address).text
    assert "The school&#39;s cases" in asking or "The school's cases" in asking
    assert client.submit(address, {"reason": "Because"}).status_code == 400
    assert db.session.scalars(select(ExportRecord)).all() == []
    taken(client, address)
    row = db.session.scalars(select(ExportRecord)).one()
    assert (row.name, row.row_count, row.school_id, row.reason) == ("cases", 1, world.school.id, REASON)
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "outcomes.exported")).one()
    assert audited.changes["name"] == "cases"
    reads = db.session.scalars(select(AuditEntry.changes).where(AuditEntry.action == "page.read")).all()
    assert {"page": "outcomes.list_files.file"} in reads, "who reads a file reads names"


def test_a_file_over_the_limit_is_refused_in_words(
    app: Flask, world: Any, taker: Any, client_as: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(world, 4)
    monkeypatch.setitem(app.config, "EXPORT_ROWS", 3)
    refused = client_as(taker).submit("/outcomes/lists/cases.csv", {"reason": REASON})
    assert refused.status_code == 400 and "at most 3 are allowed" in refused.text
    assert db.session.scalars(select(ExportRecord)).all() == []


def test_who_takes_no_files_meets_no_link_and_no_file(world: Any, client_as: Callable[[Any], Any]) -> None:
    make_user(world.school, Role.ADMINISTRATOR)
    theirs = make_world()
    administrator = make_user(theirs.school, Role.ADMINISTRATOR)
    make_user(theirs.school, Role.ADMINISTRATOR)
    for role in (Role.DEAN, Role.COORDINATOR):
        client = client_as(make_user(world.school, role))
        assert links(client.page("/cases")) == []
    cells = str(taken(client_as(administrator), "/outcomes/lists/cases.csv?state=all"))
    assert theirs.case.reference in cells and world.case.reference not in cells
    assert theirs.students[0].shown_name in cells
    for missing in ("none.csv", "cases.pdf", "cases.json"):
        assert client_as(administrator).get(f"/outcomes/lists/{missing}").status_code == 404


def test_who_takes_files_of_one_school_takes_none_of_another_that_they_work_in(
    world: Any, client_as: Callable[[Any], Any]
) -> None:
    theirs = make_world()
    for at_school in (world.school, theirs.school):
        make_user(at_school, Role.ADMINISTRATOR)
    both = make_user(theirs.school, Role.ADMINISTRATOR)
    here, there = world.school.id, theirs.school.id
    db.session.add(RoleGrant(user_id=both.id, role=Role.COORDINATOR, school_id=here, starts_on=TODAY))
    db.session.commit()
    client = client_as(both)
    page = client.page("/cases")
    assert world.case.reference in page.text and links(page) == []
    for kept in ("cases.csv", "cases.xlsx", "reports.csv", f"reports.csv?school={here}"):
        assert client.get(f"/outcomes/lists/{kept}").status_code == 404, kept
    cells = str(taken(client, f"/outcomes/lists/reports.csv?school={there}"))
    assert theirs.incident.reference in cells and world.incident.reference not in cells


def test_the_case_team_takes_the_caseload_without_names_alone(world: Any, client_as: Callable[[Any], Any]) -> None:
    client = client_as(world.coordinator)
    page = client.page("/desk?whose=school")
    assert world.students[0].shown_name in page.text
    addresses = links(page)
    assert len(addresses) == 2 and all("/without-names/caseload." in address for address in addresses)
    assert "names no student" in client.page(addresses[0]).text
    for address in addresses:
        head, *rows = taken(client, address)
        assert "Who" not in head and "Case number" in head and len(rows) == 1
        assert world.case.reference in rows[0] and world.students[0].shown_name not in str(rows)
    [row, _second] = db.session.scalars(select(ExportRecord)).all()
    assert (row.name, row.row_count, row.user_id, row.reason) == ("caseload", 1, world.coordinator.id, REASON)
    assert len(db.session.scalars(select(AuditEntry).where(AuditEntry.action == "outcomes.exported")).all()) == 2
    for missing in ("without-names/cases.csv", "without-names/follow_ups.csv", "caseload.csv"):
        assert client.get(f"/outcomes/lists/{missing}").status_code == 404, missing
    elsewhere = client_as(make_world().coordinator)
    assert world.case.reference not in str(taken(elsewhere, addresses[0]))


def test_who_answers_for_the_school_takes_the_caseload_as_it_stands(
    world: Any, taker: Any, client_as: Callable[[Any], Any]
) -> None:
    client = client_as(taker)
    address = links(client.page("/desk?whose=school"))[0]
    head, row = taken(client, address)
    assert head[0] == "Who" and world.students[0].shown_name in row[0]
