"""A school calendar as a CSV or ICS file: read into events, and events into what each date of a year is."""

import csv
import enum
import io
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from icalendar import Calendar

from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.i18n import gettext as _
from wss_cases.roster.directory.states import DayKind
from wss_cases.roster.import_files.report import BundleRefused, Problem, Report, RowRefused
from wss_cases.roster.import_files.values import day as read_day
from wss_cases.roster.import_files.values import required

COLUMNS = ("start_date", "end_date", "title", "kind")
LARGEST_FILE = 5 * 1024**2


class EventKind(enum.StrEnum):
    """What an event says about its dates."""

    NO_SCHOOL = "no_school"
    HALF_DAY = "half_day"
    SCHOOL_DAY = "school_day"
    STATE_HOLIDAY_CHECK = "state_holiday_check"
    FIRST_DAY = "first_day"
    LAST_DAY = "last_day"


@dataclass(frozen=True)
class Event:
    """One event, last date included; `row` counts the header as 1, in an ICS the events from 1."""

    row: int
    starts_on: date
    ends_on: date
    title: str
    kind: EventKind
    confidence: str = ""


def read_events(name: str, content: bytes, report: Report) -> list[Event]:
    """Return the events of a CSV or ICS file; unsound ones are refused in the report. Raises BundleRefused for a file
    that is neither, or whose layout is not known."""
    if len(content) > LARGEST_FILE:
        raise _refused(name, _("The file is larger than a calendar can be."))
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _refused(name, _("The file is written in UTF-16. Save it as UTF-8."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(name, _("The file is not UTF-8 text.")) from error
    if "\x00" in text:
        raise _refused(name, _("The file holds a character that cannot be stored."))
    return _from_ics(name, text, report) if text.lstrip().startswith("BEGIN:") else _from_csv(name, text, report)


def _refused(file: str, message: str, row: int | None = None, column: str | None = None) -> BundleRefused:
    return BundleRefused(Problem(file, row, column, message))


def _from_csv(name: str, text: str, report: Report) -> list[Event]:
    try:
        header, *records = list(csv.reader(io.StringIO(text, newline=""), strict=True)) or [[]]
    except csv.Error as error:
        raise _refused(name, _("A quotation mark is never closed, or stands in the wrong place.")) from error
    columns = [cell.strip() for cell in header]
    for column in COLUMNS:
        if columns.count(column) != 1:
            words = _("The header must have this column once: start_date, end_date, title, kind.")
            raise _refused(name, words, 1, column)
    events = []
    for number, record in enumerate(records, start=2):
        if not record:
            continue
        try:
            if len(record) != len(columns):
                wrong = _("The row has %(found)d cells, the header %(wanted)d.", found=len(record), wanted=len(columns))
                raise RowRefused(None, wrong)
            events.append(_event(number, dict(zip(columns, map(str.strip, record), strict=True))))
        except RowRefused as refused:
            report.refuse(name, number, refused)
    return events


def _event(number: int, row: dict[str, str]) -> Event:
    required(row, "start_date")
    starts = read_day(row, "start_date")
    ends = read_day(row, "end_date") or starts
    assert starts is not None and ends is not None
    if ends < starts:
        raise RowRefused("end_date", _("The end lies before the start."))
    if (ends - starts).days > 366:
        raise RowRefused("end_date", _("The event is longer than a year."))
    kind = required(row, "kind", 40)
    if kind not in tuple(EventKind):
        raise RowRefused("kind", _("The kind must be one of: %(kinds)s.", kinds=", ".join(EventKind)))
    return Event(number, starts, ends, required(row, "title"), EventKind(kind), row.get("confidence", ""))


def _from_ics(name: str, text: str, report: Report) -> list[Event]:
    try:
        components = Calendar.from_ical(text).walk("VEVENT")
    except (ValueError, KeyError, IndexError) as error:
        raise _refused(name, _("This is not a calendar file that can be read.")) from error
    events = []
    for number, component in enumerate(components, start=1):
        try:
            events.append(_ics_event(number, component))
        except RowRefused as refused:
            report.refuse(name, number, refused)
    return events


def _ics_event(number: int, component: Any) -> Event:
    if "RRULE" in component:
        raise RowRefused("RRULE", _("Repeating events are not read; list each date."))
    starts = _ics_date(component, "DTSTART")
    if starts is None:
        raise RowRefused("DTSTART", _("The event has no date."))
    until = _ics_date(component, "DTEND")
    # the end of an all-day event is the date after its last one
    ends = until - timedelta(days=1) if until and until > starts else starts
    title = " ".join(str(component.get("SUMMARY", "")).split())
    categories = component.get("CATEGORIES")
    given = map(str, getattr(categories, "cats", []))
    by_title = (kind for pattern, kind in _TITLES if pattern.search(title))
    kind = next((part for part in given if part in tuple(EventKind)), None) or next(by_title, None)
    if kind is None:
        message = _("Neither its category nor its title says what it means for school: %(title)s", title=title[:80])
        raise RowRefused("CATEGORIES", message)
    confidence = str(component.get("DESCRIPTION", "")).partition(";")[2].strip()
    row = {"start_date": starts.isoformat(), "end_date": ends.isoformat(), "title": title, "kind": kind}
    return replace(_event(number, row), confidence=confidence)


def _ics_date(component: Any, name: str) -> date | None:
    try:
        value = component.decoded(name) if name in component else None
    except (ValueError, KeyError) as error:
        raise RowRefused(name, _("The date cannot be read.")) from error
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


_TITLES = (
    (re.compile(r"\bfirst day\b", re.I), EventKind.FIRST_DAY),
    (re.compile(r"\blast day\b", re.I), EventKind.LAST_DAY),
    (re.compile(r"\b(half day|early (dismissal|release))\b", re.I), EventKind.HALF_DAY),
    (re.compile(r"\b(no school|non-?attendance|holiday|break|recess|vacation|closed)\b", re.I), EventKind.NO_SCHOOL),
)


@dataclass(frozen=True)
class DayOf:
    """What one date is, and what is written beside it."""

    kind: DayKind
    label: str


def days_of_year(
    events: list[Event], year: str, first: date | None = None, last: date | None = None
) -> dict[date, DayOf]:
    """Return what each date of a school year is: weekdays between its first and last day, less the closed ones.

    `first` and `last` win over the file's own. Raises RowRefused when one of them is nowhere, or they are crossed.
    """
    start, end = school_year_bounds(year)
    first = first or min(_starts(events, EventKind.FIRST_DAY, start, end), default=None)
    last = last or max(_starts(events, EventKind.LAST_DAY, start, end), default=None)
    if first is None or last is None:
        missing = EventKind.FIRST_DAY if first is None else EventKind.LAST_DAY
        option = "--first-day" if first is None else "--last-day"
        message = _("%(year)s has no %(kind)s. Give it with %(option)s.", year=year, kind=missing, option=option)
        raise RowRefused("kind", message)
    if not start <= first < last <= end:
        raise RowRefused("kind", _("The first and the last day do not lie in %(year)s in this order.", year=year))
    days = {}
    for number in range((end - start).days + 1):
        day = start + timedelta(days=number)
        open_day = first <= day <= last and day.weekday() < 5
        days[day] = DayOf(DayKind.SCHOOL if open_day else DayKind.CLOSED, "")
    for kind, shown in _MEANINGS:
        for event in (event for event in events if event.kind is kind):
            for day in _dates(event):
                if day in days and (shown is None or first <= day <= last):
                    days[day] = DayOf(shown or days[day].kind, event.title)
    return days


_MEANINGS: tuple[tuple[EventKind, DayKind | None], ...] = (
    (EventKind.STATE_HOLIDAY_CHECK, None),
    (EventKind.FIRST_DAY, None),
    (EventKind.LAST_DAY, None),
    (EventKind.HALF_DAY, DayKind.HALF),
    (EventKind.SCHOOL_DAY, DayKind.SCHOOL),
    (EventKind.NO_SCHOOL, DayKind.CLOSED),
)
"""Later lines win; None leaves the kind as it is and only names the date."""


def _starts(events: list[Event], kind: EventKind, start: date, end: date) -> list[date]:
    return [event.starts_on for event in events if event.kind is kind and start <= event.starts_on <= end]


def _dates(event: Event) -> list[date]:
    span = (event.ends_on - event.starts_on).days + 1
    return [event.starts_on + timedelta(days=number) for number in range(span)]
