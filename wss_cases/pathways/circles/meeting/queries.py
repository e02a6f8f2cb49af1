"""Queries: meetings of circles. Every list is limited to what the actor may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.visibility import in_view
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.school_time import local_date, zone_of
from wss_cases.pathways.circles.circle.models import CircleMeeting, CircleSupporter
from wss_cases.pathways.circles.circle.rules import PART
from wss_cases.pathways.circles.outside import outside_keepers_of, outside_name
from wss_cases.pathways.circles.requirements.queries import Circle
from wss_cases.pathways.common.models import Pathway
from wss_cases.routing.engine.vocabulary import Person

LONGEST = timedelta(hours=8)
"""The longest meeting."""


def get_meeting(actor: Actor, meeting_id: int) -> CircleMeeting:
    """A meeting of one of the actor's schools. Raises NotFound."""
    statement = select(CircleMeeting).where(CircleMeeting.id == meeting_id)
    return existing(db.session.scalar(statement.where(in_view(CircleMeeting, actor, *CASE_TEAM))))


def get_supporter(row: Pathway, supporter_id: int) -> CircleSupporter:
    """A supporter of this circle; the caller has checked the circle. Raises NotFound."""
    supporter = db.session.get(CircleSupporter, supporter_id)
    if supporter is None or supporter.pathway_id != row.id:
        raise NotFound
    return supporter


def helpers_at(row: Pathway, meeting: CircleMeeting) -> dict[int, str]:
    """The keepers without an account on the day of a meeting: id to "Maya Ortiz (Harbor House)".

    The caller has checked the circle.
    """
    day = local_date(meeting.starts_at, zone_of(row.school_id))
    return {keeper.id: outside_name(keeper) for keeper in outside_keepers_of(row.id, day)}


def meetings_between(
    actor: Actor, school_id: int | None, start: datetime | None, end: datetime | None, *, waiting: bool | None = None,
    newest_first: bool = False, limit: int = 50,
) -> Sequence[Any]:  # fmt: skip
    """Meetings from `start` until before `end`. `waiting`: only those without a result (True) or with it (False)."""
    columns = (
        CircleMeeting.id, CircleMeeting.starts_at, CircleMeeting.room, CircleMeeting.case_id, CircleMeeting.pathway_id,
        CircleMeeting.kind.label("meeting_kind"), CircleMeeting.happened, CircleMeeting.not_held_reason,
        Pathway.kind, Case.reference, UserAccount.name.label("keeper"),
    )  # fmt: skip
    statement = (
        select(*columns)
        .join(Pathway, Pathway.id == CircleMeeting.pathway_id)
        .join(Case, Case.id == CircleMeeting.case_id)
        .join(UserAccount, UserAccount.id == CircleMeeting.keeper_id)
        .where(in_view(CircleMeeting, actor, *CASE_TEAM))
    )
    if school_id is not None:
        statement = statement.where(CircleMeeting.school_id == school_id)
    if start is not None:
        statement = statement.where(CircleMeeting.starts_at >= start)
    if end is not None:
        statement = statement.where(CircleMeeting.starts_at < end)
    if waiting is not None:
        happened = CircleMeeting.happened
        statement = statement.where(happened.is_(None) if waiting else happened.is_not(None))
    order = CircleMeeting.starts_at.desc() if newest_first else CircleMeeting.starts_at
    return db.session.execute(statement.order_by(order, CircleMeeting.id).limit(limit)).all()


@dataclass(frozen=True)
class Taken:
    """A time that another meeting takes: its keeper, room and school, and the students it shares with the circle that
    looks for a time.
    """

    starts_at: datetime
    ends_at: datetime
    keeper_id: int
    school_id: int
    room: str
    students: frozenset[int]


def taken_between(row: Pathway, circle: Circle, start: datetime, end: datetime, but_id: int) -> list[Taken]:
    """Planned and held meetings between two instants, except meeting `but_id`, that could clash with a meeting of this
    circle: those of its school, of its keepers, and of its parties wherever they are invited.
    """
    students = {person.student_id for person in circle.invited if person.student_id is not None}
    invited = and_(
        CaseParticipant.case_id == CircleMeeting.case_id,
        CaseParticipant.student_id.in_(sorted(students)),
        CaseParticipant.role.in_(sorted(PART[Person.BOTH])),
        or_(Pathway.participant_id.is_(None), Pathway.participant_id == CaseParticipant.id),
    )
    near = (
        select(CircleMeeting, CaseParticipant.student_id)
        .join(Pathway, Pathway.id == CircleMeeting.pathway_id)
        .outerjoin(CaseParticipant, invited)
        .where(
            or_(
                CircleMeeting.school_id == row.school_id,
                CircleMeeting.keeper_id.in_(sorted(circle.keeper_names)),
                CaseParticipant.id.is_not(None),
            ),
            CircleMeeting.id != but_id,
            CircleMeeting.happened.is_distinct_from(False),
            CircleMeeting.starts_at < end,
            CircleMeeting.starts_at > start - LONGEST,
        )
    )
    meetings: dict[int, tuple[CircleMeeting, set[int]]] = {}
    for meeting, student_id in db.session.execute(near):
        parties = meetings.setdefault(meeting.id, (meeting, set()))[1]
        if student_id is not None:
            parties.add(student_id)
    return [
        Taken(
            meeting.starts_at, meeting.starts_at + timedelta(minutes=meeting.minutes), meeting.keeper_id,
            meeting.school_id, meeting.room, frozenset(theirs),
        )
        for meeting, theirs in meetings.values()
    ]  # fmt: skip


def rooms_used(school_id: int, limit: int = 8) -> list[str]:
    """The rooms in which a school's circles met, the most recent first, each once."""
    statement = (
        select(CircleMeeting.room, func.max(CircleMeeting.starts_at).label("last"))
        .where(CircleMeeting.school_id == school_id, CircleMeeting.room != "")
        .group_by(CircleMeeting.room)
        .order_by(func.max(CircleMeeting.starts_at).desc(), CircleMeeting.room)
    )
    return [room for room, _last in db.session.execute(statement.limit(limit))]
