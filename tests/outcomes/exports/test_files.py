"""Files of reports and lists: the same as page and document, safe in a spreadsheet, with a reason and a limit."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from tests.cases.making import TODAY, make_world
from tests.cases.making import make_user as make_worker
from tests.casework.case_list.test_table import fill
from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from tests.outcomes.making.small_district import Made
from tests.outcomes.published.test_import import DATA, take_in
from tests.support.pages.client import PageClient
from tests.support.pages.tables import heads_of, rows_of
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import RoleGrant, UserSession
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.outcomes.documents import Report, rendered, safe_cell
from wss_cases.outcomes.exports.export_log import ExportRecord


def report(app: Flask, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=["outcomes", "report", *arguments])


def test_history_keys_and_sums(app: Flask, session: Any) -> None:
    take_in(app, DATA / "metrics.csv")
    document = json.loads(report(app, "history", "--school-year", "2019-20", "--format", "json").stdout)
    assert list(document) == ["school_year", "district", "schools"]
    assert document["district"] == {
        "misconducts": 16, "group_1_2": 12, "group_3_4": 3, "group_5_6": 1, "iss": 2, "oss": 2,
        "police_notifications": 2, "students_notified": 1, "expelled": 3,
    }  # fmt: skip
    charter = document["schools"][-1]
    assert charter["charter"] and charter["misconducts"] is None and charter["expelled"] == 2
    assert "misconducts" in charter["suppressed"] and "expelled" not in charter["suppressed"]


def test_history_of_one_school_as_csv_marks_what_is_suppressed(app: Flask, session: Any) -> None:
    take_in(app, DATA / "metrics.csv")
    done = report(app, "history", "--school-year", "2019-20", "--school", "4001", "--format", "csv")
    table = list(csv.DictReader(io.StringIO(done.stdout.removeprefix("﻿"))))
    assert [(row["school"], row["misconducts"], row["expelled"]) for row in table] == [
        ("CEDAR CHARTER", "suppressed", "2")
    ]


def test_history_takes_a_school_by_number_code_or_id(app: Flask, session: Any) -> None:
    take_in(app, DATA / "metrics.csv")
    school = SchoolFactory(identifier="1001")
    unpublished = SchoolFactory(identifier="")
    for named in ("1001", school.code, str(school.id)):
        done = report(app, "history", "--school-year", "2019-20", "--school", named, "--format", "json")
        assert [one["name"] for one in json.loads(done.stdout)["schools"]] == ["ALDER HS"], named
    closed = report(app, "history", "--school-year", "2019-20", "--school", "1002", "--format", "json")
    assert [one["name"] for one in json.loads(closed.stdout)["schools"]] == ["BIRCH"]
    for named in (unpublished.code, "nowhere"):
        done = report(app, "history", "--school-year", "2019-20", "--school", named, "--format", "json")
        assert (done.exit_code, named in json.loads(done.stdout)["error"]["message"]) == (1, True)


@pytest.mark.parametrize("name", ["core", "funnel", "harms", "notifications", "followups", "equity"])
def test_every_report_in_every_form(app: Flask, session: Any, at: Any, name: str) -> None:
    at("2026-11-24 10:00")
    made = Made(seed=5, incidents=20)
    school = ("--school", made.schools[0].code)
    document = json.loads(report(app, name, "--school-year", "2026-27", *school, "--format", "json").stdout)
    assert document["report"] == name and document["school"] == made.schools[0].name
    written = report(app, name, "--school-year", "2026-27", *school, "--format", "csv").stdout_bytes
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))
    book = report(app, name, "--school-year", "2026-27", *school, "--format", "xlsx").stdout_bytes
    sheet = openpyxl.load_workbook(io.BytesIO(book))[name]
    assert [[_bare(cell) for cell in row] for row in sheet.iter_rows(values_only=True)] == [
        [_bare(cell) for cell in row] for row in rows
    ]
    assert len(rows) > 1
    assert all(round(one, 4) == one for one in _fractions(document)), "more figures than there are students"


def _fractions(found: Any) -> list[float]:
    inside = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    return [found] if isinstance(found, float) else [one for part in inside for one in _fractions(part)]


def _bare(cell: Any) -> Any:
    try:
        return round(float(cell), 9)
    except (TypeError, ValueError):
        return cell or ""


def test_an_output_file(app: Flask, session: Any, tmp_path: Any) -> None:
    take_in(app, DATA / "metrics.csv")
    out = tmp_path / "history.json"
    done = report(app, "history", "--school-year", "2019-20", "--format", "json", "--output", str(out))
    assert (done.exit_code, done.stdout) == (0, "")
    assert json.loads(out.read_text(encoding="utf-8"))["school_year"] == "2019-20"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("history", "--school-year", "1999-00", "--format", "json"), 2),
        (("history", "--school-year", "2012-13", "--format", "json"), 1),
        (("core", "--school-year", "2019-20", "--school", "nowhere", "--format", "json"), 1),
        (("core", "--school-year", "2019-21", "--format", "json"), 2),
        (("core", "--school-year", "9999-00", "--format", "json"), 2),
        (("nothing", "--school-year", "2019-20", "--format", "json"), 2),
        (("core", "--school-year", "2019-20", "--format", "pdf"), 2),
        (("core", "--format", "json"), 2),
    ],
)
def test_refusals_print_only_the_document(app: Flask, session: Any, arguments: tuple[str, ...], status: int) -> None:
    done = report(app, *arguments)
    assert done.exit_code == status
    assert done.stderr
    if status == 1:
        assert json.loads(done.stdout)["error"]["message"]
    else:
        assert done.stdout == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", '=HYPERLINK("x")'])
def test_no_cell_is_a_formula(text: str) -> None:
    made = Report("core", {}, ("name",), [[text], ["plain"]], [])
    assert safe_cell(text) == f"'{text}" and safe_cell("plain") == "plain" and safe_cell(-1) == -1
    cells = list(csv.reader(io.StringIO(rendered(made, "csv").decode("utf-8-sig"), newline="")))
    assert cells[1] == [f"'{text}"]
    sheet = openpyxl.load_workbook(io.BytesIO(rendered(made, "xlsx")))["core"]
    # a carriage return is written as the format's own escape
    assert sheet["A2"].data_type == "s" and sheet["A2"].value == text.replace("\r", "_x000D_")


def test_a_school_named_like_a_formula_is_only_a_name(app: Flask, session: Any, at: Any) -> None:
    at("2026-11-24 10:00")
    school = SchoolFactory(name='=HYPERLINK("http://evil.example")')
    done = report(app, "core", "--school-year", "2026-27", "--school", school.code, "--format", "xlsx")
    about = openpyxl.load_workbook(io.BytesIO(done.stdout_bytes))["about"]
    assert about["B3"].value == school.name and about["B3"].data_type == "s"


ClientAs = Callable[[Any], PageClient]
ADDRESS = "/outcomes/files/core.csv?year=2026-27"
WHY = "For the meeting of the board in December."


@pytest.fixture
def school(session: Any, at: Callable[..., Any]) -> Any:
    at("2026-11-24 10:00")
    return Made(seed=7, incidents=10).schools[0]


def told_of() -> set[int]:
    wanted = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "export_made")
    return set(db.session.scalars(wanted))


def test_a_file_needs_a_reason_and_tells_a_second_person(school: Any, client_as: ClientAs) -> None:
    taker, other = make_user(Role.ADMINISTRATOR, school), make_user(Role.ADMINISTRATOR, school)
    client = client_as(taker)
    assert client.submit(ADDRESS, {"reason": "Because"}).status_code == 400
    assert told_of() == set()
    answer = client.submit(ADDRESS, {"reason": WHY})
    assert answer.mimetype == "text/csv"
    row = db.session.scalars(select(ExportRecord)).one()
    assert row.row_count == len(answer.get_data(as_text=True).splitlines()) - 1
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "outcomes.exported")).one()
    assert (audited.actor_id, audited.changes["rows"]) == (taker.id, row.row_count)
    assert WHY not in str(audited.changes), "what somebody typed may name a child; it stands in the list of files"
    assert told_of() == {other.id}
    listed = client_as(other).page("/outcomes/exports").text
    assert WHY in listed
    assert taker.name in listed
    assert WHY in client_as(make_user(Role.SYSADMIN)).page("/outcomes/exports").text
    elsewhere = make_user(Role.ADMINISTRATOR, SchoolFactory())
    assert WHY not in client_as(elsewhere).page("/outcomes/exports").text


def test_where_the_school_has_no_other_the_district_is_told_and_else_no_file_is_made(
    school: Any, client_as: ClientAs
) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    refused = client.submit(ADDRESS, {"reason": WHY})
    assert refused.status_code == 400
    assert "No one else can be told" in refused.text
    assert WHY in refused.text
    sysadmin = make_user(Role.SYSADMIN)
    assert client.submit(ADDRESS, {"reason": WHY}).status_code == 200
    assert told_of() == {sysadmin.id}
    district = make_user(Role.DISTRICT)
    assert client.submit(ADDRESS, {"reason": WHY}).status_code == 200
    assert told_of() == {sysadmin.id, district.id}


def test_a_sign_in_of_a_quarter_of_an_hour_ago_is_not_fresh(school: Any, client_as: ClientAs) -> None:
    taker = make_user(Role.ADMINISTRATOR, school)
    make_user(Role.ADMINISTRATOR, school)
    client = client_as(taker)
    form = {"csrf_token": client.csrf_token(ADDRESS), "reason": WHY}
    row = db.session.scalars(select(UserSession).where(UserSession.user_id == taker.id)).one()
    row.verified_at = row.created_at = clock.now() - timedelta(minutes=15, seconds=1)
    db.session.commit()
    for answer in (client.get(ADDRESS), client.post(ADDRESS, data=form)):
        assert answer.status_code == 303
        assert "confirm" in answer.location
    assert db.session.scalars(select(ExportRecord)).all() == []
    row.verified_at = clock.now() - timedelta(minutes=14)
    db.session.commit()
    assert client.post(ADDRESS, data=form).mimetype == "text/csv"


def test_a_file_over_the_row_limit_is_refused(
    app: Flask, school: Any, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_as(make_user(Role.DISTRICT))
    make_user(Role.SYSADMIN)
    monkeypatch.setitem(app.config, "EXPORT_ROWS", 1)
    refused = client.submit(ADDRESS, {"reason": WHY})
    assert refused.status_code == 400
    assert "at most 1 are allowed" in refused.text
    assert db.session.scalars(select(ExportRecord)).all() == []


REASON = "For the meeting of the case team on Monday."


@pytest.fixture
def place(session: Any, at: Callable[..., Any]) -> Any:
    at("2026-11-24 10:00")
    return make_world()


@pytest.fixture
def taker(place: Any) -> Any:
    make_worker(place.school, Role.ADMINISTRATOR)
    return make_worker(place.school, Role.ADMINISTRATOR)


def links(page: Any) -> list[str]:
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
def test_a_file_has_what_the_page_shows(place: Any, taker: Any, client_as: Callable[[Any], Any], asked: str) -> None:
    fill(place, 14)
    client = client_as(taker)
    client.submit("/cases", {"columns": ["what", "lead", "state", "number"]}, holding="columns")
    page = client.page(f"/cases{asked}")
    for address in links(page) or [f"/outcomes/lists/cases.{form}{asked}" for form in ("csv", "xlsx")]:
        head, *rows = taken(client, address)
        assert head == heads_of(page) if rows_of(page) else head[0] == "Who"
        assert [list(map(unguarded, row)) for row in rows] == [list(row.values()) for row in rows_of(page)], address


def test_no_cell_is_a_formula_and_odd_letters_stay(place: Any, taker: Any, client_as: Callable[[Any], Any]) -> None:
    fill(place, 5)
    client = client_as(taker)
    whom = [row[0] for row in taken(client, "/outcomes/lists/cases.csv?sort=number")[1:]]
    assert "'=SUM(A1) Risk" in whom and "李 王" in whom and "Łucja Żak" in whom
    assert not [cell for cell in whom if cell.startswith(("=", "+", "-", "@"))]


def test_a_file_is_written_down_and_needs_a_reason(place: Any, taker: Any, client_as: Callable[[Any], Any]) -> None:
    client = client_as(taker)
    address = "/outcomes/lists/cases.csv?state=all"
    asking = client.page(address).text
    assert "The school&#39;s cases" in asking or "The school's cases" in asking
    assert client.submit(address, {"reason": "Because"}).status_code == 400
    assert db.session.scalars(select(ExportRecord)).all() == []
    taken(client, address)
    row = db.session.scalars(select(ExportRecord)).one()
    assert (row.name, row.row_count, row.school_id, row.reason) == ("cases", 1, place.school.id, REASON)
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "outcomes.exported")).one()
    assert audited.changes["name"] == "cases"
    reads = db.session.scalars(select(AuditEntry.changes).where(AuditEntry.action == "page.read")).all()
    assert {"page": "outcomes.list_files.file"} in reads, "who reads a file reads names"


def test_a_file_over_the_limit_is_refused_in_words(
    app: Flask, place: Any, taker: Any, client_as: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(place, 4)
    monkeypatch.setitem(app.config, "EXPORT_ROWS", 3)
    refused = client_as(taker).submit("/outcomes/lists/cases.csv", {"reason": REASON})
    assert refused.status_code == 400 and "at most 3 are allowed" in refused.text
    assert db.session.scalars(select(ExportRecord)).all() == []


def test_who_takes_no_files_meets_no_link_and_no_file(place: Any, client_as: Callable[[Any], Any]) -> None:
    make_worker(place.school, Role.ADMINISTRATOR)
    theirs = make_world()
    administrator = make_worker(theirs.school, Role.ADMINISTRATOR)
    make_worker(theirs.school, Role.ADMINISTRATOR)
    for role in (Role.DEAN, Role.COORDINATOR):
        client = client_as(make_worker(place.school, role))
        assert links(client.page("/cases")) == []
    cells = str(taken(client_as(administrator), "/outcomes/lists/cases.csv?state=all"))
    assert theirs.case.reference in cells and place.case.reference not in cells
    assert theirs.students[0].shown_name in cells
    for missing in ("none.csv", "cases.pdf", "cases.json"):
        assert client_as(administrator).get(f"/outcomes/lists/{missing}").status_code == 404


def test_who_takes_files_of_one_school_takes_none_of_another_that_they_work_in(
    place: Any, client_as: Callable[[Any], Any]
) -> None:
    theirs = make_world()
    for at_school in (place.school, theirs.school):
        make_worker(at_school, Role.ADMINISTRATOR)
    both = make_worker(theirs.school, Role.ADMINISTRATOR)
    here, there = place.school.id, theirs.school.id
    db.session.add(RoleGrant(user_id=both.id, role=Role.COORDINATOR, school_id=here, starts_on=TODAY))
    db.session.commit()
    client = client_as(both)
    page = client.page("/cases")
    assert place.case.reference in page.text and links(page) == []
    for kept in ("cases.csv", "cases.xlsx", "reports.csv", f"reports.csv?school={here}"):
        assert client.get(f"/outcomes/lists/{kept}").status_code == 404, kept
    cells = str(taken(client, f"/outcomes/lists/reports.csv?school={there}"))
    assert theirs.incident.reference in cells and place.incident.reference not in cells


def test_the_case_team_takes_the_caseload_without_names_alone(place: Any, client_as: Callable[[Any], Any]) -> None:
    client = client_as(place.coordinator)
    page = client.page("/desk?whose=school")
    assert place.students[0].shown_name in page.text
    addresses = links(page)
    assert len(addresses) == 2 and all("/without-names/caseload." in address for address in addresses)
    assert "names no student" in client.page(addresses[0]).text
    for address in addresses:
        head, *rows = taken(client, address)
        assert "Who" not in head and "Case number" in head and len(rows) == 1
        assert place.case.reference in rows[0] and place.students[0].shown_name not in str(rows)
    [row, _second] = db.session.scalars(select(ExportRecord)).all()
    assert (row.name, row.row_count, row.user_id, row.reason) == ("caseload", 1, place.coordinator.id, REASON)
    assert len(db.session.scalars(select(AuditEntry).where(AuditEntry.action == "outcomes.exported")).all()) == 2
    for missing in ("without-names/cases.csv", "without-names/follow_ups.csv", "caseload.csv"):
        assert client.get(f"/outcomes/lists/{missing}").status_code == 404, missing
    elsewhere = client_as(make_world().coordinator)
    assert place.case.reference not in str(taken(elsewhere, addresses[0]))


def test_who_answers_for_the_school_takes_the_caseload_as_it_stands(
    place: Any, taker: Any, client_as: Callable[[Any], Any]
) -> None:
    client = client_as(taker)
    address = links(client.page("/desk?whose=school"))[0]
    head, row = taken(client, address)
    assert head[0] == "Who" and place.students[0].shown_name in row[0]
