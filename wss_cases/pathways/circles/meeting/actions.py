"""The result of a meeting: whether it took place, who came, and the follow-ups when it did not."""

from dataclasses import replace

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import local_date, zone_of
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.circles.circle.models import (
    MEETING_TRANSITIONS,
    CircleAttendance,
    CircleMeeting,
    ConsentState,
    MeetingKind,
    MeetingState,
    NotHeld,
    Presence,
    consent_state,
    meeting_state,
)
from wss_cases.pathways.circles.consent import invite, load_circle, not_held
from wss_cases.pathways.circles.meeting.queries import Attendance, Guest, attendance_problem, everyone, helpers_at
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of
from wss_cases.pathways.circles.terms import COMPLETION
from wss_cases.pathways.common.actions import audit_only, close_open, follow_event, note_start
from wss_cases.pathways.common.models import Pathway, PathwayState

CAME_TOGETHER = frozenset({MeetingState.HELD, MeetingState.NO_SHOW, MeetingState.WALKED_OUT})
"""Results for which attendance is recorded."""

EVENTS = {
    MeetingState.HELD: "meeting_held",
    MeetingState.POSTPONED: "meeting_postponed",
    MeetingState.NO_SHOW: "meeting_no_show",
    MeetingState.WALKED_OUT: "meeting_walked_out",
}
"""The event that makes a follow-up, by result."""


@use_case
def answer_meeting(
    uow: UnitOfWork, meeting_id: int, state: MeetingState, attendance: Attendance | None, guest: Guest | None = None
) -> int:
    """Record the result of a planned meeting, and who came (None: everyone invited). Returns the pathway's id.

    `guest`: someone who came without an invitation. A party who left a meeting that ended there is asked again. Raises
    Refused when the meeting was answered already, has not begun, or the attendance does not fit.
    """
    meeting, row = _load(uow, meeting_id, uow.version)
    settle(uow, row, meeting, state, attendance, guest)
    return row.id


def settle(
    uow: UnitOfWork, row: Pathway, meeting: CircleMeeting, state: MeetingState, attendance: Attendance | None,
    guest: Guest | None,
) -> None:  # fmt: skip
    """Do the work of `answer_meeting` in the caller's unit of work. The caller has locked both records and checked
    rights.
    """
    if state not in MEETING_TRANSITIONS[meeting_state(meeting.happened, meeting.not_held_reason)]:
        raise Refused("", _("This meeting was already answered."))
    circle = circle_of(row)
    attendance = everyone(circle, helpers_at(row, meeting)) if attendance is None else attendance
    if guest is not None and state in CAME_TOGETHER:
        if guest.beside not in circle.names:
            raise Refused("guest_beside", _("Choose who they came with."))
        came = invite(uow, row, circle, guest.beside, guest.name, guest.relation, "guest")
        uow.session.flush()
        circle.supporters.append(came)
        attendance = replace(attendance, supporters={**attendance.supporters, came.id: Presence.CAME})
    note_answer(uow, row, circle, meeting, state, attendance)


def note_answer(
    uow: UnitOfWork, row: Pathway, circle: Circle, meeting: CircleMeeting, state: MeetingState, attendance: Attendance
) -> None:
    """Record the result and the attendance of a meeting; see `answer_meeting`."""
    if state in CAME_TOGETHER:
        _note_attendance(uow, row, meeting, circle, state, attendance)
    if state is MeetingState.HELD:
        _hold(uow, row, meeting)
    else:
        not_held(uow, meeting, NotHeld(state.value))
        row.next_step_on = None
        audit_only(uow, row)
    if state is MeetingState.WALKED_OUT:
        _ask_again(uow, circle, attendance)
    _follow_up(uow, row, meeting, state)


def _load(uow: UnitOfWork, meeting_id: int, version: int | None) -> tuple[CircleMeeting, Pathway]:
    known = existing(uow.session.get(CircleMeeting, meeting_id))
    # the pathway is locked first, as in every use case of circles
    row = load_circle(uow, known.pathway_id)
    return uow.load(CircleMeeting, meeting_id, Permission.CASE_WORK, version), row


def _note_attendance(
    uow: UnitOfWork, row: Pathway, meeting: CircleMeeting, circle: Circle, state: MeetingState, attendance: Attendance
) -> None:
    if meeting.starts_at > uow.now:
        raise Refused("", _("This meeting has not started yet."))
    supporters = [supporter.id for supporter in circle.supporters if supporter.ended_at is None]
    helpers = helpers_at(row, meeting)
    problem = attendance_problem(state, circle.invited, supporters, list(circle.keeper_names), attendance, helpers)
    if problem is not None:
        raise Refused("", str(problem))
    lines = (
        ("participant_id", attendance.parties),
        ("supporter_id", attendance.supporters),
        ("keeper_user_id", attendance.keepers),
        ("outside_keeper_id", attendance.helpers),
    )
    meeting.attendance = [
        CircleAttendance(
            attended=presence is not Presence.ABSENT, left_early=presence is Presence.LEFT_EARLY, **{column: person_id}
        )
        for column, presences in lines
        for person_id, presence in presences.items()
    ]


def _hold(uow: UnitOfWork, row: Pathway, meeting: CircleMeeting) -> None:
    zone = zone_of(row.school_id)
    meeting.happened = True
    if meeting.kind is MeetingKind.CIRCLE:
        row.held_on = local_date(meeting.starts_at, zone)
    else:
        close_open(uow, row.id, COMPLETION, "held", on=local_date(meeting.starts_at, zone))
    row.next_step_on = None
    parties = [line for line in meeting.attendance if line.participant_id is not None]
    uow.record(meeting, "circle.held", came=sum(line.attended for line in parties), invited=len(parties))
    if row.state is PathwayState.PREPARING:
        note_start(uow, row, local_date(meeting.starts_at, zone))
    else:
        audit_only(uow, row)


def _ask_again(uow: UnitOfWork, circle: Circle, attendance: Attendance) -> None:
    for person_id in attendance.left:
        consent, prepared = circle.consents.get(person_id), circle.preparations.get(person_id)
        if consent is not None and consent_state(consent.consented, consent.not_now) is ConsentState.YES:
            consent.replaced_at = uow.now
            uow.record(consent, "circle.consent_reopened")
        if prepared is not None and prepared.is_ready is not None:
            prepared.is_ready = prepared.ready_on = None
            uow.audit("circle.consent_reopened", "circle_preparation", prepared.id, {"is_ready": [True, None]})


def _follow_up(uow: UnitOfWork, row: Pathway, meeting: CircleMeeting, state: MeetingState) -> None:
    event = EVENTS.get(state)
    if event is None or (state is MeetingState.HELD and meeting.kind is not MeetingKind.CIRCLE):
        return
    follow_event(uow, row, event)
