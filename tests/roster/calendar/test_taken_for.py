"""What an event of a calendar's file is taken for: nothing closes by a keyword alone."""

import json
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.roster.calendar.test_import import NOW
from wss_cases.access.actor import SYSTEM
from wss_cases.roster.calendar.importing.actions import CalendarReport, import_calendar, read_calendar
from wss_cases.roster.calendar.importing.calendar_file import said_by_title
from wss_cases.roster.calendar.importing.models import Event, EventKind, Why, as_stored, from_stored
from wss_cases.roster.directory.models import CalendarDay
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.import_files import BundleRefused

ENDS = (
    "SUMMARY:First day of school\nDTSTART;VALUE=DATE:20260824",
    "SUMMARY:Last Day of School\nDTSTART;VALUE=DATE:20270611",
)
CLOSES = (
    "No School", "No School – Labor Day", "Labor Day: NO SCHOOL", "Thanksgiving Day – no school", "Winter Break",
    "Spring break 2026-27", "Winter Recess (no school)", "No school for students - Teacher Institute Day",
    "Schools Closed", "Student Non-Attendance Day", "Presidents’ Day (No School)", "No Classes",
    "Dr. Martin Luther King, Jr. Day - Schools are closed",
)  # fmt: skip
OPEN = (
    "Holiday Concert", "No School Dance", "Winter Break Reading Challenge", "Winter break begins at 3 pm", "Holiday",
    "Breakfast with the principal", "Library closed", "No School - High Schools only", "No school for pre-K",
    "No School grades 9-12", "Book Fair – No School?!x", "Labor Day", "Thanksgiving Day", "Recess equipment drive",
    "First day of spring", "Last day to order yearbooks", "Spring Break Camp sign-up", "No School Uniforms Friday",
    "Picture Day", "Institute day", "Winter Break Learning", "Spring Break School Planning",
    "Half day for seniors", "First Day of School (pre-K)",
)  # fmt: skip
FRIDAY = "SUMMARY:No School\nDTSTART;VALUE=DATE:20261002"
SILENT = ("Picture Day", "Breakfast with the principal")


def ics(*events: str) -> bytes:
    """A calendar of these events."""
    body = "".join(f"BEGIN:VEVENT\nUID:{number}\n{event}\nEND:VEVENT\n" for number, event in enumerate(events))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def read(*events: str) -> list[Event]:
    """What these events are taken for in 2026-27, between a first and a last day."""
    return read_calendar("c.ics", ics(*events, *ENDS), "2026-27", {}).events[:-2]


@pytest.mark.parametrize("title", CLOSES)
def test_an_unmistakable_title_closes(title: str) -> None:
    assert said_by_title(title) == (EventKind.NO_SCHOOL, Why.TITLE, False)


@pytest.mark.parametrize("title", OPEN)
def test_a_title_with_such_a_word_closes_nothing(title: str) -> None:
    kind, _why, asks = said_by_title(title)
    assert (kind, asks) == (EventKind.IGNORED, title not in SILENT)


def test_early_ends_and_the_year_s_ends_are_known_by_title() -> None:
    titles = (
        "Early Dismissal 11:30 a.m.",
        "Half Day",
        "First Day of School (K-12)",
        "Last day for students - early release",
    )
    kinds = [said_by_title(title)[0] for title in titles]
    assert kinds == [EventKind.HALF_DAY, EventKind.HALF_DAY, EventKind.FIRST_DAY, EventKind.LAST_DAY]


@pytest.mark.parametrize(
    ("event", "why", "asks"),
    [
        ("SUMMARY:No School\nDTSTART;VALUE=DATE:20261012\nSTATUS:CANCELLED", Why.CANCELED, False),
        ("SUMMARY:No School\nDTSTART:20261012T180000Z\nDTEND:20261012T200000Z", Why.TIMED, True),
        ("SUMMARY:Gym closed\nCATEGORIES:no_school\nDTSTART:20261012T180000Z\nDURATION:PT1H", Why.TIMED, True),
        ("SUMMARY:Basketball\nDTSTART:20261012T180000Z\nDTEND:20261012T200000Z", Why.NOTHING, False),
        ("SUMMARY:No School - Elementary only\nDTSTART;VALUE=DATE:20261012", Why.PART, True),
    ],
)
def test_canceled_timed_and_partial_events_close_nothing(session: Any, event: str, why: Why, asks: bool) -> None:
    [found] = read(event)
    assert (found.taken_for, found.why, found.asks) == (EventKind.IGNORED, why, asks)


