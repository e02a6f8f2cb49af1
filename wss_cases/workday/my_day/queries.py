"""What waits for one person: due follow-ups, circles, what needs their decision, their caseload."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.accounts.coverage.queries import CoverRow, near
from wss_cases.cases.case.models import Case
from wss_cases.cases.case.queries import visible_to as cases_visible
from wss_cases.cases.case.states import OPEN, CaseState
from wss_cases.followups.core.queries import FollowUpRow, due_for
from wss_cases.followups.core.rules import Due, due_words
from wss_cases.followups.undo.queries import given_by
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import district_zone, local_date, today_at, zone_of
from wss_cases.incidents.incident.models import CareRecord, Incident
from wss_cases.incidents.incident.queries import own_reports as reported_by
from wss_cases.incidents.incident.states import WAITING, IncidentState
from wss_cases.pathways.circles.plans.models import CirclePlan
from wss_cases.pathways.circles.plans.queries import kept_on
from wss_cases.roster.directory.queries import school_days, schools_by_id
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.workday.my_day.meetings.queries import CircleToday, ReentryToday, circles_today, reentries_today
from wss_cases.workday.my_day.waiting import Waiting, waiting_for

AHEAD = 2
"""School days that the morning looks ahead."""

MOST_DUE = 500
MOST_GIVEN = 8


@dataclass(frozen=True)
class Item:
    """One follow-up, on its school's own date and by its own days."""

    row: FollowUpRow
    today: date
    days: SchoolDays

    @property
    def due(self) -> Due:
        """The due date in words: of some hundred only those that are shown are asked for them."""
        return due_words(self.row.due_on, self.today, self.days)


@dataclass(frozen=True)
class MyDay:
    """One person's day; `caseload` counts their open cases by state, `stuck` of them have an overdue review."""

    today: date
    time_zone: str
    calendars: "Calendars"
    overdue: list[Item]
    due_today: list[Item]
    coming: list[Item]
    snoozed: list[Item]
    circles: list[CircleToday]
    waiting: Waiting
    caseload: dict[CaseState, int]
    stuck: int
    covers: Sequence[CoverRow] = ()


@dataclass(frozen=True)
class Around:
    """What the page shows besides, and no mail: re-entry meetings and planned community circles of today, and what was
    given to others."""

    reentries: list[ReentryToday]
    planned: Sequence[CirclePlan]
    given: list[Item]
    given_count: int


def my_day(actor: Actor, now: datetime) -> MyDay:
    """Return what waits for a person at this instant, each date by its own school's days."""
    zones = {number: zone_of(number) for number in schools_by_id(sorted(actor.school_ids(*STAFF)))}
    time_zone = next(iter(zones.values()), district_zone())
    today = local_date(now, time_zone)
    calendars = Calendars(zones, now)
    covers = near(actor.user_id, now)
    standing = [(row.user_id, row.school_id) for row in covers if row.cover_id == actor.user_id]
    found = due_for(actor, today + timedelta(days=14), MOST_DUE, covered=standing)
    snoozed = [row for row in found if calendars.sleeps(row)]
    items = [calendars.item(row) for row in found if calendars.is_near(row) and not calendars.sleeps(row)]
    caseload, stuck = _caseload(actor, today)
    return MyDay(
        today=today,
        time_zone=time_zone,
        calendars=calendars,
        overdue=[item for item in items if item.row.due_on < item.today],
        due_today=[item for item in items if item.row.due_on == item.today],
        coming=[item for item in items if item.row.due_on > item.today],
        snoozed=[calendars.item(row) for row in snoozed],
        circles=circles_today(actor, now, zones),
        waiting=waiting_for(actor, today, standing),
        caseload=caseload,
        stuck=stuck,
        covers=covers,
    )


def around(actor: Actor, day: MyDay, now: datetime) -> Around:
    """Return the re-entry meetings of a person's day, the community circles that they planned for it, and what they
    gave to others and is still open."""
    given, count = given_by(actor, MOST_GIVEN)
    meetings = reentries_today(actor, now, day.calendars.zones)
    planned = kept_on(actor, [(number, local_date(now, zone)) for number, zone in day.calendars.zones.items()])
    return Around(meetings, planned, [day.calendars.item(row) for row in given], count)


class Calendars:
    """Each school's own date and days, read when first asked for."""

    def __init__(self, zones: Mapping[int, str], now: datetime) -> None:
        self.zones, self._now = zones, now
        self._days: dict[int, SchoolDays] = {}
        self._dates: dict[int, date] = {}
        self._ahead: dict[int, date] = {}

    def item(self, row: FollowUpRow) -> Item:
        """Return a follow-up on its school's date."""
        return Item(row, self._today(row.school_id), self.of(row.school_id))

    def is_near(self, row: FollowUpRow) -> bool:
        """Whether a follow-up is due by the last day looked ahead to."""
        school_id = row.school_id
        if school_id not in self._ahead:
            self._ahead[school_id] = self.of(school_id).add(self._today(school_id), AHEAD)
        return row.due_on <= self._ahead[school_id]

    def sleeps(self, row: FollowUpRow) -> bool:
        """Whether a follow-up stands aside until a later day."""
        return row.snoozed_until is not None and row.snoozed_until > self._today(row.school_id)

    def of(self, school_id: int) -> SchoolDays:
        """Return the days of a school."""
        if school_id not in self._days:
            self._days[school_id] = school_days(school_id)
        return self._days[school_id]

    def _today(self, school_id: int) -> date:
        if school_id not in self._dates:
            self._dates[school_id] = today_at(school_id, self._now)
        return self._dates[school_id]


def own_reports(actor: Actor, limit: int = 10) -> list[tuple[int, str, str, IncidentState, date]]:
    """Return the person's newest reports: id, reference, what happened, state, date."""
    statement = (
        select(Incident.id, Incident.reference, Incident.tile, Incident.state, Incident.local_date)
        .where(reported_by(actor))
        .order_by(Incident.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in db.session.execute(statement)]


def _caseload(actor: Actor, today: date) -> tuple[dict[CaseState, int], int]:
    if not actor.has(*CASE_TEAM):
        return {}, 0
    late = func.sum(case((Case.next_review_on < today, 1), else_=0))
    cases: Any = select(Case.state, func.count(), late)
    mine = cases_visible(cases, actor, live=True).where(Case.lead_id == actor.user_id, Case.state.in_(OPEN))
    rows = db.session.execute(mine.group_by(Case.state)).all()
    return {row[0]: row[1] for row in rows}, sum(int(row[2] or 0) for row in rows)


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
