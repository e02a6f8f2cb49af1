"""The events of an ICS file: whole days at the district, repetitions written out, by the library."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.operations.deferred import deferred
from wss_cases.foundation.school_time import local, on_clock, zone_of
from wss_cases.roster.calendar.importing.events import Event, EventKind
from wss_cases.roster.calendar.importing.titles import taken_for
from wss_cases.roster.import_files.report import BundleRefused, Problem, Report, RowRefused
from wss_cases.roster.import_files.values import required

icalendar = deferred("icalendar")
rrule = deferred("dateutil.rrule")
_DAY = timedelta(days=1)
_DATES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_UNTIL = re.compile(";UNTIL=[^;]*|UNTIL=[^;]*;")
_REPEATS = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_READ_BADLY = (ValueError, KeyError, IndexError, TypeError, AttributeError)
"""What the library raises for properties that are not what they should be."""


@dataclass(frozen=True)
class Span:
    """When an event is: as the file writes it, and on which dates of the district."""

    start: date | datetime
    starts_on: date
    ends_on: date
    timed: bool


def events_of_ics(name: str, text: str, year: str, report: Report) -> list[Event]:
    """Return the events of an ICS file, repetitions as far as they lie in a school year; unsound ones are refused in
    the report. Raises BundleRefused for a file that cannot be read."""
    try:
        components = icalendar.Calendar.from_ical(text, multiple=True)
        found = [event for component in components for event in component.walk("VEVENT")]
    except _READ_BADLY as error:
        raise _unreadable(name) from error
    if not components:
        raise _unreadable(name)
    moved: dict[str, set[date]] = defaultdict(set)
    for component in found:
        if "RECURRENCE-ID" in component:
            moved[_uid(component)] |= set(_dates(component.get("RECURRENCE-ID")))
    events = []
    for number, component in enumerate(found, start=1):
        try:
            event = _event(number, component, year, moved)
        except RowRefused as refused:
            report.refuse(name, number, refused)
        else:
            events += [event] if event else []
    return events


def _unreadable(name: str) -> BundleRefused:
    return BundleRefused(Problem(name, None, None, _("This is not a calendar file that can be read.")))


def _uid(component: Any) -> str:
    return str(component.get("UID", ""))


def _event(number: int, component: Any, year: str, moved: Mapping[str, set[date]]) -> Event | None:
    span = _span(component)
    starts = [span.starts_on]
    if "RECURRENCE-ID" not in component and ("RRULE" in component or "RDATE" in component):
        starts = _starts(component, span, year, moved.get(_uid(component), set()))
        if not starts:
            return None
    title = required({"SUMMARY": " ".join("".join(map(str, _all(component.get("SUMMARY"))[:1])).split())}, "SUMMARY")
    given = [str(part) for held in _all(component.get("CATEGORIES")) for part in getattr(held, "cats", [])]
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
    # the end of an event is the moment after it: of whole days, the date after the last one
    last = (until - timedelta(microseconds=1)).date() if until > first else first.date()
    if (last - first.date()).days > 366:
        raise RowRefused("DTEND", _("The event is longer than a year."))
    whole = str(component.get("X-MICROSOFT-CDO-ALLDAYEVENT", "")).upper() == "TRUE"
    whole = whole or (until > first and first.time() == until.time() == time())
    return Span(start, first.date(), last, timed and not whole)


def _wall(value: datetime) -> datetime:
    """Return the time on a clock of the district; one of no zone is taken for that."""
    return local(value, zone_of(None)).replace(tzinfo=None) if value.tzinfo else value


def _starts(component: Any, span: Span, year: str, moved: set[date]) -> list[date]:
    """Return the first date of each repetition in a school year, but for what was taken out or moved elsewhere."""
    begins, over = school_year_bounds(year)
    start = span.start if isinstance(span.start, datetime) else datetime.combine(span.start, time())
    zone, clock = start.tzinfo, start.replace(tzinfo=None)
    try:
        found = {clock, *(_as_clock(value, clock, zone) for value in _values(component.get("RDATE")))}
        for rule in _all(component.get("RRULE")):
            if rule.get("FREQ", [""])[0] not in _REPEATS:
                raise RowRefused("RRULE", _("The event repeats within a day."))
            written = rrule.rrulestr(_UNTIL.sub("", rule.to_ical().decode()), dtstart=clock)
            latest = datetime.combine(over + 2 * _DAY, time())
            ends = [_until(value, zone) for value in rule.get("UNTIL", [])]
            found.update(written.between(clock, min([latest, *ends]), inc=True))
        out = moved | {day for gone in _all(component.get("EXDATE")) for day in _dates(gone)}
    except _READ_BADLY as error:
        raise RowRefused("RRULE", _("How the event repeats cannot be read.")) from error
    days = {_wall(moment.replace(tzinfo=zone)).date() for moment in found}
    return sorted(day for day in days - out if begins <= day <= over)


def _until(value: Any, zone: tzinfo | None) -> datetime:
    """Return the last moment of a repetition on the clock of its event; of whole days, the whole last one counts."""
    if not isinstance(value, datetime) or (zone is None and value.time() == time()):
        return datetime.combine(date(value.year, value.month, value.day), time(23, 59))
    return _as_clock(value, value, zone)


def _as_clock(value: Any, like: datetime, zone: tzinfo | None) -> datetime:
    """Return a date, an instant or the start of a period on the clock of an event."""
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
