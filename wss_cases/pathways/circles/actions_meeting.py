"""After a circle: did it happen, and who came."""

from collections.abc import Collection
from datetime import datetime

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.foundation.clock import local_date
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit import UnitOfWork, unit_of_work
from wss_cases.pathways.circles.actions import load_circle
from wss_cases.pathways.circles.models import CircleAttendance, CircleMeeting
from wss_cases.pathways.circles.queries import circle_of
from wss_cases.pathways.circles.states import NotHeld
from wss_cases.pathways.common.actions_life import audit_only, note_start
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import PathwayState
from wss_cases.roster.models import School

Key = str | None


def answer_meeting(
    actor: Actor, meeting_id: int, *, happened: bool, reason: NotHeld | None, attended: Collection[int],
    version: int | None, now: datetime, request_key: Key = None,
) -> int:  # fmt: skip
    """Say whether a meeting happened: who came, or why not. Returns the pathway's id.

    Raises Refused when it was answered already, has not begun, nobody came, or the reason is missing.
    """
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        meeting = uow.load(CircleMeeting, meeting_id, Permission.CASE_WORK, version)
        row = load_circle(uow, meeting.pathway_id)
        if meeting.happened is not None:
            raise Refused("", _("This meeting was answered already."))
        if happened:
            _hold(uow, row, meeting, attended)
        else:
            if reason is None:
                raise Refused("reason", _("Choose why it did not happen."))
            meeting.happened, meeting.not_held_reason = False, reason.value
            row.next_step_on = None
            audit_only(uow, row)
            uow.record(meeting, "circle.not_held", reason=reason.value)
        uow.answer = row.id
        return row.id


def _hold(uow: UnitOfWork, row: Pathway, meeting: CircleMeeting, attended: Collection[int]) -> None:
    school = uow.session.get(School, row.school_id)
    assert school is not None
    if meeting.starts_at > uow.now:
        raise Refused("happened", _("This meeting has not begun yet."))
    invited = [person.id for person in circle_of(row).invited]
    if not set(attended) & set(invited):
        raise Refused("attended", _("Tick who came."))
    meeting.happened = True
    meeting.attendance = [CircleAttendance(participant_id=i, attended=i in attended) for i in invited]
    row.held_on = local_date(meeting.starts_at, school.time_zone)
    row.next_step_on = None
    came = sum(i in attended for i in invited)
    uow.record(meeting, "circle.held", came=came, invited=len(invited))
    if row.state is PathwayState.PREPARING:
        note_start(uow, row, row.held_on)
    else:
        audit_only(uow, row)