@pytest.mark.parametrize(
    ("event", "days"),
    [
        ("SUMMARY:Winter Break\nDTSTART;VALUE=DATE:20261221\nDTEND;VALUE=DATE:20261224", ["12-21", "12-22", "12-23"]),
        ("SUMMARY:No School\nDTSTART;VALUE=DATE:20261221\nDURATION:P2D", ["12-21", "12-22"]),
        ("SUMMARY:No\n  School\nDTSTART;VALUE=DATE:20261221", ["12-21"]),
        ("SUMMARY:No School\nDTSTART:20261012T050000Z\nDTEND:20261013T050000Z", ["10-12"]),
        (f"{FRIDAY}\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;VALUE=DATE:20261009", ["10-02", "10-16"]),
        ("SUMMARY:No School\nDTSTART;VALUE=DATE:20210907\nRRULE:FREQ=YEARLY;BYMONTH=9;BYDAY=1MO", ["09-07"]),
        (f"{FRIDAY}\nRRULE:FREQ=DAILY;UNTIL=20261004T000000Z", ["10-02", "10-03", "10-04"]),
    ],
)  # fmt: skip
def test_the_library_s_dates_are_the_district_s(session: Any, event: str, days: list[str]) -> None:
    [found] = read(event)
    assert (found.taken_for, [f"{day:%m-%d}" for day in found.dates()]) == (EventKind.NO_SCHOOL, days)
    assert from_stored(as_stored(found)) == found


def test_a_late_evening_in_greenwich_is_the_day_before_here(session: Any) -> None:
    [found] = read("SUMMARY:Early dismissal\nDTSTART:20261113T010000Z\nDTEND:20261113T013000Z")
    assert found.starts_on == date(2026, 11, 12)


@pytest.mark.parametrize(
    ("title", "bell"),
    [
        ("Early Dismissal 1:15 pm", time(13, 15)),
        ("Early release at 11 a.m.", time(11)),
        ("Half Day", None),
        ("Early Release Day 9 pm", None),
    ],
)
def test_an_early_end_has_the_bell_of_its_title(session: Any, title: str, bell: time | None) -> None:
    assert take(f"SUMMARY:{title}\nDTSTART;VALUE=DATE:20261002").waiting == []
    assert session.scalars(select(CalendarDay.last_bell).where(CalendarDay.day == date(2026, 10, 2))).one() == bell
    again = take(f"SUMMARY:{title}\nDTSTART;VALUE=DATE:20261002").files["c.ics"]
    assert (again.created, again.updated) == (0, 0)


