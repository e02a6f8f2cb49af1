"""What a change of the calendar would move at one school, and what it has moved, of what the actor may know of. The
caller has checked the school."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.models import OPEN, Case
from wss_cases.cases.progress import CASE
from wss_cases.followups.calendar import TABLE as FOLLOW_UP
from wss_cases.followups.calendar import leaving, lines_of, returning
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import at_local, time_words
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.meeting.pages import MEETING
from wss_cases.pathways.common.models import LIVE, PATHWAY, Pathway
from wss_cases.pathways.common.queries import known_to
from wss_cases.roster.calendar.days import Shift, moves_of_day
from wss_cases.roster.directory.models import CalendarDay, CalendarMove, School
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import DayKind
from wss_cases.routing.engine.vocabulary import Kind

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Consequences:
    """What moves when a date becomes something: things that leave it, meetings to be planned anew, what comes back."""

    leaving: list[Shift] = field(default_factory=list)
    meetings: list[Shift] = field(default_factory=list)
    returning: list[Shift] = field(default_factory=list)

    @property
    def number(self) -> int:
        return len(self.leaving) + len(self.meetings) + len(self.returning)


def meetings_on(school: School, day: date) -> list[CircleMeeting]:
    start, end = (at_local(one, 0, 0, school.time_zone) for one in (day, day + DAY))
    statement = select(CircleMeeting).where(
        CircleMeeting.school_id == school.id, CircleMeeting.happened.is_(None),
        CircleMeeting.starts_at >= start, CircleMeeting.starts_at < end,
    )  # fmt: skip
    return list(db.session.scalars(statement.order_by(CircleMeeting.starts_at, CircleMeeting.id)))


def consequences(actor: Actor, school: School, day: date, becomes: DayKind, today: date) -> Consequences:
    if becomes is not DayKind.CLOSED:
        return Consequences(returning=_returning(actor, moves_of_day(school.id, day)))
    days = school_days(school.id).having(day, becomes)
    to_day = days.on_or_after(max(day, today))
    meetings = meetings_on(school, day)
    return Consequences(
        leaving=[
            *leaving(actor, school.id, day, today, days),
            *_reviews(school.id, day, to_day),
            *_steps(actor, school.id, day, to_day, {meeting.pathway_id for meeting in meetings}),
        ],
        meetings=_asks(school, meetings, day, to_day),
    )


def _reviews(school_id: int, day: date, to_day: date) -> list[Shift]:
    statement = (
        select(Case.reference, UserAccount.name)
        .outerjoin(UserAccount, UserAccount.id == Case.lead_id)
        .where(Case.school_id == school_id, Case.next_review_on == day, Case.state.in_(OPEN))
    )
    rows = db.session.execute(statement.order_by(Case.id))
    return [Shift(_("Review of the case"), reference, name or "", day, to_day) for reference, name in rows]


def _steps(actor: Actor, school_id: int, day: date, to_day: date, but: Iterable[int]) -> list[Shift]:
    statement = (
        select(Pathway.kind, Case.reference, UserAccount.name)
        .join(Case, Case.id == Pathway.case_id)
        .outerjoin(UserAccount, UserAccount.id == Pathway.owner_id)
        .where(Pathway.school_id == school_id, Pathway.next_step_on == day, Pathway.state.in_(LIVE))
        .where(Pathway.id.not_in(sorted(but)), known_to(actor))
    )
    return [
        Shift(_step_words(kind), reference, name or "", day, to_day)
        for kind, reference, name in db.session.execute(statement.order_by(Pathway.id))
    ]


def _step_words(kind: str) -> str:
    return _("Next step: %(kind)s", kind=Kind(kind).label)


def _asks(school: School, meetings: Sequence[CircleMeeting], day: date, to_day: date) -> list[Shift]:
    places = _places([meeting.id for meeting in meetings])
    return [
        Shift(_meeting_words(meeting.starts_at, school.time_zone), *places[meeting.id], day, to_day)
        for meeting in meetings
    ]


def _meeting_words(at: datetime, zone: str) -> str:
    return _("Circle at %(time)s: needs a new day", time=time_words(at, zone))


def _places(meeting_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    statement = (
        select(CircleMeeting.id, Case.reference, UserAccount.name)
        .join(Case, Case.id == CircleMeeting.case_id)
        .join(Pathway, Pathway.id == CircleMeeting.pathway_id)
        .outerjoin(UserAccount, UserAccount.id == Pathway.owner_id)
        .where(CircleMeeting.id.in_(meeting_ids))
    )
    return {row[0]: (row[1], row[2] or "") for row in db.session.execute(statement)}


def _returning(actor: Actor, moves: Sequence[CalendarMove]) -> list[Shift]:
    standing = [move for move in moves if move.returned_at is None]
    untouched = _untouched(actor, standing)
    return [
        Shift(*untouched[move.subject_type, move.subject_id], move.moved_to, move.day, move.why)
        for move in standing
        if (move.subject_type, move.subject_id) in untouched
    ]


def _untouched(actor: Actor, moves: Sequence[CalendarMove]) -> dict[tuple[str, int], tuple[str, str, str]]:
    """What the calendar moved and nobody has touched since, with its words: (what, reference, owner)."""
    words = _words(actor, moves)
    still = {(FOLLOW_UP, key): words[(FOLLOW_UP, key)] for key in returning(moves) if (FOLLOW_UP, key) in words}
    for move in moves:
        key = (move.subject_type, move.subject_id)
        if move.subject_type == CASE:
            case = db.session.get(Case, move.subject_id)
            fits = case is not None and case.state in OPEN and case.next_review_on == move.moved_to
        elif move.subject_type == PATHWAY:
            row = db.session.get(Pathway, move.subject_id)
            fits = row is not None and row.state in LIVE and row.next_step_on == move.moved_to
        else:
            fits = move.subject_type == MEETING and _is_asked(move)
        if fits and key in words:
            still[key] = words[key]
    return still


def _is_asked(move: CalendarMove) -> bool:
    statement = (
        select(FollowUp.id)
        .join(CircleMeeting, CircleMeeting.pathway_id == FollowUp.pathway_id)
        .where(CircleMeeting.id == move.subject_id, FollowUp.state == FollowUpState.OPEN)
        .where(FollowUp.created_at == move.moved_at, FollowUp.due_on == move.moved_to)
    )
    return db.session.scalar(statement.limit(1)) is not None


def _words(actor: Actor, moves: Sequence[CalendarMove]) -> dict[tuple[str, int], tuple[str, str, str]]:
    def ids(subject_type: str) -> list[int]:
        return [move.subject_id for move in moves if move.subject_type == subject_type]

    lines = lines_of(actor, ids(FOLLOW_UP)).values()
    found = {(FOLLOW_UP, row.id): (row.title, row.reference, row.owner) for row in lines}
    cases = (
        select(Case.id, Case.reference, UserAccount.name)
        .outerjoin(UserAccount, UserAccount.id == Case.lead_id)
        .where(Case.id.in_(ids(CASE)))
    )
    for key, reference, name in db.session.execute(cases):
        found[(CASE, key)] = (_("Review of the case"), reference, name or "")
    steps = (
        select(Pathway.id, Pathway.kind, Case.reference, UserAccount.name)
        .join(Case, Case.id == Pathway.case_id)
        .outerjoin(UserAccount, UserAccount.id == Pathway.owner_id)
        .where(Pathway.id.in_(ids(PATHWAY)), known_to(actor))
    )
    for key, kind, reference, name in db.session.execute(steps):
        found[(PATHWAY, key)] = (_step_words(kind), reference, name or "")
    zones = select(CircleMeeting.id, CircleMeeting.starts_at, School.time_zone).join(
        School, School.id == CircleMeeting.school_id
    )
    places = _places(ids(MEETING))
    for key, at, zone in db.session.execute(zones.where(CircleMeeting.id.in_(ids(MEETING)))):
        found[(MEETING, key)] = (_meeting_words(at, zone), *places[key])
    return found


def moved_by(actor: Actor, school_id: int, day: date) -> list[tuple[Shift, bool]]:
    """Return what a date has moved at a school, in the order it did, and whether it went back since."""
    moves = moves_of_day(school_id, day)
    words = _words(actor, moves)
    return [
        (
            Shift(*words[move.subject_type, move.subject_id], move.day, move.moved_to, move.why),
            move.returned_at is not None,
        )
        for move in moves
        if (move.subject_type, move.subject_id) in words
    ]


def schools_to_settle(days: Sequence[CalendarDay]) -> list[tuple[int, date]]:
    """Return the (school, date) at which something stands, or was moved, on dates whose kind has changed."""
    standing: set[tuple[int, date]] = set()
    dates = sorted({row.day for row in days})
    for model, column, condition in (
        (FollowUp, FollowUp.due_on, FollowUp.state == FollowUpState.OPEN),
        (Case, Case.next_review_on, Case.state.in_(OPEN)),
        (Pathway, Pathway.next_step_on, Pathway.state.in_(LIVE)),
        (CalendarMove, CalendarMove.day, CalendarMove.returned_at.is_(None)),
    ):
        statement = select(model.school_id, column).where(column.in_(dates), condition).distinct()
        standing |= {(row[0], row[1]) for row in db.session.execute(statement) if row[1] is not None}
    changed = {(row.school_id, row.day) for row in days}
    return sorted((school_id, day) for school_id, day in standing if {(school_id, day), (None, day)} & changed)
