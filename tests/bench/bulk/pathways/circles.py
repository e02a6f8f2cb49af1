"""A circle from its offer to its end: what was prepared, the meetings, who came, and what followed."""

from datetime import date, datetime
from typing import Any

from tests.bench.bulk.cases.courses import Course
from tests.bench.bulk.pathways import agreements, circle_start, questions
from tests.bench.bulk.pathways.circle_start import Circle
from tests.bench.bulk.writing.world import later, moment
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.pathways.circles.circle.models import (
    CircleAttendance,
    CircleMeeting,
    MeetingKind,
    MeetingState,
    Presence,
)
from wss_cases.pathways.circles.meeting.queries import Attendance, attendance_problem

ROOMS = ("Room 104", "Library corner", "Circle room", "Counseling office", "Room 212")
NOT_HELD = {MeetingState.POSTPONED: 0.04, MeetingState.NO_SHOW: 0.03}
"""How often a first meeting is not held, and why."""

AFTER = {
    MeetingState.POSTPONED: ("plan_meeting", 2, "planned"),
    MeetingState.NO_SHOW: ("after_no_show", 1, "done"),
    MeetingState.WALKED_OUT: ("after_walk_out", 1, "done"),
}
"""What each way of not meeting is followed by: kind, school days, and how it closes."""

TODAYS_MINUTES = (10 * 60 + 30, 13 * 60 + 15)


def live(circle: Circle, accepted_on: date, started_on: date) -> tuple[datetime, date] | None:
    """Prepare and meet; returns when the circle was held and on which day, None while it was not."""
    course, rng = circle.course, circle.course.scene.rng
    ready_at = circle_start.prepare(circle, accepted_on)
    if ready_at is None or not circle.may_meet():
        return None
    planned_at = min(later(ready_at, 10), course.scene.world.now)
    today = course.scene.world.calendar.due_today
    if course.report.fate == "circle":
        # its keeper finds it in My day and says whether it happened
        _plan(circle, planned_at, moment(today, TODAYS_MINUTES[course.scene.cases % 2]))
        return None
    if course.report.fate == "walked":
        _walk_out(circle, planned_at, course.scene.world.days.add(today, -1))
        return None
    started_on = max(started_on, course.scene.world.days.add(local_date(planned_at, DEFAULT_ZONE), 1))
    for state, chance in NOT_HELD.items():
        if not course.report.fate and rng.random() < chance:
            starts_at = moment(started_on, rng.randrange(10 * 60, 15 * 60, 15))
            meeting = _plan(circle, planned_at, starts_at)
            if starts_at >= course.scene.world.now:
                return None
            planned_at = _not_held(circle, meeting, state)
            started_on = course.scene.world.days.add(started_on, 2)
            if planned_at >= course.scene.world.now:
                return None
            break
    starts_at = moment(started_on, rng.randrange(10 * 60, 15 * 60, 15))
    meeting = _plan(circle, planned_at, starts_at)
    if starts_at >= course.scene.world.now:
        course.row["next_step"], course.row["next_step_on"] = "", started_on
        return None
    _hold(circle, meeting)
    questions.hand_out(circle, meeting, later(starts_at, 90))
    return starts_at, started_on


def complete(circle: Circle, day: date) -> None:
    """Hold the meeting at the end of the agreement, or say why there is none."""
    course, rng = circle.course, circle.course.scene.rng
    if circle.agreement is None:
        return
    starts_at = moment(day, 16 * 60 + 5)
    if rng.random() < 0.8:
        planned_at = later(starts_at, -60 * 24)
        if planned_at >= course.scene.world.now:
            return
        meeting = _plan(circle, planned_at, starts_at, MeetingKind.COMPLETION)
        if starts_at < course.scene.world.now:
            _hold(circle, meeting)
            agreements.settle(circle, later(starts_at, 50), "held")
            questions.hand_out(circle, meeting, later(starts_at, 60))
    elif starts_at < course.scene.world.now:
        agreements.end_without_meeting(circle, later(starts_at, 50))


