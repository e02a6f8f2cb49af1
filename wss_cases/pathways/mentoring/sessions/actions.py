"""Use cases: log a session as held with minutes, or as missed with the reason. Logging again corrects a log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.cases.progress import open_only
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import cancel_row, close_row
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import local_date, today_at, zone_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import follow_event, note_start, open_follow_ups
from wss_cases.pathways.common.rules import Pathway, PathwayState
from wss_cases.pathways.mentoring.plan.models import (
    LONGEST_MINUTES,
    DailyCard,
    DailyCardDay,
    MentoringGroup,
    MentoringPlan,
    MentoringSession,
    Missed,
)
from wss_cases.pathways.mentoring.plan.queries import LOGGED, session_on

MISSED = "mentoring_missed"
"""The event of a missed session, and the kind of follow-up that it makes."""

LOOK_BACK = timedelta(days=60)
"""How far back a session may be logged or corrected."""


@dataclass(frozen=True)
class DayAnswer:
    """The answer for a day: held with its minutes (None: unknown), or missed with the reason."""

    minutes: int | None = None
    missed: Missed | None = None
    note: str = ""

    @property
    def held(self) -> bool:
        return self.missed is None


@use_case
def log_session(uow: UnitOfWork, pathway_id: int, day: date, answer: DayAnswer, seen: int | None) -> int:
    """Log a day's session, or correct its log. `seen`: the version of the log that the form showed, None for none.

    Returns the session's id. Raises Refused when someone logged the day meanwhile, and for a day that cannot be logged.
    """
    row = load_logged(uow, pathway_id)
    session = session_on(row.id, day)
    if session is not None and session.version != seen:
        raise Refused("day", _("This day is already logged. Choose it from the list below to correct it."))
    if session is not None:
        _leave_card(uow, row, day, answer)
    session = write(uow, row, day, answer)
    return session.id


@use_case
def log_group(uow: UnitOfWork, group_id: int, day: date, answers: Mapping[int, DayAnswer]) -> int:
    """Log a day for the students of a group, by pathway. Raises Refused when a student was logged meanwhile."""
    group = uow.session.get(MentoringGroup, group_id)
    require(uow.actor, Permission.MENTORING_LOG, group)
    if not answers:
        raise Refused("", _("Score at least one student."))
    for pathway_id in sorted(answers):
        row = load_logged(uow, pathway_id, group_id)
        if session_on(row.id, day) is not None:
            raise Refused("day", _("A student in this group is already logged for this day. Please check again."))
        write(uow, row, day, answers[pathway_id])
    return group_id


def load_logged(uow: UnitOfWork, pathway_id: int, group_id: int | None = None) -> Pathway:
    """Lock a pathway and its plan whose sessions the actor may log now. Raises NotFound or Refused."""
    row = uow.session.get(Pathway, pathway_id, with_for_update=True, populate_existing=True)
    plan_id = uow.session.scalar(select(MentoringPlan.id).where(MentoringPlan.pathway_id == pathway_id))
    if row is None or plan_id is None:
        raise NotFound
    plan = uow.load(MentoringPlan, plan_id, Permission.MENTORING_LOG)
    if group_id is not None and plan.group_id != group_id:
        raise NotFound
    check_logged(row)
    return row


def check_logged(row: Pathway) -> None:
    """Raise Refused where no session of a pathway can be logged now."""
    open_only(row.case)
    if row.state not in LOGGED:
        raise Refused("", _("Sessions are logged from the student’s yes until mentoring ends."))


def write(uow: UnitOfWork, row: Pathway, day: date, answer: DayAnswer) -> MentoringSession:
    """Write the answer for a day, with its follow-ups and history entry. The pathway is locked."""
    today = today_at(row.school_id, uow.now)
    if not today - LOOK_BACK <= day <= today:
        raise Refused("day", _("Choose today or a day of the last two months."))
    if answer.minutes is not None and not 1 <= answer.minutes <= LONGEST_MINUTES:
        raise Refused("minutes", _("Write a number from 1 to %(most)d.", most=LONGEST_MINUTES))
    session = session_on(row.id, day)
    kind = "mentoring.corrected"
    if session is None:
        session = MentoringSession.of(row, on_day=day, note="")
        kind = "mentoring.held" if answer.held else "mentoring.missed"
    session.held, session.missed = answer.held, answer.missed
    session.minutes = answer.minutes if answer.held else None
    session.note = answer.note
    session.logged_at, session.logged_by_id = uow.now, uow.actor.user_id
    uow.record(session, kind, day=day.isoformat(), reason=answer.missed.value if answer.missed else "")
    if answer.held and row.state is PathwayState.PREPARING:
        note_start(uow, row, day)
    if answer.missed not in (None, Missed.NO_SCHOOL):
        _ask_for_contact(uow, row, day)
    elif kind == "mentoring.corrected":
        take_back_missed(uow, row)
    elif answer.held:
        _close_contact(uow, row, day)
    return session


def _close_contact(uow: UnitOfWork, row: Pathway, day: date) -> None:
    """Close follow-ups for contact after a missed session, because a session was held since."""
    zone = zone_of(row.school_id)
    for follow_up in open_follow_ups(uow, row.id, MISSED):
        if local_date(follow_up.created_at, zone) <= day:
            close_row(uow, follow_up, "reached", evidence={"on": day.isoformat()})


def _ask_for_contact(uow: UnitOfWork, row: Pathway, day: date) -> None:
    """Make a follow-up for contact after a missed session, unless one is open or was made in the same week."""
    zone = zone_of(row.school_id)
    monday = day - timedelta(days=day.weekday())
    for follow_up in _contact_follow_ups(uow, row):
        if follow_up.state is FollowUpState.OPEN or local_date(follow_up.created_at, zone) >= monday:
            return
    follow_event(uow, row, MISSED)


def take_back_missed(uow: UnitOfWork, row: Pathway) -> None:
    """Cancel the follow-up for contact after a missed session when a correction leaves no missed session since."""
    for follow_up in _contact_follow_ups(uow, row):
        missed = select(MentoringSession.id).where(
            MentoringSession.pathway_id == row.id,
            MentoringSession.missed.is_not(None),
            MentoringSession.missed != Missed.NO_SCHOOL,
            MentoringSession.logged_at >= follow_up.created_at,
        )
        if follow_up.state is FollowUpState.OPEN and uow.session.scalars(missed).first() is None:
            cancel_row(uow, follow_up, _("The session was logged again; nothing was missed."))


def _contact_follow_ups(uow: UnitOfWork, row: Pathway) -> list[FollowUp]:
    statement = select(FollowUp).where(
        FollowUp.pathway_id == row.id, FollowUp.kind == MISSED, FollowUp.state != FollowUpState.CANCELLED
    )
    return list(uow.session.scalars(statement.order_by(FollowUp.id).with_for_update()))


def _leave_card(uow: UnitOfWork, row: Pathway, day: date, answer: DayAnswer) -> None:
    if answer.held:
        return
    marked = uow.session.scalar(
        select(DailyCardDay.id)
        .join(DailyCard, DailyCard.id == DailyCardDay.card_id)
        .where(DailyCard.pathway_id == row.id, DailyCardDay.on_day == day, DailyCardDay.checked_in_at.is_not(None))
    )
    if marked is not None:
        raise Refused("happened", _("The card for this day has a check-in, so the session took place."))
