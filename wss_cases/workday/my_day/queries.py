"""What waits for one person: due follow-ups, circles, what needs their decision, their caseload."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, case, func, select

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.prepared import PreparedFor
from wss_cases.access.visibility import finds_any
from wss_cases.accounts.coverage import CoverRow, near
from wss_cases.cases.case.models import OPEN, Case, CaseState
from wss_cases.cases.case.queries import visible_to as cases_visible
from wss_cases.followups.undo import given_by
from wss_cases.foundation.db import counting, db
from wss_cases.foundation.school_time import district_zone, local_date, zone_of
from wss_cases.incidents.incident.models import CareRecord, Incident
from wss_cases.incidents.incident.queries import own_reports as reported_by
from wss_cases.incidents.incident.states import WAITING, IncidentState
from wss_cases.pathways.circles.plans.models import CirclePlan
from wss_cases.pathways.circles.plans.queries import kept_on
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.workday.my_day.beside import BESIDE, around_now, beside_counted
from wss_cases.workday.my_day.due import COMING, OVERDUE, SNOOZED, TODAY, Calendars, Item, due_items
from wss_cases.workday.my_day.meetings.queries import CircleToday, ReentryToday, circles_today, reentries_today
from wss_cases.workday.my_day.waiting import Waiting, waiting_counted, waiting_for

MOST_DUE = 500
MOST_GIVEN = 8


@dataclass(frozen=True)
class MyDay:
    """One person's day; `caseload` counts their open cases by state, `stuck` of them have an overdue review.

    Of each part of what is due there are the oldest, and `counts` says how many in all; `beside` says of what the
    person has any.
    """

    today: date
    time_zone: str
    calendars: Calendars
    overdue: list[Item]
    due_today: list[Item]
    coming: list[Item]
    snoozed: list[Item]
    circles: list[CircleToday]
    waiting: Waiting
    caseload: dict[CaseState, int]
    stuck: int
    counts: Mapping[str, int] = field(default_factory=dict)
    beside: Mapping[str, int] = field(default_factory=dict)
    covers: Sequence[CoverRow] = ()


@dataclass(frozen=True)
class Around:
    """What the page shows besides, and no mail: re-entry meetings and planned community circles of today, and what was
    given to others."""

    reentries: list[ReentryToday]
    planned: Sequence[CirclePlan]
    given: list[Item]
    given_count: int


def my_day(actor: Actor, now: datetime, most: int = MOST_DUE) -> MyDay:
    """Return what waits for a person at this instant, each date by its own school's days; of what is due at most the
    oldest so many of a part."""
    zones = {number: zone_of(number) for number in schools_by_id(sorted(actor.school_ids(*STAFF)))}
    time_zone = next(iter(zones.values()), district_zone())
    today = local_date(now, time_zone)
    calendars = Calendars(zones, now)
    covers = near(actor.user_id, now)
    standing = [(row.user_id, row.school_id) for row in covers if row.cover_id == actor.user_id]
    due = due_items(actor, today, calendars, standing, most)
    caseload, stuck = _caseload(actor, today)
    counted = _counted.rows(actor, today=today, **around_now(now, zones)).one()._asdict()
    besides = {name: counted.pop(name) for name in BESIDE}
    return MyDay(
        today=today,
        time_zone=time_zone,
        calendars=calendars,
        overdue=list(due.by_part[OVERDUE]),
        due_today=list(due.by_part[TODAY]),
        coming=list(due.by_part[COMING]),
        snoozed=list(due.by_part[SNOOZED]),
        counts=due.counts,
        circles=circles_today(actor, now, zones) if besides["circles"] else [],
        waiting=waiting_for(actor, today, standing, counted),
        caseload=caseload,
        stuck=stuck,
        beside=besides,
        covers=covers,
    )


@PreparedFor
def _counted(actor: Actor) -> Any:
    """Return the select of all that is counted for a day; PostgreSQL plans it anew each time, so it is one."""
    return counting(waiting_counted(actor) | beside_counted(actor))


def around(actor: Actor, day: MyDay, now: datetime) -> Around:
    """Return the re-entry meetings of a person's day, the community circles that they planned for it, and what they
    gave to others and is still open."""
    given, count = given_by(actor, MOST_GIVEN) if day.beside["given"] else ([], 0)
    meetings = reentries_today(actor, now, day.calendars.zones) if day.beside["reentries"] else []
    days = [(number, local_date(now, zone)) for number, zone in day.calendars.zones.items()]
    planned = kept_on(actor, days) if day.beside["planned"] else []
    return Around(meetings, planned, [day.calendars.item(row) for row in given], count)


def own_reports(actor: Actor, limit: int = 10) -> list[tuple[int, str, str, IncidentState, date]]:
    """Return the person's newest reports: id, reference, what happened, state, date.

    What keeps old ones in view is dear to ask: by the OFFSET of nothing it is asked of one after the other, from the
    newest on, until there are enough.
    """
    columns = (Incident.id, Incident.reference, Incident.tile, Incident.state, Incident.local_date)
    own = select(*columns).where(Incident.reporter_id == actor.user_id).order_by(Incident.id.desc())
    one = own.offset(0).subquery("one")
    seen = select(Incident.id).where(Incident.id == one.c.id, reported_by(actor)).correlate(one)
    statement = select(one).where(finds_any(seen)).order_by(one.c.id.desc()).limit(limit)
    return [(row[0], row[1], row[2], row[3], row[4]) for row in db.session.execute(statement)]


def _caseload(actor: Actor, today: date) -> tuple[dict[CaseState, int], int]:
    if not actor.has(*CASE_TEAM):
        return {}, 0
    rows = _by_state.rows(actor, today=today).all()
    return {row[0]: row[1] for row in rows}, sum(int(row[2] or 0) for row in rows)


@PreparedFor
def _by_state(actor: Actor) -> Any:
    late = func.sum(case((Case.next_review_on < bindparam("today"), 1), else_=0))
    cases: Any = select(Case.state, func.count(), late)
    mine = cases_visible(cases, actor, live=True).where(Case.lead_id == actor.user_id, Case.state.in_(OPEN))
    return mine.group_by(Case.state)


def digest_people(school_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Return (person, school) of everyone at these schools for whom a decision waits, follow-ups aside."""
    leads = select(Case.lead_id, Case.school_id).where(
        Case.school_id.in_(school_ids), Case.state == CaseState.INTAKE, Case.lead_id.is_not(None)
    )
    asked = select(Incident.reporter_id, Incident.school_id).where(
        Incident.school_id.in_(school_ids), Incident.state == IncidentState.RETURNED, Incident.reporter_id.is_not(None)
    )
    found = db.session.execute(leads.union(asked))
    return [(row[0], row[1]) for row in found if row[0] is not None]


def schools_with_concerns(school_ids: Sequence[int]) -> list[int]:
    """Return the schools among these in which no clinician has screened a student concern yet."""
    statement = select(CareRecord.school_id).where(
        CareRecord.school_id.in_(school_ids), CareRecord.screened_at.is_(None)
    )
    return list(db.session.scalars(statement.distinct()))


def schools_with_reviews(school_ids: Sequence[int]) -> list[int]:
    """Return the schools among these in whose review queue a report waits."""
    statement = select(Incident.school_id).where(Incident.school_id.in_(school_ids), Incident.state.in_(WAITING))
    return list(db.session.scalars(statement.distinct()))
