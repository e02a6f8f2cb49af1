"""What makes an invented district believable: each check returns what offends against it, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from wss_cases.cases.case.models import Case, CaseParticipant, CaseState
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.incidents.incident.models import GuardianContact, Incident, IncidentPerson
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.requirements.queries import circles_for
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.mentoring.plan.models import MentoringSession
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.pathways.referrals.referral.models import ServiceDate
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import DisciplineAction

Booking = tuple[datetime, datetime, set[Any], str]
RETURN_MINUTES = 45
OLDEST = {CaseState.INTAKE: 15, CaseState.PREPARING: 25, CaseState.IN_PROCESS: 75, CaseState.MONITORING: 60}
"""School days that a case may be in a state since it was opened."""
HALF_A_YEAR = timedelta(days=182)


def bookings() -> Iterator[Booking]:
    """Yield every circle meeting and re-entry meeting with the people and the room that it takes."""
    found = db.session.execute(
        select(CircleMeeting, Pathway).join(Pathway, Pathway.id == CircleMeeting.pathway_id)
    ).all()
    circles = circles_for([pathway for _meeting, pathway in found])
    for meeting, pathway in found:
        circle = circles[pathway.id]
        pupils = {("student", one.student_id) for one in circle.invited if one.student_id}
        keepers = {("staff", number) for number in circle.keeper_names}
        taken = pupils | keepers | {("room", pathway.school_id, meeting.room)}
        ends = meeting.starts_at + timedelta(minutes=meeting.minutes)
        yield meeting.starts_at, ends, taken, f"circle meeting {meeting.id}"
    plans = select(ReengagementPlan, Case.lead_id).join(Case, Case.id == ReengagementPlan.case_id)
    for plan, lead_id in db.session.execute(plans.where(ReengagementPlan.meeting_at.is_not(None))):
        room = ("room", plan.school_id, plan.meeting_place)
        taken = {("staff", lead_id), ("student", plan.student_id), room}
        ends = plan.meeting_at + timedelta(minutes=RETURN_MINUTES)
        yield plan.meeting_at, ends, taken, f"re-entry meeting {plan.id}"


def double_booked() -> list[str]:
    """Return pairs of meetings that overlap and share a keeper, a room or a party."""
    known = sorted(bookings(), key=lambda one: one[0])
    return [
        f"{one[3]} and {other[3]} share {sorted(map(str, one[2] & other[2]))}"
        for number, one in enumerate(known)
        for other in known[number + 1 :]
        if other[0] < one[1] and one[2] & other[2]
    ]


def owing_although_harmed() -> list[str]:
    """Return promises and removals of somebody who was harmed and did no harm."""
    harmed = CaseParticipant.role == PersonRole.HARMED
    terms = select(AgreementTerm.id).join(CaseParticipant, CaseParticipant.id == AgreementTerm.owner_participant_id)
    removed = (
        select(DisciplineAction.id)
        .join(IncidentPerson, IncidentPerson.incident_id == DisciplineAction.incident_id)
        .where(IncidentPerson.student_id == DisciplineAction.student_id)
        .where(IncidentPerson.role == PersonRole.HARMED)
    )
    return [
        *(f"term {number}" for number in db.session.scalars(terms.where(harmed))),
        *(f"removal {number}" for number in db.session.scalars(removed)),
    ]


def on_days_without_school(since: date) -> list[str]:
    days = school_days(None)
    return [f"{what} on {day}" for what, day in _happened(since) if day >= since and not days.is_school_day(day)]


def _happened(since: date) -> Iterator[tuple[str, date]]:
    instants: tuple[tuple[Any, Any], ...] = (
        (TimelineEntry.kind, TimelineEntry.at),
        (AuditEntry.action, AuditEntry.at),
        (CircleMeeting.room, CircleMeeting.starts_at),
        (ReengagementPlan.meeting_place, ReengagementPlan.meeting_at),
        (GuardianContact.manner, GuardianContact.at),
        (Incident.reference, Incident.occurred_at),
    )
    for what, at in instants:
        for name, instant in db.session.execute(select(what, at).where(at.is_not(None))):
            if not name.startswith("demo."):
                yield name, local_date(instant, DEFAULT_ZONE)
    for on in (MentoringSession.on_day, ServiceDate.on_day, Incident.local_date, DisciplineAction.starts_on):
        for day in db.session.scalars(select(on)):
            yield str(on), day


def too_old_for_their_state(today: date) -> list[str]:
    """Return open cases that are older, in school days, than their state allows."""
    days = school_days(None)
    ages = [
        (case, days.between(case.opened_on, today))
        for case in db.session.scalars(select(Case).where(Case.state != CaseState.CLOSED))
    ]
    return [f"{case.reference} {case.state.value} for {age}" for case, age in ages if age > OLDEST[case.state]]


def long_overdue(today: date) -> list[str]:
    forgotten = (FollowUp.state == FollowUpState.OPEN) & (FollowUp.due_on < today - HALF_A_YEAR)
    return [f"{row.kind} since {row.due_on}" for row in db.session.scalars(select(FollowUp).where(forgotten))]


def uneven_rates(first: date, last: date) -> list[str]:
    """Return school years in which less than half or more than twice as much is reported a school day as in another."""
    days = school_days(None)
    counted = Counter(school_year(day) for day in db.session.scalars(select(Incident.local_date)))
    rates = {year: number / _length(year, first, last, days) for year, number in counted.items()}
    most, least = max(rates.values()), min(rates.values())
    return [f"{rates}"] if most > 2 * least else []


def _length(year: str, first: date, last: date, days: SchoolDays) -> int:
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return sum(1 for day in every if school_year(day) == year and days.is_school_day(day))


def agreements() -> int:
    return len(list(db.session.scalars(select(Agreement.id))))
