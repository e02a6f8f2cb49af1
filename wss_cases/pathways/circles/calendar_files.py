"""A planned meeting as a calendar file: the number of its case, a room, a link, and nobody's name. Pure."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Calendar, Event

from wss_cases.foundation.i18n import gettext as _
from wss_cases.pathways.circles.models import CircleMeeting
from wss_cases.pathways.circles.states import MeetingState, meeting_state

CANCELLED = frozenset({MeetingState.POSTPONED, MeetingState.CALLED_OFF})
"""States in which a calendar strikes the meeting out."""


def meeting_file(meeting: CircleMeeting, reference: str, address: str, site: str, now: datetime) -> bytes:
    """Return the meeting in the format of RFC 5545; `address`: its page, `site`: where this system stands.

    The same meeting keeps its UID when it moves; SEQUENCE tells calendars which file is the newer one.
    """
    host = urlsplit(site).hostname or "localhost"
    calendar = Calendar()
    calendar.add("prodid", "-//Whole School Safety//Circles//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    event = Event()
    event.add("uid", f"circle-meeting-{meeting.id}@{host}")
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", meeting.starts_at)
    event.add("dtend", meeting.starts_at + timedelta(minutes=meeting.minutes))
    event.add("summary", _("Circle · %(reference)s", reference=reference))
    event.add("location", meeting.room)
    event.add("url", address)
    state = meeting_state(meeting.happened, meeting.not_held_reason)
    event.add("status", "CANCELLED" if state in CANCELLED else "CONFIRMED")
    calendar.add_component(event)
    body: bytes = calendar.to_ical()
    return body
