"""A calendar's file in the browser: what each event was taken for is seen and changed before anything is written."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from tests.factories.accounts import make_user
from tests.roster.calendar.test_taken_for import ENDS, ics
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Form, forms, parse
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import UserSession
from wss_cases.accounts.sign_in.saved_forms import KeptForm
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry
from wss_cases.roster.calendar.days import day_at
from wss_cases.roster.calendar.importing.models import CalendarDraft, decisions_of
from wss_cases.roster.directory.models import CalendarDay, ImportRun

IMPORT = "/school-calendar/import"
CONCERT, BREAK, LABOR = date(2026, 12, 10), date(2026, 12, 21), date(2026, 9, 7)
FILE = ics(
    "SUMMARY:Holiday Concert\nDTSTART;VALUE=DATE:20261210",
    "SUMMARY:Winter Break\nDTSTART;VALUE=DATE:20261221\nDTEND;VALUE=DATE:20270102",
    "SUMMARY:Labor Day\nDTSTART;VALUE=DATE:20260907",
    *ENDS,
)


def send(client: PageClient, content: bytes = FILE, name: str = "school.ics", year: str = "2026-27") -> Any:
    data = {"csrf_token": client.csrf_token(IMPORT), "school_year": year, "file": (io.BytesIO(content), name)}
    return client.post(IMPORT, data=data, content_type="multipart/form-data")


@pytest.fixture
def client(session: Any, client_as: Any, at: Any) -> PageClient:
    at("2026-08-03 09:00")
    found: PageClient = client_as(make_user(Role.DISTRICT, name="Dana District"))
    return found


def values(client: PageClient, address: str) -> dict[str, str]:
    """The form of a preview as the page shows it."""
    return {name: held[0] for name, held in client.form(address, "shown").values().items() if held}


def forms_of(response: Any) -> list[Form]:
    return forms(parse(response.get_data(as_text=True)))


def test_a_file_is_seen_changed_and_written(client: PageClient) -> None:
    address = send(client).location
    page = client.get(address).get_data(as_text=True)
    for words in (
        "Holiday Concert",
        "These need your decision",
        "names a holiday",
        "Its title says only this",
        "What this changes",
    ):
        assert words in page
    assert "Mon, Dec 21, 2026" in page and "Mon, Aug 3, 2026" not in page
    assert db.session.scalar(select(func.count()).select_from(CalendarDay)) == 0
    answer = client.submit(address, {"event3": "no_school", "event2": "half_day"}, holding="shown")
    assert (answer.status_code, answer.location) == (303, address)
    assert (day_at(None, CONCERT).is_open, day_at(None, LABOR).is_open) == (True, False)
    assert (day_at(None, BREAK).kind, day_at(None, date(2026, 8, 21)).is_open) == ("half", False)
    written = client.get(address).get_data(as_text=True)
    assert "Saved by Dana District" in written and "Decided by Dana District." in written
    [run] = db.session.scalars(select(ImportRun))
    assert run.report["files"]["school.ics"]["created"] == 365
    actions = set(db.session.scalars(select(AuditEntry.action)))
    assert {"calendar.uploaded", "calendar.answered", "calendar.written", "calendar.imported"} <= actions
    assert {title.partition("|")[0] for title in decisions_of("2026-27", written=True)} == {
        "Holiday Concert", "Winter Break", "Labor Day",
    }  # fmt: skip
    again = values(client, send(client).location)
    assert (again["event2"], again["event3"], again["event1"]) == ("half_day", "no_school", "ignored")


def test_choices_are_kept_between_and_the_same_file_waits_once(client: PageClient) -> None:
    address = send(client).location
    form = values(client, address) | {"event1": "no_school", "later": "1"}
    assert client.post(address, data=form).status_code == 303
    assert db.session.scalar(select(func.count()).select_from(CalendarDay)) == 0
    assert send(client).location == address
    assert values(client, address)["event1"] == "no_school"
    # a corrected file takes over what was decided of the events that are still in it
    other = send(client, FILE.replace(b"Labor Day", b"Labor Day (no school)")).location
    assert other != address
    assert (values(client, other)["event1"], values(client, other)["event3"]) == ("no_school", "no_school")


def test_two_people_lose_nothing_and_write_once(client: PageClient, client_as: Any) -> None:
    address = send(client).location
    other = client_as(make_user(Role.DISTRICT, name="Omar Other"))
    mine, theirs = values(client, address), values(other, address)
    assert client.post(address, data=mine | {"event3": "no_school", "later": "1"}).status_code == 303
    # what the other one did not touch stays as it was changed meanwhile
    assert other.post(address, data=theirs | {"event1": "half_day", "later": "1"}).status_code == 303
    assert (values(client, address)["event3"], values(client, address)["event1"]) == ("no_school", "half_day")
    # the same event, two answers: the second one is told, and their page keeps both
    refused = client.post(address, data=mine | {"event1": "no_school", "request_key": "k1", "later": "1"})
    assert refused.status_code == 400
    assert "Someone else has changed this" in refused.get_data(as_text=True)
    assert values(client, address)["event1"] == "half_day"

    assert client.post(address, data=values(client, address)).status_code == 303
    late = other.post(address, data=theirs | {"request_key": "k2"})
    assert late.status_code == 400 and "already saved" in late.get_data(as_text=True)
    assert db.session.scalar(select(func.count()).select_from(ImportRun)) == 1


def test_a_preview_of_a_calendar_that_changed_meanwhile_is_shown_again(client: PageClient) -> None:
    first = send(client).location
    second = send(client, FILE.replace(b"Winter Break", b"Spring Break")).location
    stale = values(client, second) | {"event1": "no_school"}
    assert client.post(first, data=values(client, first)).status_code == 303
    refused = client.post(second, data=stale)
    assert refused.status_code == 400
    assert "was saved again since this page was shown" in refused.get_data(as_text=True)
    assert day_at(None, BREAK).label == "Winter Break"
    form = next(one for one in forms_of(refused) if "shown" in one.names)
    again = {name: held[0] for name, held in form.values().items() if held}
    assert again["event1"] == "no_school"
    assert client.post(second, data=again | {"request_key": "k3"}).status_code == 303
    assert day_at(None, BREAK).label == "Spring Break"


def test_a_session_s_end_loses_no_choice(client: PageClient, at: Any) -> None:
    address = send(client).location
    form = values(client, address) | {"event1": "no_school"}
    db.session.execute(update(UserSession).values(expires_at=at("2026-08-03 09:00") - timedelta(minutes=1)))
    db.session.commit()
    assert "/sign-in" in client.post(address, data=form).location
    [kept] = db.session.scalars(select(KeptForm))
    assert kept.path == address


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "", "Choose the file"),
        (b"%PDF-1.7", "a.pdf", "file of PDF"),
        (
            ics("SUMMARY:Picture Day\nDTSTART;VALUE=DATE:20261002"),
            "a.ics",
            "This is a calendar file (ICS). Events in 2026-27: 1.",
        ),
        (FILE.replace(b"2026", b"2030").replace(b"2027", b"2031"), "a.ics", "None of them is in 2026-27"),
    ],
)
def test_a_file_that_says_nothing_is_refused_at_its_field(
    client: PageClient, content: bytes, name: str, words: str
) -> None:
    answer = send(client, content, name)
    assert answer.status_code == 400
    assert words in answer.get_data(as_text=True)
    assert db.session.scalar(select(func.count()).select_from(CalendarDraft)) == 0


def test_a_missing_first_day_is_asked_for_at_its_field(client: PageClient) -> None:
    address = send(client, ics("SUMMARY:Winter Break\nDTSTART;VALUE=DATE:20261221", ENDS[1])).location
    refused = client.post(address, data=values(client, address))
    assert refused.status_code == 400
    assert "No event is the first day of school" in refused.get_data(as_text=True)
    given = values(client, address) | {"first_day": "2026-08-24", "request_key": "k4"}
    assert client.post(address, data=given).status_code == 303
    assert not day_at(None, date(2026, 8, 21)).is_open


def test_an_uploaded_file_is_thrown_away(client: PageClient) -> None:
    address = send(client).location
    assert client.submit(address, action="/discard").location == IMPORT
    assert client.get(address).status_code == 404
