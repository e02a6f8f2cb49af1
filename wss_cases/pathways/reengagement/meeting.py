"""Use cases of the re-entry meeting: plan it near the return, and record whether it was held."""

from datetime import datetime

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import local_date, zone_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import close_open, follow
from wss_cases.pathways.common.rules import Pathway, PathwayState
from wss_cases.pathways.reengagement.plan.pages import MEETING, load_return, meeting_day
from wss_cases.pathways.reengagement.plan.queries import open_of
from wss_cases.pathways.reengagement.plan.rules import (
    MEETING_TRANSITIONS,
    NEAR,
    Meeting,
    MeetingMissed,
    ReengagementPlan,
    is_near,
    meeting_of,
)
from wss_cases.roster.directory.queries import school_days


@use_case
def plan_meeting(uow: UnitOfWork, pathway_id: int, at: datetime, place: str) -> int:
    """Set the time and place of the re-entry meeting, or move it. Returns the pathway's id.

    Raises Refused before the student said yes, without a day of return, for a past time, for a day without school, and
    for one more than five school days from the return.
    """
    row, plan = load_return(uow, pathway_id, uow.version)
    _check_meeting(uow, row, plan, at)
    plan.meeting_at, plan.meeting_place, plan.meeting_missed = at, place, None
    day = meeting_day(uow, plan)
    uow.record(plan, "reengagement.meeting_planned", on=day.isoformat())
    waiting = open_of(row.id, MEETING)
    for follow_up in waiting[:1]:
        if follow_up.due_on != day:
            follow_up.due_on = day
            uow.record(follow_up, "followup.moved", what=MEETING, due_on=day.isoformat(), reason="waiting")
    if not waiting:
        follow(uow, row, MEETING, day)
    return row.id


def _check_meeting(uow: UnitOfWork, row: Pathway, plan: ReengagementPlan, at: datetime) -> None:
    _step(plan, Meeting.PLANNED)
    if row.state is PathwayState.PROPOSED:
        raise Refused("", _("Plan the return with the student first; whether to meet is their choice."))
    if plan.return_on is None:
        raise Refused("", _("Enter the student’s day of return first."))
    if at <= uow.now:
        raise Refused("day", _("This time has passed. Choose a later one."))
    days, day = school_days(row.school_id), local_date(at, zone_of(row.school_id))
    if not days.is_school_day(day):
        raise Refused("day", _("There is no school on this day. Choose a school day."))
    if not is_near(day, plan.return_on, days):
        raise Refused(
            "day", _("A re-entry meeting takes place near the return: at most %(most)d school days from it.", most=NEAR)
        )


@use_case
def answer_meeting(uow: UnitOfWork, pathway_id: int, missed: MeetingMissed | None) -> int:
    """Record that the re-entry meeting was held (`missed` None), or why not. Its follow-up closes.

    "Not wanted" can be recorded at any time. Raises Refused for a meeting that has not begun.
    """
    row, plan = load_return(uow, pathway_id, uow.version)
    if missed is None:
        _step(plan, Meeting.HELD)
        if plan.meeting_at is not None and plan.meeting_at > uow.now:
            raise Refused("happened", _("The meeting has not started yet."))
        plan.meeting_held_on = meeting_day(uow, plan)
        uow.record(plan, "reengagement.meeting_held")
    else:
        _step(plan, Meeting.NOT_WANTED if missed is MeetingMissed.NOT_WANTED else Meeting.MISSED)
        plan.meeting_at, plan.meeting_missed = None, missed
        uow.record(plan, "reengagement.meeting_missed", why=missed.value)
    close_open(uow, row.id, MEETING, "held" if missed is None else "not_held", on=plan.meeting_held_on)
    return row.id


def _step(plan: ReengagementPlan, to: Meeting) -> None:
    standing = meeting_of(plan)
    if to in MEETING_TRANSITIONS[standing]:
        return
    if standing is Meeting.HELD:
        raise Refused("", _("The re-entry meeting already took place."))
    raise Refused("", _("No re-entry meeting is planned."))
