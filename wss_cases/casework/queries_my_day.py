"""What waits for one person: due follow-ups, circles, what needs their decision, their caseload."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, Role
from wss_cases.access.scope import in_schools
from wss_cases.accounts.models import UserAccount
from wss_cases.accounts.queries_cover import CoverRow, near
from wss_cases.cases.models import Case
from wss_cases.cases.queries import visible_to as cases_visible
from wss_cases.cases.states import OPEN, CaseState
from wss_cases.followups.queries import FollowUpRow, due_for
from wss_cases.followups.rules import Due, due_words
from wss_cases.foundation.clock import at_local, local_date
from wss_cases.foundation.db import db
from wss_cases.incidents.models import Incident
from wss_cases.incidents.queries import own_reports as reported_by
from wss_cases.incidents.states import WAITING, IncidentState
from wss_cases.pathways.circles.models import CircleMeeting
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.models import School
from wss_cases.roster.queries import school_days
from wss_cases.roster.rules import SchoolDays
from wss_cases.safeguards.queries import open_duty_count

AHEAD = 2
"""School days that the morning looks ahead."""

ZONE = "America/Chicago"
REVIEWERS = (Role.DEAN, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Item:
    """One follow-up with its due date in words."""

    row: FollowUpRow
    due: Due


@dataclass(frozen=True)
class CircleToday:
    """A meeting of today that the person keeps, or that belongs to a case they lead."""

    id: int
    starts_at: datetime
    time_zone: str
    room: str
    kind: str
    reference: str
    keeper_id: int
    keeper: str
    happened: bool | None
    case_id: int
    pathway_id: int


@dataclass(frozen=True)
class Waiting:
    """What waits for the person's decision: reports to review, legal duties, new cases, questions on reports."""

    to_review: int
    new_cases: list[tuple[int, str, str]]
    questions: list[tuple[int, str]]
    duties: int = 0

    @property
    def count(self) -> int:
        """How many things wait."""
        return self.to_review + self.duties + len(self.new_cases) + len(self.questions)


@dataclass(frozen=True)
class MyDay:
    """One person's day; `caseload` counts their open cases by state, `stuck` of them have an overdue review."""

    today: date
    time_zone: str
    overdue: list[Item]
    due_today: list[Item]
    coming: list[Item]
    circles: list[CircleToday]
    waiting: Waiting
    caseload: dict[CaseState, int]
    stuck: int
    covers: Sequence[CoverRow] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all waits."""
        return not (self.overdue or self.due_today or self.coming or self.circles or self.waiting.count)


def my_day(actor: Actor, now: datetime) -> MyDay:
    """Return what waits for a person at this instant, each date by its own school's days."""
    zones = _zones(actor)
    time_zone = next(iter(zones.values()), ZONE)
    today = local_date(now, time_zone)
    days: dict[int, SchoolDays] = {}
    items = []
    covers = near(actor.user_id, today)
    standing = [(row.user_id, row.school_id) for row in covers if row.cover_id == actor.user_id]
    for row in due_for(actor, today + timedelta(days=14), covered=standing):
        if row.school_id not in days:
            days[row.school_id] = school_days(row.school_id)
        calendar = days[row.school_id]
        here = local_date(now, zones.get(row.school_id, ZONE))
        if row.due_on <= calendar.add(here, AHEAD):
            items.append(Item(row, due_words(row.due_on, here, calendar)))
    caseload, stuck = _caseload(actor, today)
    return MyDay(
        today=today,
        time_zone=time_zone,
        overdue=[item for item in items if item.due.state == "overdue"],
        due_today=[item for item in items if item.due.state == "today"],
        coming=[item for item in items if item.due.state not in ("overdue", "today")],
        circles=_circles(actor, now, zones),
        waiting=waiting_for(actor, standing),
        caseload=caseload,
        stuck=stuck,
        covers=covers,
    )


def waiting_for(actor: Actor, covered: Sequence[tuple[int, int]] = ()) -> Waiting:
    """Return what waits for a person's decision; new cases too of those they stand in for: (person, school)."""
    to_review = 0
    if actor.has(*REVIEWERS):
        queue = in_schools(Incident.school_id, actor, *REVIEWERS)
        to_review = db.session.scalar(select(func.count()).where(queue, Incident.state.in_(WAITING))) or 0
    new_cases = []
    if actor.has(*CASE_TEAM):
        cases: Any = select(Case.id, Case.reference, Case.harm_kind)
        theirs = [
            and_(Case.lead_id == lead_id, Case.school_id == school_id) for lead_id, school_id in covered
        ]
        mine = cases_visible(cases, actor).where(
            or_(Case.lead_id == actor.user_id, *theirs), Case.state == CaseState.INTAKE
        )
        new_cases = [(row[0], row[1], row[2]) for row in db.session.execute(mine.order_by(Case.id).limit(20))]
    questions = select(Incident.id, Incident.reference).where(
        reported_by(actor), Incident.state == IncidentState.RETURNED
    )
    found = db.session.execute(questions.order_by(Incident.id).limit(20))
    return Waiting(to_review, new_cases, [(row[0], row[1]) for row in found], open_duty_count(actor))


