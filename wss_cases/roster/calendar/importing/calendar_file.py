"""A school calendar as a CSV or ICS file, read into events. Only a title that says nothing else closes a day. Pure."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.i18n import _
from wss_cases.foundation.operations import deferred
from wss_cases.foundation.school_time import local, on_clock, zone_of
from wss_cases.roster.calendar.importing.models import Event, EventKind, Why
from wss_cases.roster.import_files import BundleRefused, Problem, Report, RowRefused, required
from wss_cases.roster.import_files import day as read_day

_CLOSED = (
    r"no school", r"no classes", r"no class", r"no students?", r"no student attendance",
    r"student non ?attendance(?: days?)?",
    r"non ?attendance days?", r"(?:all |public )*schools? (?:is |are )?closed", r"district closed",
    r"students? do not attend",
    r"(?:winter|spring|fall|autumn|thanksgiving|christmas|easter|holiday|summer|mid ?winter|february)"
    r" (?:break|recess|vacation)",
)  # fmt: skip
_EARLY = (r"early (?:dismissal|release)(?: days?)?", r"half days?(?: of school)?", r"minimum day")
_FIRST = (
    r"(?:students? )?first day (?:of|for) (?:school|classes|students|all students|the school year|student attendance)",
    r"school (?:year )?(?:begins|starts)",
)
_LAST = (
    r"(?:students? )?last day (?:of|for) (?:school|classes|students|all students|the school year|student attendance)",
    r"school (?:year )?ends",
)
_HOLIDAYS = (
    r"labor day", r"thanksgiving(?: day| week| holiday)?", r"veterans day", r"columbus day", r"indigenous peoples? day",
    r"native americans? day", r"presidents? day", r"washingtons birthday", r"lincolns birthday", r"juneteenth",
    r"(?:dr )?martin luther king(?: jr)?(?: s)?(?: birthday| day| holiday)*", r"mlk(?: jr)?(?: day)?", r"memorial day",
    r"independence day", r"(?:fourth|4th) of july", r"new years?(?: day| eve)?", r"christmas(?: day| eve)?",
    r"good friday", r"easter(?: monday)?", r"(?:general )?election day", r"(?:casimir )?pulaski day", r"yom kippur",
    r"rosh hashanah", r"eid(?: al)?(?: fitr| adha)?", r"diwali", r"lunar new year", r"cesar chavez day",
)  # fmt: skip
_BESIDE = (
    r"(?:(?:teachers?|staff|school|district) )?(?:institute|in ?service|professional (?:development|learning)|pd"
    r"|work|planning|improvement|records?|grading) days?", r"(?:teacher|staff) (?:workdays?|institute|in ?service|pd)",
    r"professional (?:development|learning)", r"parent(?: and)? teacher conferences?(?: day)?",
    r"report card pick ?up(?: day)?", r"snow day", r"(?:legal |federal |state |school )?holiday", r"observed", r"and",
    r"(?:for )?all (?:students|schools|grades)", r"for students", r"district ?wide", r"(?:grades )?(?:k|pk|pre k) 12",
    r"(?:schools and |all |district )?offices closed", r"week", r"20\d\d(?: (?:20)?\d\d)?",
    r"(?:one|two|three|[123]) weeks?", *_HOLIDAYS,
)  # fmt: skip
_SPOKEN = re.compile(
    r"\b(no school|no class(es)?|no students?|non ?attendance|holidays?|break|recess|vacation|clos(ed|es|ing|ure)"
    r"|days? off|first day|last day|half days?|early (dismissal|release|out)|dismiss\w*|release day|late start"
    r"|delayed start|institute|in ?service|professional development|snow day|school (year )?(begins|starts|ends))\b"
)
_PART = re.compile(
    r"\b(grades?|pre ?k\w*|kindergarten|elementary|middle|high|freshm[ae]n|sophomores?|juniors?|seniors?|only|except"
    r"|some|[ap] ?m|noon|morning|afternoon|campus|\d+(st|nd|rd|th))\b"
)


def _all_of(*groups: tuple[str, ...]) -> re.Pattern[str]:
    """A title that consists only of these phrases."""
    one = "|".join(phrase for group in groups for phrase in group)
    return re.compile(rf"(?:(?:{one})(?: |$))+")


_KINDS = (
    (EventKind.FIRST_DAY, _FIRST, (*_EARLY, *_BESIDE)),
    (EventKind.LAST_DAY, _LAST, (*_EARLY, *_BESIDE)),
    (EventKind.NO_SCHOOL, _CLOSED, _BESIDE),
    (EventKind.HALF_DAY, _EARLY, (*_BESIDE, r"(?:at )?\d{1,2}(?: \d\d)? ?[ap] ?m")),
)
_WHOLE = [(kind, re.compile(rf"\b(?:{'|'.join(says)})\b"), _all_of(says, beside)) for kind, says, beside in _KINDS]
_ONLY_HOLIDAY = _all_of(_HOLIDAYS, _BESIDE)
_HOLIDAY = re.compile(rf"\b(?:{'|'.join(_HOLIDAYS)})\b")


@lru_cache(maxsize=2_000)
def said_by_title(title: str) -> tuple[EventKind, Why, bool]:
    """What a title means for whole days, why, and whether a person must decide. "No School – Labor Day" closes; for
    "No School Dance", "Holiday Concert" and "Labor Day" a person is asked."""
    words = " ".join(re.sub(r"[^\w]+", " ", re.sub(r"['’`.]", "", title.casefold()).replace("&", " and ")).split())
    for kind, says, whole in _WHOLE:
        if says.search(words) and whole.fullmatch(words):
            return kind, Why.TITLE, False
    if _HOLIDAY.search(words) and _ONLY_HOLIDAY.fullmatch(words):
        return EventKind.IGNORED, Why.HOLIDAY, True
    if _SPOKEN.search(words):
        return EventKind.IGNORED, Why.PART if _PART.search(words) else Why.MENTIONS, True
    return EventKind.IGNORED, Why.NOTHING, False


def taken_for(title: str, own: EventKind | None, *, canceled: bool, timed: bool) -> tuple[EventKind, Why, bool]:
    """The meaning of an event, why, and whether a person must decide; `own`: what its column says."""
    if canceled:
        return EventKind.IGNORED, Why.CANCELED, False
    if own is EventKind.STATE_HOLIDAY_CHECK:
        return own, Why.CHECK, False
    kind, why, asks = (own, Why.COLUMN, False) if own else said_by_title(title)
    if timed and (asks or kind is not EventKind.IGNORED):
        return EventKind.IGNORED, Why.TIMED, True
    return kind, why, asks


icalendar = deferred("icalendar")
rrule = deferred("dateutil.rrule")
_DAY = timedelta(days=1)
_DATES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_UNTIL = re.compile(";UNTIL=[^;]*|UNTIL=[^;]*;")
_REPEATS = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_READ_BADLY = (ValueError, KeyError, IndexError, TypeError, AttributeError)
"""Errors of the library for malformed properties."""


@dataclass(frozen=True)
class Span:
    """When an event is: as written in the file, and its dates in the district."""

    start: date | datetime
    starts_on: date
    ends_on: date
    timed: bool


def events_of_ics(name: str, text: str, year: str, report: Report) -> list[Event]:
    """The events of an ICS file, with repetitions in the school year; invalid ones are refused in the report. Raises
    BundleRefused for a file that cannot be read."""
    try:
        components = icalendar.Calendar.from_ical(text, multiple=True)
        walked = [event for component in components for event in component.walk("VEVENT")]
    except _READ_BADLY as error:
        raise _unreadable(name) from error
    if not components:
        raise _unreadable(name)
    moved: dict[str, set[date]] = defaultdict(set)
    for component in walked:
        if "RECURRENCE-ID" in component:
            moved[_uid(component)] |= set(_dates(component.get("RECURRENCE-ID")))
    events = []
    for number, component in enumerate(walked, start=1):
        try:
            event = _ics_event(number, component, year, moved)
        except RowRefused as refused:
            report.refuse(name, number, refused)
        else:
            events += [event] if event else []
    return events


def _unreadable(name: str) -> BundleRefused:
    return BundleRefused(Problem(name, None, None, _("This is not a calendar file that can be read.")))


def _uid(component: Any) -> str:
    return str(component.get("UID", ""))


def _ics_event(number: int, component: Any, year: str, moved: Mapping[str, set[date]]) -> Event | None:
    span = _span(component)
    starts = [span.starts_on]
    if "RECURRENCE-ID" not in component and ("RRULE" in component or "RDATE" in component):
        starts = _starts(component, span, year, moved.get(_uid(component), set()))
        if not starts:
            return None
    title = required({"SUMMARY": " ".join("".join(map(str, _all(component.get("SUMMARY"))[:1])).split())}, "SUMMARY")
    given = [str(part) for category in _all(component.get("CATEGORIES")) for part in getattr(category, "cats", [])]
    own = next((EventKind(part) for part in given if part in tuple(EventKind)), None)
    canceled = str(component.get("STATUS", "")).upper() == "CANCELLED"
    kind, why, asks = taken_for(title, own, canceled=canceled, timed=span.timed)
    confidence = str(component.get("DESCRIPTION", "")).partition(";")[2].strip() if own else ""
    ends = starts[0] + (span.ends_on - span.starts_on)
    return Event(number, starts[0], ends, title, kind, confidence, why, asks, tuple(starts[1:]))


def _span(component: Any) -> Span:
    for broken, _error in component.errors:
        if broken in _DATES:
            raise RowRefused(broken, _("The date cannot be read."))
    if "DTSTART" not in component:
        raise RowRefused("DTSTART", _("The event has no date."))
    try:
        start, end = component.start, component.end
    except _READ_BADLY as error:
        raise RowRefused("DTSTART", _("The date cannot be read.")) from error
    timed = isinstance(start, datetime)
    if timed != isinstance(end, datetime):
        end = start
    first, until = (_wall(value) if timed else datetime.combine(value, time()) for value in (start, end))
    # The end is exclusive: for whole days it is the date after the last one.
    last = (until - timedelta(microseconds=1)).date() if until > first else first.date()
    if (last - first.date()).days > 366:
        raise RowRefused("DTEND", _("The event is longer than a year."))
    whole = str(component.get("X-MICROSOFT-CDO-ALLDAYEVENT", "")).upper() == "TRUE"
    whole = whole or (until > first and first.time() == until.time() == time())
    return Span(start, first.date(), last, timed and not whole)


def _wall(value: datetime) -> datetime:
    """The district's local time; a time without zone is taken as that."""
    return local(value, zone_of(None)).replace(tzinfo=None) if value.tzinfo else value


