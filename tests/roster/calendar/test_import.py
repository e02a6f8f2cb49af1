"""The school calendar from CSV and ICS: what is written, and what is refused."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from wss_cases.access.actor import SYSTEM
from wss_cases.roster.calendar.importing.actions import import_calendar
from wss_cases.roster.directory.models import CalendarDay
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.import_files import BundleRefused, Report

NOW = datetime(2026, 8, 1, 15, tzinfo=UTC)
HEADER = "start_date,end_date,title,kind\n"
YEAR = HEADER + (
    "2026-08-24,2026-08-24,First day,first_day\n2026-09-07,2026-09-07,Labor Day,no_school\n"
    "2026-10-02,2026-10-02,Report cards,half_day\n2027-06-11,2027-06-11,Last day,last_day\n"
)
FIRST_AND_LAST = "2026-08-24,,First day of the fair,\n2027-06-11,,Last day to return books,\n"
ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20260824
SUMMARY:First day of school
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20261221
DTEND;VALUE=DATE:20270102
SUMMARY:Winter break
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTART;VALUE=DATE:20270611
SUMMARY:Last day of school
END:VEVENT
BEGIN:VEVENT
UID:4
DTSTART;VALUE=DATE:20261001
SUMMARY:Picture day
END:VEVENT
END:VCALENDAR
"""


def take(text: str | bytes, year: str = "2026-27", name: str = "calendar.csv", **more: Any) -> Report:
    content = text if isinstance(text, bytes) else text.encode()
    return import_calendar(SYSTEM, name, content, year, NOW, **more)


def test_every_date_of_the_year_is_written_once(session: Any) -> None:
    report = take(YEAR)
    assert (report.files["calendar.csv"].created, report.problems) == (365, [])
    days = school_days(None)
    assert not days.is_school_day(date(2026, 8, 21))
    assert days.is_school_day(date(2026, 8, 24))
    assert not days.is_school_day(date(2026, 9, 7))
    assert days.is_half(date(2026, 10, 2))
    assert not days.is_school_day(date(2027, 6, 14))
    weekdays = 42 * 5 - 1
    assert days.between(date(2026, 8, 1), date(2027, 7, 31)) == weekdays
    again = take(YEAR).files["calendar.csv"]
    assert (again.created, again.updated, again.unchanged) == (0, 0, 365)
    changed = take(YEAR.replace("2026-10-02,2026-10-02", "2026-10-05,2026-10-05")).files["calendar.csv"]
    assert (changed.created, changed.updated) == (0, 2)


def test_an_ics_is_read_by_category_or_title(session: Any) -> None:
    report = take(ICS, name="calendar.ics")
    assert report.problems == []
    assert [(event.title, event.taken_for, event.asks) for event in report.events][3] == (
        "Picture day",
        "ignored",
        False,
    )
    days = school_days(None)
    assert not days.is_school_day(date(2027, 1, 1))
    assert days.is_school_day(date(2027, 1, 4))


@pytest.mark.parametrize("ending", ["csv", "ics"])
def test_the_real_seed_is_read_and_its_doubts_are_said(session: Any, shared_data: Path, ending: str) -> None:
    path = shared_data / "calendar" / f"chicago_school_calendar_seed.{ending}"
    report = take(path.read_bytes(), name=path.name)
    assert report.files[path.name].created == 365
    said = " ".join(problem.message for problem in report.problems)
    assert "Election Day" in said
    assert "INFERRED" in said
    kinds = Counter(session.scalars(select(CalendarDay.kind)))
    assert kinds == {"school": 184, "closed": 181}
    days = school_days(None)
    assert days.is_school_day(date(2026, 11, 3))
    assert days.add(date(2026, 11, 20), 1) == date(2026, 11, 30)
    with pytest.raises(BundleRefused, match="2025-26 has no first_day"):
        take(path.read_bytes(), "2025-26", path.name)
    first, last = date(2025, 8, 18), date(2026, 6, 4)
    report = take(path.read_bytes(), "2025-26", path.name, first=first, last=last)
    assert not school_days(None).is_school_day(date(2026, 3, 25))


@pytest.mark.parametrize(
    ("text", "year", "words"),
    [
        ("name,day\nx,2026-08-24\n", "2026-27", "header must have"),
        ("", "2026-27", "header must have"),
        (YEAR, "2026", "written 2026-27"),
        (YEAR, "2026-28", "written 2026-27"),
        (
            YEAR,
            "2031-32",
            "This is a table (CSV). Events: 4, from 2026-08-24 to 2027-06-11. None of them is in 2031-32",
        ),
        (HEADER + "2026-09-07,,Labor Day,no_school\n", "2026-27", "no first_day"),
        (HEADER, "2026-27", "No event in it can be read"),
        (HEADER + "2026-10-01,,Picture day,\n", "2026-27", "None of them says that there is no school"),
        (HEADER + "2026-10-01,,Holiday Concert,\n" + FIRST_AND_LAST, "2026-27", "needs a person's decision"),
        (b"PK\x03\x04", "2026-27", "file of Excel"),
        ("<!doctype html><p>Sign in", "2026-27", "web page"),
        (b"\xff" + YEAR.encode(), "2026-27", "header must have"),
        (HEADER + '2026-08-24,,"open', "2026-27", "quotation mark"),
        ("BEGIN:VCALENDAR\nnonsense", "2026-27", "not a calendar"),
        (YEAR.replace("2027-06-11", "2026-08-20"), "2026-27", "in this order"),
    ],
)
def test_what_cannot_be_read_is_refused_whole(session: Any, text: str, year: str, words: str) -> None:
    with pytest.raises(BundleRefused) as refused:
        take(text, year)
    assert words in " ".join(problem.message for problem in refused.value.problems)
    assert session.scalars(select(CalendarDay.id)).first() is None


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("2026-02-30,,Odd,no_school", "start_date"),
        (",,Odd,no_school", "start_date"),
        ("2026-10-09,2026-10-01,Odd,no_school", "end_date"),
        ("2026-10-01,2099-10-01,Odd,no_school", "end_date"),
        ("2026-10-01,,Odd,party", "kind"),
        ("2026-10-01,,,no_school", "title"),
        ("2026-10-01,,Odd", None),
    ],
)
def test_a_wrong_row_is_refused_by_column(session: Any, line: str, column: str | None) -> None:
    report = take(YEAR + line + "\n")
    assert [(p.row, p.column) for p in report.problems] == [(6, column)]
    assert (report.files["calendar.csv"].created, report.files["calendar.csv"].refused) == (365, 1)