def own_reports(actor: Actor, limit: int = 10) -> list[tuple[int, str, str, IncidentState, date]]:
    """Return the person's newest reports: id, reference, what happened, state, date."""
    statement = (
        select(Incident.id, Incident.reference, Incident.tile, Incident.state, Incident.local_date)
        .where(reported_by(actor))
        .order_by(Incident.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in db.session.execute(statement)]


def _zones(actor: Actor) -> dict[int, str]:
    ids = sorted(actor.school_ids(*STAFF))
    statement = select(School.id, School.time_zone).where(School.id.in_(ids)).order_by(School.id)
    return {row[0]: row[1] for row in db.session.execute(statement)} if ids else {}


def _circles(actor: Actor, now: datetime, zones: dict[int, str]) -> list[CircleToday]:
    if not actor.has(*CASE_TEAM):
        return []
    columns = (
        CircleMeeting.id,
        CircleMeeting.starts_at,
        School.time_zone,
        CircleMeeting.room,
        Pathway.kind,
        Case.reference,
        CircleMeeting.keeper_id,
        UserAccount.name,
        CircleMeeting.happened,
        Case.id,
        Pathway.id,
    )
    statement = (
        select(*columns)
        .join(Pathway, Pathway.id == CircleMeeting.pathway_id)
        .join(Case, Case.id == CircleMeeting.case_id)
        .join(School, School.id == CircleMeeting.school_id)
        .join(UserAccount, UserAccount.id == CircleMeeting.keeper_id)
        .where(
            in_schools(CircleMeeting.school_id, actor, *CASE_TEAM),
            or_(CircleMeeting.keeper_id == actor.user_id, Case.lead_id == actor.user_id),
            _today(now, zones),
        )
    )
    return [CircleToday(*row) for row in db.session.execute(statement.order_by(CircleMeeting.starts_at))]


def _today(now: datetime, zones: dict[int, str]) -> ColumnElement[bool]:
    by_zone = []
    for zone in sorted(set(zones.values())):
        day = local_date(now, zone)
        start, end = at_local(day, 0, 0, zone), at_local(day + timedelta(days=1), 0, 0, zone)
        by_zone.append(
            and_(School.time_zone == zone, CircleMeeting.starts_at >= start, CircleMeeting.starts_at < end)
        )
    return or_(*by_zone) if by_zone else CircleMeeting.id.is_(None)


def _caseload(actor: Actor, today: date) -> tuple[dict[CaseState, int], int]:
    if not actor.has(*CASE_TEAM):
        return {}, 0
    late = func.sum(case((Case.next_review_on < today, 1), else_=0))
    cases: Any = select(Case.state, func.count(), late)
    mine = cases_visible(cases, actor).where(Case.lead_id == actor.user_id, Case.state.in_(OPEN))
    rows = db.session.execute(mine.group_by(Case.state)).all()
    return {row[0]: row[1] for row in rows}, sum(int(row[2] or 0) for row in rows)


def digest_people(school_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Return (person, school) of everyone at these schools for whom a decision waits, follow-ups aside."""
    leads = select(Case.lead_id, Case.school_id).where(
        Case.school_id.in_(school_ids), Case.state == CaseState.INTAKE, Case.lead_id.is_not(None)
    )
    asked = select(Incident.reporter_id, Incident.school_id).where(
        Incident.school_id.in_(school_ids),
        Incident.state == IncidentState.RETURNED,
        Incident.reporter_id.is_not(None),
    )
    found = db.session.execute(leads.union(asked))
    return [(row[0], row[1]) for row in found if row[0] is not None]


def schools_with_reviews(school_ids: Sequence[int]) -> list[int]:
    """Return the schools among these in whose review queue a report waits."""
    statement = select(Incident.school_id).where(
        Incident.school_id.in_(school_ids), Incident.state.in_(WAITING)
    )
    return list(db.session.scalars(statement.distinct()))
