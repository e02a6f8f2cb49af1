"""A small calendar that takes invitations by mail as RFC 5546 and RFC 6047 say; it reads them with vobject."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any

import vobject

from tests.support.servers.mail import Mail


@dataclass(frozen=True)
class Kept:
    """One event as the calendar has it."""

    sequence: int
    stamp: datetime
    starts: datetime
    ends: datetime
    room: str
    summary: str
    cancelled: bool


class ReceivingCalendar:
    """The calendar of one person: `events` by UID."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.events: dict[str, Kept] = {}

    def take(self, mail: Mail) -> bool:
        """Apply one mail; False where it is older than what the calendar has. AssertionError for a faulty one."""
        method, event = self._read(mail)
        new = Kept(
            sequence=int(event.sequence.value),
            stamp=event.dtstamp.value,
            starts=event.dtstart.value,
            ends=event.dtend.value,
            room=event.location.value if hasattr(event, "location") else "",
            summary=event.summary.value,
            cancelled=method == "CANCEL",
        )
        assert new.starts.tzinfo is not None and new.ends > new.starts
        assert event.status.value == ("CANCELLED" if new.cancelled else "CONFIRMED")
        known = self.events.get(event.uid.value)
        # section 2.1.5: the higher sequence wins, of two alike the later stamp
        if known is not None and (new.sequence, new.stamp) <= (known.sequence, known.stamp):
            return False
        self.events[event.uid.value] = new
        return True

    def standing(self) -> list[Kept]:
        """The events that its owner sees, the earliest first."""
        return sorted((kept for kept in self.events.values() if not kept.cancelled), key=lambda kept: kept.starts)

    def _read(self, mail: Mail) -> tuple[str, Any]:
        assert mail.message.get_content_type() == "multipart/mixed"
        alternatives, attached = mail.message.iter_parts()
        kinds = [part.get_content_type() for part in alternatives.iter_parts()]
        assert kinds == ["text/plain", "text/html", "text/calendar"]
        part = list(alternatives.iter_parts())[-1]
        body = part.get_payload(decode=True)
        assert isinstance(body, bytes)
        assert attached.get_filename() == "invite.ics" and attached.get_payload(decode=True) == body
        assert part.get_content_charset() == "utf-8" and part["Content-Transfer-Encoding"] == "base64"
        assert all(len(line) <= 75 for line in body.split(b"\r\n")) and b"\n" not in body.replace(b"\r\n", b"")
        calendar = vobject.readOne(body.decode("utf-8"))
        calendar.validate(raiseException=True)
        assert calendar.method.value == part.get_param("method")
        (event,) = calendar.vevent_list
        assert event.organizer.value == f"mailto:{parseaddr(str(mail.message['From']))[1]}"
        (attendee,) = event.attendee_list
        assert attendee.value == f"mailto:{self.owner}" and mail.recipients == (self.owner,)
        assert attendee.params["RSVP"] == ["FALSE"]
        return calendar.method.value, event
