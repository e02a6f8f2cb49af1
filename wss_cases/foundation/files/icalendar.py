"""Calendars in the format of RFC 5545: the one place where an event is written. Pure.

Instants are written in UTC, so no calendar needs this system's time zones; days are written as days.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from wss_cases.foundation.operations import deferred

icalendar = deferred("icalendar")
MAKER = "-//Whole School Safety//wss_cases//EN"


@dataclass(frozen=True)
class Entry:
    """One event; a whole day where `starts` is a date. It holds no student's name and no title that a person typed.

    `uid` stays the same for the same thing; of two entries with one uid the higher `sequence` is newer. `changed` is
    when it last changed. `free`: it blocks no time of the day.
    """

    uid: str
    sequence: int
    changed: datetime
    starts: datetime | date
    minutes: int
    summary: str
    address: str = ""
    room: str = ""
    cancelled: bool = False
    free: bool = False


@dataclass(frozen=True)
class Invited:
    """Who invites whom, for a calendar sent by email. It asks for no reply, because no one reads replies."""

    organizer: str
    organizer_name: str
    attendee: str


def calendar_file(
    entries: Iterable[Entry],
    *,
    method: str = "",
    invited: Invited | None = None,
    properties: Mapping[str, Any] | None = None,
) -> bytes:
    """A calendar file with these entries; `method`: PUBLISH, REQUEST or CANCEL, none for a subscription."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", MAKER)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    if method:
        calendar.add("method", method)
    for name, value in (properties or {}).items():
        calendar.add(name, value)
    for entry in entries:
        calendar.add_component(_event(entry, invited))
    body: bytes = calendar.to_ical()
    return body


def _event(entry: Entry, invited: Invited | None) -> Any:
    event = icalendar.Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed)
    event.add("last-modified", entry.changed)
    event.add("dtstart", entry.starts)
    whole_day = not isinstance(entry.starts, datetime)
    event.add("dtend", entry.starts + (timedelta(days=1) if whole_day else timedelta(minutes=entry.minutes)))
    event.add("summary", _plain(entry.summary))
    if entry.room:
        event.add("location", _plain(entry.room))
    if entry.address:
        # not every calendar program shows an event's address, but all show its description
        event.add("description", entry.address)
        event.add("url", entry.address)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.free else "OPAQUE")
    # Outlook reads this one instead
    event.add("x-microsoft-cdo-busystatus", "FREE" if entry.free else "BUSY")
    if invited is not None:
        event.add("organizer", _person(invited.organizer, CN=_plain(invited.organizer_name)))
        attendee = _person(
            invited.attendee, CUTYPE="INDIVIDUAL", ROLE="REQ-PARTICIPANT", PARTSTAT="NEEDS-ACTION", RSVP="FALSE"
        )
        event.add("attendee", attendee)
    return event


def _person(address: str, **parameters: str) -> Any:
    person = icalendar.vCalAddress(f"mailto:{address}")
    for name, value in parameters.items():
        if value:
            person.params[name] = value
    return person


def _plain(text: str) -> str:
    """A text on one line without control characters, which people may type and a calendar may not contain."""
    kept = (" " if unicodedata.category(character) in {"Cc", "Zl", "Zp"} else character for character in text)
    return " ".join("".join(kept).split())


def every(hours: int) -> dict[str, Any]:
    """How often a subscribed calendar should reload, in the two forms that programs know."""
    pause = icalendar.vDuration(timedelta(hours=hours))
    pause.params["VALUE"] = "DURATION"
    return {"refresh-interval": pause, "x-published-ttl": icalendar.vDuration(timedelta(hours=hours))}
