"""What stands in the next two weeks for the cases of one or more leads: meetings, sessions, returns."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import Case
from wss_cases.cases.case.queries import visible_to
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import at_local, local_date
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import PathwayState
from wss_cases.pathways.mentoring.plan.models import MentoringPlan
from wss_cases.pathways.mentoring.plan.rules import coming_days
from wss_cases.pathways.reengagement.plan.models import ReengagementPlan
from wss_cases.roster.directory.rules import SchoolDays

AHEAD = timedelta(days=14)
CIRCLE, SESSION, REENTRY, RETURN = "circle", "session", "reentry", "return"
Rows = Callable[[Any], Any]
"""Reads columns of the cases whose days are asked for."""


@dataclass(frozen=True)
class Entry:
    """One thing of a day: what it is, when and where (`at` None: some time that day), and of which pathway."""

    day: date
    what: str
    case_id: int
    pathway_id: int
    reference: str
    kind: str
    at: datetime | None = None
    place: str = ""


def calendar(
    actor: Actor, school_id: int, lead_ids: Collection[int] | None, today: date, zone: str, days: SchoolDays
) -> list[Entry]:
    """Return what stands in the fourteen days from today, by day and hour, in three queries."""
    start, end = at_local(today, 0, 0, zone), at_local(today + AHEAD, 0, 0, zone)

    def rows(columns: Any) -> Any:
        # what hangs on a case names its school too, by which it is found sooner; not by its lead: a planner takes it
        # that hardly a case of a school is theirs, and goes through all plans of the school for each
        statement = visible_to(columns.add_columns(Case.lead_id), actor, live=True)
        found = db.session.execute(statement.where(Case.school_id == school_id))
        return [row for row in found if lead_ids is None or row.lead_id in lead_ids]

    entries = [
        *_circles(rows, school_id, start, end, zone),
        *_returns(rows, school_id, (start, end), (today, today + AHEAD), zone),
        *_sessions(rows, school_id, today, days),
    ]
    return sorted(entries, key=lambda entry: (entry.day, entry.at or end, entry.reference))


def _circles(rows: Rows, school_id: int, start: datetime, end: datetime, zone: str) -> Iterable[Entry]:
    columns = (
        select(
            CircleMeeting.starts_at, CircleMeeting.room, Case.id, CircleMeeting.pathway_id, Case.reference, Pathway.kind
        )
        .join(Case, Case.id == CircleMeeting.case_id)
        .join(Pathway, Pathway.id == CircleMeeting.pathway_id)
        .where(CircleMeeting.starts_at >= start, CircleMeeting.starts_at < end)
        .where(CircleMeeting.happened.is_(None), CircleMeeting.school_id == school_id)
    )
    for at, room, case_id, pathway_id, reference, kind, _lead_id in rows(columns):
        yield Entry(local_date(at, zone), CIRCLE, case_id, pathway_id, reference, kind, at, room)


def _returns(
    rows: Rows, school_id: int, between: tuple[datetime, datetime], dates: tuple[date, date], zone: str
) -> Iterable[Entry]:
    plan = ReengagementPlan
    meets = (plan.meeting_at >= between[0]) & (plan.meeting_at < between[1])
    returns = (plan.return_on >= dates[0]) & (plan.return_on < dates[1])
    columns = (
        select(
            plan.meeting_at, plan.meeting_place, plan.return_on, Case.id, plan.pathway_id, Case.reference, Pathway.kind
        )
        .join(Case, Case.id == plan.case_id)
        .join(Pathway, Pathway.id == plan.pathway_id)
        .where(or_(meets, returns), Pathway.state.in_((PathwayState.PREPARING, PathwayState.ACTIVE)))
        .where(Pathway.school_id == school_id)
    )
    for row in rows(columns):
        if row.meeting_at is not None and between[0] <= row.meeting_at < between[1]:
            day = local_date(row.meeting_at, zone)
            yield Entry(day, REENTRY, row[3], row[4], row[5], row[6], row.meeting_at, row.meeting_place)
        if row.return_on is not None and dates[0] <= row.return_on < dates[1]:
            yield Entry(row.return_on, RETURN, row[3], row[4], row[5], row[6])


def _sessions(rows: Rows, school_id: int, today: date, days: SchoolDays) -> Iterable[Entry]:
    plan = MentoringPlan
    last = today + AHEAD - timedelta(days=1)
    columns = (
        select(plan.rhythm, plan.starts_on, plan.weeks, Case.id, plan.pathway_id, Case.reference, Pathway.kind)
        .join(Case, Case.id == plan.case_id)
        .join(Pathway, Pathway.id == plan.pathway_id)
        .where(
            Pathway.school_id == school_id,
            Pathway.state == PathwayState.ACTIVE,
            plan.rhythm.is_not(None),
            plan.starts_on.is_not(None),
        )
    )
    for row in rows(columns):
        end = row.starts_on + timedelta(weeks=row.weeks) - timedelta(days=1) if row.weeks else last
        for day in coming_days(row.rhythm, row.starts_on, min(last, end), days, today):
            yield Entry(day, SESSION, row[3], row[4], row[5], row[6])
