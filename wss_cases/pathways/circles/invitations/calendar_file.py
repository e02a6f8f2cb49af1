"""A meeting as an entry of a calendar: of what kind it is, when, the room, a link. Neither a name nor a case's number.

The case's number stays out as it does of mails: a calendar is shared, synchronised and printed.
"""

from datetime import datetime
from urllib.parse import urlsplit

from wss_cases.foundation.files.icalendar import Entry, calendar_file
from wss_cases.foundation.i18n import gettext as _
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.circle.states import STRUCK_OUT, MeetingKind, meeting_state
from wss_cases.pathways.common.states import Kind


def meeting_words(kind: str, meeting_kind: MeetingKind) -> str:
    """Return what a meeting is called: its circle's kind, and whether it is the one at the end of an agreement."""
    words = str(Kind(kind).label) if kind in set(Kind) else kind
    if meeting_kind is MeetingKind.COMPLETION:
        return _("%(kind)s, agreement completion meeting", kind=words)
    return words


def meeting_uid(meeting_id: int, site: str) -> str:
    """Return what names a meeting in every calendar, however often it moves; `site`: where this system stands."""
    return f"circle-meeting-{meeting_id}@{urlsplit(site).hostname or 'localhost'}"


def meeting_file(meeting: CircleMeeting, kind: str, address: str, site: str, now: datetime) -> bytes:
    """Return a meeting as a file to keep; `kind`: its circle's, `address`: its page."""
    entry = Entry(
        uid=meeting_uid(meeting.id, site),
        sequence=meeting.sequence,
        changed=now,
        starts=meeting.starts_at,
        minutes=meeting.minutes,
        summary=meeting_words(kind, meeting.kind),
        address=address,
        room=meeting.room,
        cancelled=meeting_state(meeting.happened, meeting.not_held_reason) in STRUCK_OUT,
    )
    return calendar_file([entry], method="PUBLISH")
