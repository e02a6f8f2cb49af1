"""Meetings of circles that the actor may see; whether attendance fits a result, what clashes, and free times."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.visibility import in_view
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import at_local, local, local_date, zone_of
from wss_cases.pathways.circles.circle.models import (
    CircleMeeting,
    CircleSupporter,
    MeetingKind,
    MeetingState,
    Presence,
    SupporterRelation,
)
from wss_cases.pathways.circles.circle.rules import PART, was_harmed
from wss_cases.pathways.circles.outside import outside_keepers_of, outside_name
from wss_cases.pathways.circles.requirements.queries import Circle
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.calendar.days import Bells, hours_of
from wss_cases.roster.directory.queries import school_days
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
    """The keepers without an account on the day of a meeting: id to "Maya Ortiz (Harbor House)"."""
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


NEW_DAY = "plan_meeting"
"""The kind of follow-up that asks for a new day."""


def next_kind(was_held: bool, agreed: bool) -> MeetingKind:
    """The kind of the next meeting: the completion meeting once the circle has an agreement."""
    return MeetingKind.COMPLETION if was_held and agreed else MeetingKind.CIRCLE


@dataclass(frozen=True)
class Attendance:
    """Attendance of a meeting by role: parties, supporters, keepers, and helpers (keepers without an account),
    by id.
    """

    parties: Mapping[int, Presence] = field(default_factory=dict)
    supporters: Mapping[int, Presence] = field(default_factory=dict)
    keepers: Mapping[int, Presence] = field(default_factory=dict)
    helpers: Mapping[int, Presence] = field(default_factory=dict)

    @property
    def left(self) -> list[int]:
        return [key for key, presence in self.parties.items() if presence is Presence.LEFT_EARLY]


@dataclass(frozen=True)
class Guest:
    """Someone who came without an invitation, with which party (`beside`), and their relation to them."""

    name: str
    relation: SupporterRelation | None
    beside: int


def everyone(circle: Any, helpers: Collection[int]) -> Attendance:
    """The attendance when everyone invited came: parties, current supporters, keepers, and helpers."""
    return Attendance(
        parties=dict.fromkeys(circle.names, Presence.CAME),
        supporters={supporter.id: Presence.CAME for supporter in circle.supporters if supporter.ended_at is None},
        keepers=dict.fromkeys(circle.keeper_names, Presence.CAME),
        helpers=dict.fromkeys(helpers, Presence.CAME),
    )


def attendance_problem(
    state: MeetingState,
    invited: Sequence[Any],
    supporters: Collection[int],
    keepers: Collection[int],
    attendance: Attendance,
    helpers: Collection[int] = (),
) -> Any:
    """Why the attendance does not fit the result, as lazy text; None when it fits.

    A circle can be held without its helpers, never without a keeper of the school.
    """
    by_role = (attendance.parties, attendance.supporters, attendance.keepers, attendance.helpers)
    invited_ids = ({person.id for person in invited}, set(supporters), set(keepers), set(helpers))
    if tuple(set(presences) for presences in by_role) != invited_ids:
        return _l("Answer for each person whether they came.")
    everybody = [presence for presences in by_role for presence in presences.values()]
    if state is MeetingState.NO_SHOW:
        return None if Presence.ABSENT in everybody else _l("Enter who did not come.")
    if state is MeetingState.WALKED_OUT:
        return None if attendance.left else _l("Enter which of the parties left.")
    came = [person for person in invited if attendance.parties[person.id] is not Presence.ABSENT]
    if not came or any(not side & {person.id for person in came} for side in _sides(invited)):
        return _l("Without one side the meeting did not take place. Answer that someone did not come.")
    if all(presence is Presence.ABSENT for presence in attendance.keepers.values()):
        return _l("Without its keeper the meeting did not take place. Answer that someone did not come.")
    return None


def _sides(invited: Sequence[Any]) -> list[set[int]]:
    harmed = {person.id for person in invited if was_harmed(person)}
    caused = {person.id for person in invited if person.role in PART[Person.CAUSED_HARM]}
    return [side for side in (harmed, caused) if side]


STEP = timedelta(minutes=30)
NOON = time(12)
MOST_STEPS = 24
"""Half hours in a school day, at most."""
DAYS = 4
"""The number of coming school days for which times are offered."""
MOST = 6
"""The number of free times that are offered."""


def warnings_of(
    row: Pathway, circle: Circle, starts_at: datetime, minutes: int, room: str, keeper_id: int
) -> list[str]:
    """Warnings about a plan: no school, outside school hours, or a keeper, room or party who has another circle."""
    zone = zone_of(row.school_id)
    begins, day = local(starts_at, zone), local_date(starts_at, zone)
    ends_at = starts_at + timedelta(minutes=minutes)
    first, last = hours_of(row.school_id, [day])[day]
    doubts = []
    if not school_days(row.school_id).is_school_day(day):
        doubts.append(_("There is no school on that day."))
    if begins.time() < first or local_date(ends_at, zone) != day or local(ends_at, zone).time() > last:
        doubts.append(_("That is outside school hours."))
    others = taken_between(row, circle, starts_at, ends_at, circle.waiting.id if circle.waiting else 0)
    return doubts + conflicts(row, circle, others, (starts_at, ends_at), room, keeper_id)


def conflicts(
    row: Pathway, circle: Circle, beside: Sequence[Taken], at: tuple[datetime, datetime], room: str, keeper_id: int
) -> list[str]:
    """Warnings for a time: who or what has another circle then. Empty when all are free.

    `at`: begin and end; `beside`: the other meetings.
    """
    overlapping = [other for other in beside if other.starts_at < at[1] and other.ends_at > at[0]]
    doubts = []
    if any(other.keeper_id == keeper_id for other in overlapping):
        doubts.append(_("The keeper has another circle at that time."))
    if room.strip() and any(
        other.school_id == row.school_id and other.room.casefold() == room.strip().casefold() for other in overlapping
    ):
        doubts.append(_("The room has another circle at that time."))
    taken = {student_id for other in overlapping for student_id in other.students}
    names = [circle.names[person.id] for person in circle.invited if person.student_id in taken]
    doubts += [_("%(name)s has another circle at that time.", name=name) for name in names]
    return doubts


def free_times(
    row: Pathway, circle: Circle, now: datetime, minutes: int, room: str, keeper_id: int
) -> tuple[list[datetime], list[tuple[datetime, str]]]:
    """Free times on the next school days, one morning and one afternoon of each, and the first times that were taken,
    with the reason.
    """
    zone, days = zone_of(row.school_id), school_days(row.school_id)
    today = local_date(now, zone)
    wanted = [days.add(today, number) for number in range(1, DAYS + 1)]
    candidates = _candidates(hours_of(row.school_id, wanted), minutes, zone)
    others = taken_between(
        row, circle, at_local(wanted[0], 0, 0, zone), at_local(wanted[-1] + timedelta(days=1), 0, 0, zone),
        circle.waiting.id if circle.waiting else 0,
    )  # fmt: skip
    free: list[datetime] = []
    taken: list[tuple[datetime, str]] = []
    for half_day in candidates:
        for starts_at in half_day:
            doubts = conflicts(
                row, circle, others, (starts_at, starts_at + timedelta(minutes=minutes)), room, keeper_id
            )
            if not doubts:
                free.append(starts_at)
                break
            taken.append((starts_at, " ".join(doubts)))
    return free[:MOST], taken[:2]


def _candidates(hours: Mapping[date, Bells], minutes: int, zone: str) -> list[list[datetime]]:
    """The possible start times of a meeting of this length, for the morning and the afternoon of each day.

    None begins with the first bell, because people have to arrive.
    """
    halves = []
    for day, (first, last) in sorted(hours.items()):
        start, end = at_local(day, first.hour, 0, zone) + 2 * STEP, at_local(day, last.hour, last.minute, zone)
        every = (start + number * STEP for number in range(MOST_STEPS))
        times = [at for at in every if at + timedelta(minutes=minutes) <= end]
        halves.append([at for at in times if local(at, zone).time() < NOON])
        halves.append([at for at in times if local(at, zone).time() >= NOON])
    return [half for half in halves if half]
