"""Planning the meeting of a circle, and moving it; refused while any requirement is not met."""

from datetime import date, datetime, timedelta

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import local_date, today_at, zone_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.keepers import told_who_said_what
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.circle.rules import as_told, requirement_words, unmet
from wss_cases.pathways.circles.circle.states import MeetingKind, MeetingState, ScreenAnswer
from wss_cases.pathways.circles.consent.actions import load_circle, note_screen
from wss_cases.pathways.circles.invitations.actions import tell_calendars
from wss_cases.pathways.circles.keepers.actions import keep_as_lead
from wss_cases.pathways.circles.meeting.actions import note_answer
from wss_cases.pathways.circles.meeting.free_times import warnings_of
from wss_cases.pathways.circles.meeting.queries import helpers_at
from wss_cases.pathways.circles.meeting.rules import NEW_DAY, everyone, next_kind
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of
from wss_cases.pathways.circles.terms.rules import completion_held
from wss_cases.pathways.common.actions import audit_only, not_later
from wss_cases.pathways.common.follow_ups import close_open
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import PathwayState

SHORTEST, LONGEST = 10, 480
"""Minutes of a meeting."""
FURTHEST = timedelta(days=366)


@use_case
def plan_meeting(
    uow: UnitOfWork, pathway_id: int, *, starts_at: datetime, room: str, keeper_id: int, minutes: int = 60,
    anyway: bool = False, again: bool = False, screen: ScreenAnswer | None = None, everyone_came: bool = False,
) -> int:  # fmt: skip
    """Plan the meeting, or move the one that is planned. Returns its id. One that was held already has a past day.

    `again`: after its agreement the circle meets again, instead of the meeting at the agreement's end. `screen`: what
    the keeper's safety screen says, where it is answered with it. `everyone_came`: it was held already, and everyone
    who was invited came. The lead becomes the keeper of a circle that never had one, where they are trained.

    Raises Refused while any requirement is not met on that day, naming each; for a keeper who does not keep this circle
    or has no training on record for that day; and, unless `anyway`, for what is seldom meant (see `warnings_of`).
    """
    row = load_circle(uow, pathway_id)
    keep_as_lead(uow, row)
    circle, day = circle_of(row), local_date(starts_at, zone_of(row.school_id))
    if screen is not None:
        note_screen(uow, row, circle, screen, min(day, today_at(row.school_id, uow.now)))
    _check(uow, row, circle, day, minutes, again)
    _check_keeper(circle, day, keeper_id)
    if not anyway and (doubts := warnings_of(row, circle, starts_at, minutes, room, keeper_id)):
        raise Refused("anyway", " ".join(doubts))
    kind = MeetingKind.CIRCLE if again else next_kind(circle.was_held, circle.agreement is not None)
    meeting = circle.waiting or CircleMeeting.of(row, kind=kind, sequence=-1)
    meeting.starts_at, meeting.minutes, meeting.room = starts_at, minutes, room
    meeting.keeper_id, meeting.sequence = keeper_id, meeting.sequence + 1
    uow.record(meeting, "circle.moved" if circle.waiting else "circle.planned")
    if starts_at > uow.now:
        tell_calendars(uow, meeting)
    row.next_step_on = max(day, today_at(row.school_id, uow.now))
    audit_only(uow, row)
    close_open(uow, row.id, NEW_DAY, "planned")
    if everyone_came:
        note_answer(uow, row, circle, meeting, MeetingState.HELD, everyone(circle, helpers_at(row, meeting)))
    return meeting.id


@use_case
def record_screen(uow: UnitOfWork, pathway_id: int, answer: ScreenAnswer, on: date) -> int:
    """Record what the keeper's safety screen says, before any day is chosen. Returns the pathway's id.

    Raises Refused for anybody who does not keep this circle.
    """
    row = load_circle(uow, pathway_id)
    not_later(uow, row.school_id, "screen", on)
    keep_as_lead(uow, row)
    note_screen(uow, row, circle_of(row), answer, on)
    return row.id


def _check(uow: UnitOfWork, row: Pathway, circle: Circle, day: date, minutes: int, again: bool) -> None:
    missing = unmet(as_told(circle.requirements_on(day), told_who_said_what(uow.actor, row.school_id)))
    if missing:
        names = "; ".join(requirement_words(requirement, circle.names) for requirement in missing)
        raise Refused("", _("The meeting cannot be scheduled yet: %(missing)s.", missing=names))
    if row.state is PathwayState.PROPOSED:
        raise Refused("", _("The meeting cannot be scheduled before the circle is accepted."))
    if not again and circle.agreement is not None and completion_held(circle):
        raise Refused("", _("The agreement completion meeting took place. Complete the circle instead."))
    if abs(day - today_at(row.school_id, uow.now)) > FURTHEST:
        raise Refused("day", _("This day is more than a year away. Check the year."))
    if not SHORTEST <= minutes <= LONGEST:
        raise Refused("minutes", _("Enter between 10 minutes and 8 hours."))


def _check_keeper(circle: Circle, day: date, keeper_id: int) -> None:
    if keeper_id not in circle.keeper_names:
        raise Refused("keeper", _("Choose a keeper of this circle."))
    if keeper_id not in circle.leaders_on(day):
        raise Refused("keeper", _("This keeper does not work here on that day, or decides discipline here."))
    if keeper_id not in circle.trained_on(day):
        raise Refused("keeper", _("This keeper has no valid training on record on that day."))
