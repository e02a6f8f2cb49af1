"""A school calendar as a CSV or ICS file, read into events."""

import csv
import io
import re
from datetime import date
from typing import Any

from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.i18n import _
from wss_cases.roster.calendar.importing.events import Event, EventKind
from wss_cases.roster.calendar.importing.ics_file import events_of_ics, taken_for
from wss_cases.roster.import_files.report import BundleRefused, Problem, Report, RowRefused
from wss_cases.roster.import_files.values import day as read_day
from wss_cases.roster.import_files.values import required

LARGEST_FILE = 5 * 1024**2
MOST_EVENTS = 1_500
"""Events of one school year that a person can still read through."""
_COLUMNS = {
    "start_date": ("start_date", "start date", "date", "start"),
    "end_date": ("end_date", "end date", "end"),
    "title": ("title", "subject", "summary", "event"),
    "kind": ("kind",),
    "confidence": ("confidence",),
    "status": ("status",),
    "start_time": ("start_time", "start time"),
    "all_day": ("all_day", "all day event", "all day"),
}
"""The columns read, each with the names that calendar programs give it."""
_NEEDED = ("start_date", "title")
_AMERICAN = re.compile("([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_FOLDED = re.compile(rb"\r?\n[ \t]")
_OTHER_FILES = ((b"PK\x03\x04", "Excel"), (b"\xd0\xcf\x11\xe0", "Excel"), (b"%PDF", "PDF"))


def read_events(name: str, content: bytes, year: str, report: Report) -> list[Event]:
    """The events of a CSV or ICS file in a school year; invalid ones are refused in the report. Raises BundleRefused
    for another kind of file, or one without understood school days of that year."""
    text = _text(name, content, report)
    if text.lstrip().startswith("BEGIN:"):
        what, events = _("This is a calendar file (ICS)."), events_of_ics(name, text, year, report)
    else:
        what, events = _("This is a table (CSV)."), _from_csv(name, text, report)
    first, last = school_year_bounds(year)
    of_year = [event for event in events if any(first <= day <= last for day in event.dates())]
    _refuse_nothing(name, what, events, of_year, year, report)
    return of_year


def _refuse_nothing(name: str, what: str, events: list[Event], of_year: list[Event], year: str, report: Report) -> None:
    """Raise BundleRefused if no event was understood, saying what the file is."""
    if any(event.asks or event.kind is not EventKind.IGNORED for event in of_year):
        if len(of_year) <= MOST_EVENTS:
            return
        words = _(
            "Events in %(year)s: %(number)d. More than %(most)d cannot be reviewed: export only the school days.",
            year=year, number=len(of_year), most=MOST_EVENTS,
        )  # fmt: skip
        raise _refused(name, words)
    if of_year:
        titles = ", ".join(dict.fromkeys(event.title[:60] for event in of_year[:5]))
        words = _(
            "Events in %(year)s: %(number)d. None of them says that there is no school, an early end, or a first or"
            " last day of school. The first ones: %(titles)s.", year=year, number=len(of_year), titles=titles,
        )  # fmt: skip
    elif events:
        days = sorted(event.starts_on for event in events)
        words = _(
            "Events: %(number)d, from %(first)s to %(last)s. None of them is in %(year)s.",
            number=len(events), first=days[0], last=days[-1], year=year,
        )  # fmt: skip
    else:
        words = _("No event in it can be read.")
    raise BundleRefused(*report.problems, Problem(name, None, None, f"{what} {words}"))


def _text(name: str, content: bytes, report: Report) -> str:
    if len(content) > LARGEST_FILE:
        raise _refused(name, _("The file is larger than a calendar can be."))
    for mark, program in _OTHER_FILES:
        if content.startswith(mark):
            words = _("This is a file of %(program)s. Save the calendar as CSV, or export it as ICS.", program=program)
            raise _refused(name, words)
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not wide and content.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"BEGIN:"):
        # ICS may fold a line in the middle of a multi-byte letter.
        content = _FOLDED.sub(b"", content)
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
        report.note(name, 1, "encoding", _("The file is not UTF-8. It was read as Windows-1252: check the accents."))
    if "\x00" in text:
        raise _refused(name, _("The file holds a character that cannot be stored."))
    if text.lstrip().startswith("<"):
        raise _refused(name, _("This is a web page, not a calendar. Export the calendar as ICS or CSV."))
    return text


def _refused(file: str, message: str, row: int | None = None, column: str | None = None) -> BundleRefused:
    return BundleRefused(Problem(file, row, column, message))


def _from_csv(name: str, text: str, report: Report) -> list[Event]:
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        read = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
        header, *records = list(read) or [[]]
    except csv.Error as error:
        raise _refused(name, _("A quotation mark is never closed, or is in the wrong place.")) from error
    columns = _columns(name, header)
    events = []
    for number, record in enumerate(records, start=2):
        if not any(cell.strip() for cell in record):
            continue
        try:
            if len(record) != len(header):
                wrong = _("The row has %(found)d cells, the header %(wanted)d.", found=len(record), wanted=len(header))
                raise RowRefused(None, wrong)
            events.append(_event(number, {column: record[place].strip() for column, place in columns.items()}))
        except RowRefused as refused:
            report.refuse(name, number, refused)
    return events


def _columns(name: str, header: list[str]) -> dict[str, int]:
    """The position of each column. Raises BundleRefused for a required one that is missing or repeated."""
    cells = [cell.strip().casefold() for cell in header]
    places = {column: [cells.index(cell) for cell in names if cell in cells] for column, names in _COLUMNS.items()}
    for column in _NEEDED:
        if not places[column] or cells.count(cells[places[column][0]]) != 1:
            words = _(
                "The header must have these columns once: start_date, title, and where there are any end_date and kind."
                " It is: %(header)s", header=", ".join(header)[:200],
            )  # fmt: skip
            raise _refused(name, words, 1, column)
    return {column: positions[0] for column, positions in places.items() if positions}


def _event(number: int, row: dict[str, str]) -> Event:
    required(row, "start_date")
    starts = _date(row, "start_date")
    ends = _date(row, "end_date") or starts
    assert starts is not None and ends is not None
    if ends < starts:
        raise RowRefused("end_date", _("The end lies before the start."))
    if (ends - starts).days > 366:
        raise RowRefused("end_date", _("The event is longer than a year."))
    stated, title = row.get("kind", ""), required(row, "title")
    if stated and stated not in tuple(EventKind):
        raise RowRefused("kind", _("The kind must be one of: %(kinds)s.", kinds=", ".join(EventKind)))
    kind, why, asks = taken_for(
        title,
        EventKind(stated) if stated else None,
        canceled=row.get("status", "").casefold() in ("cancelled", "canceled"),
        timed=bool(row.get("start_time")) and row.get("all_day", "").casefold() not in ("true", "yes", "1"),
    )
    return Event(number, starts, ends, title, kind, row.get("confidence", ""), why, asks)


def _date(row: dict[str, str], column: str) -> date | None:
    match: Any = _AMERICAN.fullmatch(row.get(column, ""))
    if not match:
        return read_day(row, column)
    try:
        return date(int(match[3]), int(match[1]), int(match[2]))
    except ValueError as error:
        raise RowRefused(column, _("The date must be written as 2026-08-24 and exist.")) from error
