"""The mail that puts a meeting into a colleague's calendar, changes it there, or strikes it out. It names nobody."""

from email.utils import parseaddr
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.clock import now
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.db import db
from wss_cases.foundation.files.icalendar import Entry, Invited, calendar_file
from wss_cases.foundation.plain_templates import link
from wss_cases.foundation.school_time import zone_of
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.message_kinds import CalendarPart, MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.pathways.circles.circle.models import CircleMeeting, MeetingInvitation
from wss_cases.pathways.circles.invitations.calendar_file import meeting_uid, meeting_words
from wss_cases.pathways.circles.invitations.queries import INVITATION, invitation_key, reaches, staff_of, was_told
from wss_cases.pathways.common.models import Pathway


def _rows(message: OutboxMessage) -> tuple[MeetingInvitation, CircleMeeting]:
    row = db.session.get_one(MeetingInvitation, message.object_id)
    return row, db.session.get_one(CircleMeeting, row.meeting_id)


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    row, meeting = _rows(message)
    if message.dedupe_key != invitation_key(row):
        return False  # something newer was said since, in a message of its own
    if row.withdrawn_at is not None:
        return was_told(row, message)  # else there is nothing to strike out
    belongs = actor.user_id in staff_of(meeting) and reaches(actor, meeting, now())
    return belongs and meeting.happened is None and meeting.starts_at > now()


def _words(row: MeetingInvitation, meeting: CircleMeeting) -> str:
    return meeting_words(db.session.get_one(Pathway, row.pathway_id).kind, meeting.kind)


def _page(row: MeetingInvitation, actor: Actor) -> str:
    sees_case = can(actor, Permission.CASE_READ, row)
    return link(f"/cases/{row.case_id}/pathways/{row.pathway_id}" if sees_case else f"/keeping/{row.pathway_id}")


def _context(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    row, meeting = _rows(message)
    return {
        "what": _words(row, meeting),
        "when": moment_words(row.starts_at, zone_of(row.school_id)),
        "minutes": row.minutes,
        "room": row.room,
        "href": _page(row, actor) if reaches(actor, meeting, now()) else "",
        "state": _state(message, row, meeting),
    }


def _state(message: OutboxMessage, row: MeetingInvitation, meeting: CircleMeeting) -> str:
    if row.withdrawn_at is None:
        return "changed" if was_told(row, message) else "new"
    # where the meeting takes place all the same, it would be wrong to say that it does not
    return "uninvited" if meeting.happened is None else "called_off"


def _calendar(message: OutboxMessage, actor: Actor) -> CalendarPart:
    row, meeting = _rows(message)
    withdrawn = row.withdrawn_at is not None
    method = "CANCEL" if withdrawn else "REQUEST"
    entry = Entry(
        uid=meeting_uid(row.meeting_id, link("/")),
        sequence=row.sequence,
        changed=row.told_at,
        starts=row.starts_at,
        minutes=row.minutes,
        summary=_words(row, meeting),
        address="" if withdrawn else _page(row, actor),
        room=row.room,
        cancelled=withdrawn,
    )
    # the organizer is the sender: calendars take changes from nobody else
    name, address = parseaddr(setting("MAIL_FROM"))
    email = db.session.get_one(UserAccount, row.user_id).email
    return CalendarPart(method, calendar_file([entry], method=method, invited=Invited(address, name, attendee=email)))


MESSAGES = (MessageKind(INVITATION, "circle_invitation", _context, _still_due, calendar=_calendar),)
