"""Writing down a meeting, what was heard there, and the school's answer."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import react
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.voices.meetings.queries import goals_and_steps
from wss_cases.plans.voices.meetings.rules import (
    ANSWER_DAYS,
    COUNCIL_QUORUM,
    MeetingHeard,
    MeetingType,
    SchoolMeeting,
    Theme,
    came_to,
    themes_on,
    too_few_words,
)
from wss_cases.roster.directory.models import School
from wss_cases.roster.names.queries import names_at_school, refuse_names


@dataclass(frozen=True)
class Held:
    """A meeting as somebody says it: who came is counted, nobody is named."""

    kind: MeetingType
    held_on: date
    notice_on: date | None
    topic: str
    languages: list[str]
    interpreter: bool
    students: int
    families: int
    staff: int
    community: int
    members: int
    quorum: int | None


@dataclass(frozen=True)
class Voice:
    """One thing that was heard; without a day of its own the answer is due as the district's setting says."""

    theme: Theme
    heard: str = ""
    answer_due_on: date | None = None


@dataclass(frozen=True)
class Answer:
    """What the school answers, what changed, and the goal or the step of the plan where it shows."""

    answer: str
    changed: str
    goal_id: int | None
    step_id: int | None


@use_case
def record_meeting(uow: UnitOfWork, school_id: int, held: Held, themes: Sequence[Theme]) -> int:
    """Write down a meeting and the themes that were heard there. Returns its id.

    Raises Refused for people or voices before the meeting, a notice after it, a council's quorum below the district's,
    or a name of a student.
    """
    school = uow.load(School, school_id, Permission.MEETING_RECORD)
    _check(uow, school.id, held, None)
    if themes and held.held_on > today_at(school.id, uow.now):
        raise Refused("themes", _("This meeting has not been held yet."))
    by = {"recorded_at": uow.now, "recorded_by_id": uow.actor.user_id}
    meeting = uow.add(SchoolMeeting(school_id=school.id, **asdict(held), **by))
    uow.record(meeting, "meeting.recorded")
    for theme in themes:
        _hear(uow, meeting, Voice(theme))
    return meeting.id


@use_case
def change_meeting(uow: UnitOfWork, meeting_id: int, held: Held) -> int:
    """Correct a meeting; what stood there stays in the audit log. Raises Refused as recording does, for a day to
    come of a meeting that was held, and where a vote that was taken there would not fit any more."""
    meeting = uow.load(SchoolMeeting, meeting_id, Permission.PLAN_WORK, uow.version)
    _check(uow, meeting.school_id, held, meeting.quorum)
    if meeting.held_on <= today_at(meeting.school_id, uow.now) < held.held_on:
        raise Refused("held_on", _("This meeting was held already. Choose today or an earlier day."))
    for name, value in asdict(held).items():
        setattr(meeting, name, value)
    react(uow, "meeting.changed", meeting)
    uow.record(meeting, "meeting.changed")
    return meeting.id


def _check(uow: UnitOfWork, school_id: int, held: Held, quorum_before: int | None) -> None:
    if held.held_on > today_at(school_id, uow.now) and any(came_to(held).values()):
        raise Refused("held_on", _("This day is still to come: no one can have come yet."))
    if held.notice_on is not None and held.notice_on > held.held_on:
        raise Refused("notice_on", _("The notice comes before the meeting."))
    least = COUNCIL_QUORUM.on(held.held_on) if held.kind is MeetingType.COUNCIL else 1
    if held.quorum not in (None, quorum_before) and held.quorum < least:
        raise Refused("quorum", too_few_words(least))
    if names_at_school(school_id, held.topic):
        raise Refused("topic", _("Leave out student names."))


@use_case
def write_heard(uow: UnitOfWork, meeting_id: int, voice: Voice, anyway: bool) -> int:
    """Write down one thing that was heard at a meeting. Returns its id.

    Raises Refused before the meeting, for a theme that is not on the list, and, unless `anyway`, for what may name a
    student.
    """
    meeting = uow.load(SchoolMeeting, meeting_id, Permission.PLAN_WORK)
    if meeting.held_on > today_at(meeting.school_id, uow.now):
        raise Refused("theme", _("This meeting has not been held yet."))
    refuse_names(meeting.school_id, anyway, voice.heard)
    return _hear(uow, meeting, voice).id


def _hear(uow: UnitOfWork, meeting: SchoolMeeting, voice: Voice) -> MeetingHeard:
    if voice.theme not in themes_on(meeting.held_on):
        raise Refused("theme", _("Choose a theme of the list."))
    today = today_at(meeting.school_id, uow.now)
    due = voice.answer_due_on or today + timedelta(days=ANSWER_DAYS.on(today))
    if due < meeting.held_on:
        raise Refused("answer_due_on", _("Choose a day after the meeting."))
    row = MeetingHeard(
        school_id=meeting.school_id, meeting_id=meeting.id, theme=voice.theme, heard=voice.heard, answer_due_on=due,
        recorded_at=uow.now, recorded_by_id=uow.actor.user_id,
    )  # fmt: skip
    uow.add(row)
    uow.record(row, "meeting.heard")
    return row


@use_case
def answer_heard(uow: UnitOfWork, heard_id: int, voice: Voice, answer: Answer, anyway: bool) -> int:
    """Correct what was heard, and write or change the answer; an empty one makes it wait again.

    Raises Refused for what changed without an answer, a goal or step of another school, and, unless `anyway`, for what
    may name a student.
    """
    row = uow.load(MeetingHeard, heard_id, Permission.PLAN_WORK, uow.version)
    meeting = uow.session.get_one(SchoolMeeting, row.meeting_id)
    if voice.theme is not row.theme and voice.theme not in themes_on(meeting.held_on):
        raise Refused("theme", _("Choose a theme of the list."))
    _check_answer(row, answer)
    refuse_names(row.school_id, anyway, voice.heard, answer.answer, answer.changed)
    today = today_at(row.school_id, uow.now)  # asked before the row changes: an answer is written with its day
    row.theme, row.heard, row.answer_due_on = voice.theme, voice.heard, voice.answer_due_on or row.answer_due_on
    row.answer, row.changed = answer.answer, answer.changed
    row.goal_id, row.step_id = answer.goal_id, answer.step_id
    first_answer = bool(answer.answer) and row.answered_on is None
    row.answered_on = (row.answered_on or today) if answer.answer else None
    uow.record(row, "meeting.answered" if first_answer else "meeting.heard_changed")
    return row.id


def _check_answer(row: MeetingHeard, answer: Answer) -> None:
    if not answer.answer and (answer.changed or answer.goal_id or answer.step_id):
        raise Refused("answer", _("Write the answer first."))
    goals, steps = goals_and_steps(row.school_id)
    if answer.goal_id not in (None, row.goal_id, *dict(goals)):
        raise Refused("goal", _("Choose a goal of this school's plan."))
    if answer.step_id not in (None, row.step_id, *dict(steps)):
        raise Refused("step", _("Choose a step of this school's plan."))