def _plan(circle: Circle, at: datetime, starts_at: datetime, kind: MeetingKind = MeetingKind.CIRCLE) -> dict[str, Any]:
    course = circle.course
    row = course.new(
        CircleMeeting,
        keeper_id=circle.keepers[0].id,
        kind=kind.value,
        starts_at=starts_at,
        room=course.scene.rng.choice(ROOMS),
    )
    course.tell(at, "circle_meeting", row["id"], "circle.planned", {"starts_at": starts_at})
    return row


def _hold(circle: Circle, meeting: dict[str, Any]) -> None:
    course, rng = circle.course, circle.course.scene.rng
    at = later(meeting["starts_at"], 20)
    meeting["happened"], meeting["version"] = True, 2
    came = {person.id: Presence.CAME for person in circle.invited}
    perhaps = dict(came)
    if rng.random() < 0.12:
        perhaps[rng.choice(list(perhaps))] = Presence.ABSENT
    beside = {row["id"]: Presence.CAME if rng.random() < 0.85 else Presence.ABSENT for row in circle.supporters}
    said = Attendance(perhaps, beside, {one.id: Presence.CAME for one in circle.keepers})
    ids = (circle.invited, list(beside), [one.id for one in circle.keepers])
    if attendance_problem(MeetingState.HELD, *ids, said) is not None:
        said = Attendance(came, beside, said.keepers)
    _attend(circle, meeting, said)
    data = {"came": sum(one is not Presence.ABSENT for one in said.parties.values()), "invited": len(came)}
    course.tell(at, "circle_meeting", meeting["id"], "circle.held", {"happened": True}, None, **data)


def _not_held(circle: Circle, meeting: dict[str, Any], state: MeetingState) -> datetime:
    """Say that a meeting was not held; returns when the next one is planned."""
    course = circle.course
    at = later(meeting["starts_at"], 20)
    meeting["happened"], meeting["not_held_reason"] = False, state.value
    meeting["version"], meeting["sequence"] = 2, 1
    if state is not MeetingState.POSTPONED:
        everybody = {person.id: Presence.CAME for person in circle.invited}
        missing = circle.invited[-1].id
        gone = Presence.ABSENT if state is MeetingState.NO_SHOW else Presence.LEFT_EARLY
        beside = {row["id"]: Presence.CAME for row in circle.supporters}
        keepers = {one.id: Presence.CAME for one in circle.keepers}
        _attend(circle, meeting, Attendance(everybody | {missing: gone}, beside, keepers))
    changes = {"happened": False, "not_held_reason": state.value}
    course.tell(at, "circle_meeting", meeting["id"], "circle.not_held", changes, reason=state.value)
    kind, days, outcome = AFTER[state]
    next_at = moment(course.scene.world.days.add(local_date(at, DEFAULT_ZONE), 1), 9 * 60 + 10)
    closes_at = next_at if state is not MeetingState.WALKED_OUT else None
    course.follow(kind, at, days=days, closes_at=closes_at, outcome=outcome)
    return next_at


def _walk_out(circle: Circle, planned_at: datetime, day: date) -> None:
    starts_at = moment(day, 11 * 60)
    if starts_at <= planned_at:
        return
    meeting = _plan(circle, planned_at, starts_at)
    _not_held(circle, meeting, MeetingState.WALKED_OUT)
    circle_start.ask_anew(circle, circle.invited[-1], later(starts_at, 20))


def _attend(circle: Circle, meeting: dict[str, Any], said: Attendance) -> None:
    store = circle.course.scene.world.store
    for column, presences in (
        ("participant_id", said.parties),
        ("supporter_id", said.supporters),
        ("keeper_user_id", said.keepers),
    ):
        for number, presence in presences.items():
            store.add(
                CircleAttendance,
                meeting_id=meeting["id"],
                attended=presence is not Presence.ABSENT,
                left_early=presence is Presence.LEFT_EARLY,
                **{column: number},
            )
            if presence is not Presence.ABSENT:
                circle.came.setdefault(meeting["id"], []).append((column, number))


def offered(course: Course, at: datetime, on: date) -> Circle:
    """Begin a circle with its offer."""
    circle = Circle(course)
    circle_start.offer(circle, at, on)
    return circle