def test_a_moved_repetition_leaves_its_old_day(session: Any) -> None:
    master = "SUMMARY:No School\nDTSTART;VALUE=DATE:20261002\nRRULE:FREQ=WEEKLY;COUNT=2"
    moved = "SUMMARY:No School\nDTSTART;VALUE=DATE:20261012\nRECURRENCE-ID;VALUE=DATE:20261009"
    text = ics(master, moved, *ENDS).replace(b"UID:1\r\n", b"UID:0\r\n")
    found = read_calendar("c.ics", text, "2026-27", {}).events[:2]
    assert [f"{day:%m-%d}" for event in found for day in event.dates()] == ["10-02", "10-12"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_usual_encoding_is_read(session: Any, encoding: str) -> None:
    text = ics("SUMMARY:No School – Día de los Muertos\nDTSTART;VALUE=DATE:20261102", *ENDS).decode()
    report = read_calendar("c.ics", text.encode(encoding), "2026-27", {})
    assert report.events[0].title == "No School – Día de los Muertos"
    assert ["Windows-1252" in problem.message for problem in report.problems] == [True] * (encoding == "cp1252")


def test_a_letter_that_nobody_can_read_costs_no_calendar(session: Any) -> None:
    text = ics("SUMMARY:D?a de los Muertos\nDTSTART;VALUE=DATE:20261102", *ENDS)
    for letter in (b"\x81", "\ufffd".encode()):
        [event, *_ends] = read_calendar("c.ics", text.replace(b"?", letter), "2026-27", {}).events
        assert event.title == "D\ufffda de los Muertos"


def test_a_line_folded_inside_a_letter_is_read(session: Any) -> None:
    text = ics("SUMMARY:Día de los Muertos\nDTSTART;VALUE=DATE:20261102", *ENDS).replace(b"\xc3\xad", b"\xc3\r\n \xad")
    assert read_calendar("c.ics", text, "2026-27", {}).events[0].title == "Día de los Muertos"


@pytest.mark.parametrize(
    "event",
    [
        "SUMMARY:No School\nDTSTART;VALUE=DATE:20261302",
        "SUMMARY:No School",
        "SUMMARY:No School\nDTSTART;VALUE=DATE:20261002\nDTEND;VALUE=DATE:junk",
        "SUMMARY:No School\nDTSTART;VALUE=DATE:20261002\nRRULE:FREQ=HOURLY",
        "SUMMARY:No School\nDTSTART;VALUE=DATE:20261002\nRRULE:FREQ=WEEKLY;BYDAY=ZZ",
        "DTSTART;VALUE=DATE:20261002",
    ],
)
def test_what_cannot_be_read_of_an_event_is_refused_by_its_number(session: Any, event: str) -> None:
    report = read_calendar("c.ics", ics(event, *ENDS), "2026-27", {})
    assert ([problem.row for problem in report.problems], len(report.events)) == ([1], 2)


def test_a_calendar_program_s_table_is_read_by_title(session: Any) -> None:
    text = (
        "Subject,Start Date,Start Time,End Date,All Day Event\nFirst day of school,8/24/2026,,8/24/2026,True\n"
        "Last day of school,6/11/2027,,,True\nNo School,10/12/2026,,10/13/2026,True\n"
        "No School,11/2/2026,6:00 PM,,False\n"
    )
    found = read_calendar("c.csv", text.encode(), "2026-27", {}).events
    assert [event.taken_for for event in found] == ["first_day", "last_day", "no_school", "ignored"]
    assert len(list(found[2].dates())) == 2


def take(*events: str, **more: Any) -> CalendarReport:
    """Import these events as the command does."""
    return import_calendar(SYSTEM, "c.ics", ics(*events, *ENDS), "2026-27", NOW, **more)


def test_what_needs_a_person_is_not_written_until_one_has_decided(session: Any) -> None:
    concert = "SUMMARY:Holiday Concert\nDTSTART;VALUE=DATE:20261210"
    dry = take(concert, "SUMMARY:No School\nDTSTART;VALUE=DATE:20261012", dry_run=True)
    assert (dry.landed, [event.title for event in dry.waiting]) == (False, ["Holiday Concert"])
    assert school_days(None).is_school_day(date(2026, 10, 12))
    written = take(concert, "SUMMARY:No School\nDTSTART;VALUE=DATE:20261012")
    assert written.as_document()["events"] == dry.as_document()["events"]
    assert not school_days(None).is_school_day(date(2026, 10, 12))
    assert school_days(None).is_school_day(date(2026, 12, 10))
    [event] = written.waiting
    assert take(concert, decisions={event.key: (EventKind.NO_SCHOOL, "A Person")}).waiting == []
    assert not school_days(None).is_school_day(date(2026, 12, 10))
    canceled = take(f"{concert}\nSTATUS:CANCELLED", decisions={event.key: (EventKind.NO_SCHOOL, "A Person")})
    assert canceled.events[0].taken_for is EventKind.IGNORED
    assert school_days(None).is_school_day(date(2026, 12, 10))


def test_the_command_shows_the_same_and_says_what_waits(app: Any, session: Any, tmp_path: Path) -> None:
    path = tmp_path / "c.ics"
    concert = "SUMMARY:Holiday Concert\nDTSTART;VALUE=DATE:20261210"

    def command(*options: str, events: tuple[str, ...] = (concert, FRIDAY, *ENDS)) -> Any:
        path.write_bytes(ics(*events))
        return app.test_cli_runner().invoke(
            args=["import", "calendar", str(path), "--school-year", "2026-27", *options]
        )

    dry = command("--dry-run", "--json")
    document = json.loads(dry.stdout)
    assert (dry.exit_code, document["waiting"]) == (0, 1)
    told = [(event["title"], event["taken_for"], event["why"], event["asks"]) for event in document["events"]]
    assert told[:2] == [("Holiday Concert", "ignored", "mentions", True), ("No School", "no_school", "title", False)]
    assert school_days(None).is_school_day(date(2026, 10, 2))
    written = command()
    assert written.exit_code == 3
    assert "Holiday Concert → Needs a person's decision" in written.stdout
    assert "1 events need a person's decision and change nothing" in written.stdout
    assert not school_days(None).is_school_day(date(2026, 10, 2))
    assert command(events=(FRIDAY, *ENDS)).exit_code == 0
    blocked = command("--dry-run", events=(concert, FRIDAY))
    assert (blocked.exit_code, "--first-day" in blocked.stderr, "No School" in blocked.stdout) == (1, True, True)
    assert command(events=(concert, *ENDS[:0])).exit_code == 1


def test_an_ics_in_which_nothing_is_understood_says_what_it_is(session: Any) -> None:
    with pytest.raises(BundleRefused) as refused:
        read_calendar("c.ics", ics("SUMMARY:Picture Day\nDTSTART;VALUE=DATE:20261002"), "2026-27", {})
    assert "This is a calendar file (ICS). Events in 2026-27: 1." in refused.value.problems[-1].message
    assert "Picture Day" in refused.value.problems[-1].message