def _starts(component: Any, span: Span, year: str, moved: set[date]) -> list[date]:
    """The first date of each repetition in a school year, except those removed or moved."""
    begins, over = school_year_bounds(year)
    start = span.start if isinstance(span.start, datetime) else datetime.combine(span.start, time())
    zone, clock = start.tzinfo, start.replace(tzinfo=None)
    try:
        starts = {clock, *(_as_clock(value, clock, zone) for value in _values(component.get("RDATE")))}
        for rule in _all(component.get("RRULE")):
            if rule.get("FREQ", [""])[0] not in _REPEATS:
                raise RowRefused("RRULE", _("The event repeats within a day."))
            written = rrule.rrulestr(_UNTIL.sub("", rule.to_ical().decode()), dtstart=clock)
            latest = datetime.combine(over + 2 * _DAY, time())
            ends = [_until(value, zone) for value in rule.get("UNTIL", [])]
            starts.update(written.between(clock, min([latest, *ends]), inc=True))
        out = moved | {day for gone in _all(component.get("EXDATE")) for day in _dates(gone)}
    except _READ_BADLY as error:
        raise RowRefused("RRULE", _("How the event repeats cannot be read.")) from error
    days = {_wall(moment.replace(tzinfo=zone)).date() for moment in starts}
    return sorted(day for day in days - out if begins <= day <= over)


def _until(value: Any, zone: tzinfo | None) -> datetime:
    """The last moment of a repetition by its event's clock; for whole days the end of the last one."""
    if not isinstance(value, datetime) or (zone is None and value.time() == time()):
        return datetime.combine(date(value.year, value.month, value.day), time(23, 59))
    return _as_clock(value, value, zone)


def _as_clock(value: Any, like: datetime, zone: tzinfo | None) -> datetime:
    """A date, instant or start of a period by an event's clock."""
    moment = value[0] if isinstance(value, tuple) else value
    if not isinstance(moment, datetime):
        return datetime.combine(moment, like.time())
    if moment.tzinfo is None:
        return moment
    return on_clock(moment, zone) if zone else _wall(moment)


def _all(held: Any) -> list[Any]:
    return held if isinstance(held, list) else [held] if held is not None else []


def _values(held: Any) -> Iterable[Any]:
    for one in _all(held):
        for each in getattr(one, "dts", None) or [one]:
            yield each.dt


def _dates(held: Any) -> Iterable[date]:
    for value in _values(held):
        moment = value[0] if isinstance(value, tuple) else value
        yield _wall(moment).date() if isinstance(moment, datetime) else moment


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
