"""Meetings on a day without school: people find a new day, and are asked to."""

from collections.abc import Sequence
from datetime import date

from wss_cases.followups.making import cancel_row
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.meeting.rules import NEW_DAY
from wss_cases.pathways.common.follow_ups import follow, open_follow_ups
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.calendar.days import note_move
from wss_cases.roster.directory.models import CalendarMove
from wss_cases.roster.directory.rules import MoveWhy

MEETING = CircleMeeting.__tablename__


def ask_for_new_days(uow: UnitOfWork, meetings: Sequence[CircleMeeting], day: date, ask_on: date, label: str) -> int:
    """Ask for a new day for each meeting of a date without school, once; the meeting stays until it is moved."""
    count = 0
    for meeting in meetings:
        if open_follow_ups(uow, meeting.pathway_id, NEW_DAY):
            continue
        row = uow.session.get_one(Pathway, meeting.pathway_id)
        follow(uow, row, NEW_DAY, ask_on)
        note_move(uow, meeting.school_id, day, MoveWhy.NO_SCHOOL, label, (MEETING, meeting.id), ask_on)
        uow.record(meeting, "circle.no_school", day=day.isoformat(), label=label)
        count += 1
    return count


def stop_asking(uow: UnitOfWork, moves: Sequence[CalendarMove]) -> int:
    """There is school after all: cancel what asked for a new day, where nobody has answered it yet."""
    count = 0
    for move in moves:
        meeting = uow.session.get(CircleMeeting, move.subject_id) if move.subject_type == MEETING else None
        if meeting is None:
            continue
        for row in open_follow_ups(uow, meeting.pathway_id, NEW_DAY):
            if row.created_at == move.moved_at and row.due_on == move.moved_to:
                cancel_row(uow, row, _("There is school on that day after all."))
                move.returned_at = uow.now
                count += 1
    return count
