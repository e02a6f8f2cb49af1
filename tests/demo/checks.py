"""What makes an invented district believable: each check returns what offends against it, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from unicodedata import name as letter_name

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import Case, CaseParticipant, CaseState
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import GUARDIAN_CALLS
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.incidents.incident.models import GuardianContact, Incident, IncidentPerson
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.outcomes.counting.repair.police import police
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.requirements.queries import circles_for
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.mentoring.day_grid import cards_of_day
from wss_cases.pathways.mentoring.plan.models import MentoringSession
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.pathways.referrals.referral.models import ServiceDate
from wss_cases.plans.measures import AGREEMENTS, CONTACT, INCIDENTS, REPAIRED, value_of
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.goals.models import PlanGoal
from wss_cases.roster.directory.models import Guardian, StaffMember, Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.police.review.models import NotificationGround
from wss_cases.workday.my_day.queries import my_day

Booking = tuple[datetime, datetime, set[Any], str]
RETURN_MINUTES = 45
OLDEST = {CaseState.INTAKE: 15, CaseState.PREPARING: 25, CaseState.IN_PROCESS: 75, CaseState.MONITORING: 60}
"""School days that a case may be in a state since it was opened."""
LONGEST_OVERDUE = 15
"""School days for which a follow-up may be overdue."""
READABLE = ("LATIN", "CYRILLIC", "ARABIC", "COMBINING")
"""Scripts of the fonts that a plain machine has, as Unicode names begin."""


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
    """Return the open follow-ups and the reviews of cases that are overdue for longer."""
    days = school_days(None)
    items = db.session.scalars(select(FollowUp).where(FollowUp.state == FollowUpState.OPEN, FollowUp.due_on < today))
    dated = [(row.kind, row.due_on) for row in items]
    dated += db.session.execute(select(Case.reference, Case.next_review_on).where(Case.next_review_on < today)).all()
    return [f"{what} since {due}" for what, due in dated if days.between(due, today) > LONGEST_OVERDUE]


def families_called_otherwise() -> list[str]:
    """Return what differs by more than 15 percentage points between students harmed and students who caused harm: the
    share of families who were reached, and of those called from the report."""
    found: dict[bool, list[tuple[bool, bool]]] = {True: [], False: []}
    call = (FollowUp.incident_person_id == IncidentPerson.id) & FollowUp.kind.in_(GUARDIAN_CALLS)
    written = select(GuardianContact.id).where(GuardianContact.incident_person_id == IncidentPerson.id).exists()
    statement = select(IncidentPerson.role, FollowUp.outcome, written).join(FollowUp, call)
    for role, outcome, from_report in db.session.execute(statement.where(FollowUp.state == FollowUpState.DONE)):
        found[role is PersonRole.HARMED].append((outcome == "reached", from_report))
    shares = {key: [sum(column) / len(rows) for column in zip(*rows, strict=True)] for key, rows in found.items()}
    return [f"{shares}"] if any(abs(a - b) > 0.15 for a, b in zip(*shares.values(), strict=True)) else []


def without_cards(coordinator: Actor, today: date) -> list[str]:
    """Return the daily cards that are marked today or were not yesterday; "no card" where there are fewer than two."""
    cards = cards_of_day(coordinator, 1, today, school_days(1).add(today, -1))
    marked = [f"{card.name} is marked" for card in cards if card.today is not None or card.before is None]
    return marked if len(cards) > 1 else ["no card"]


def pointing_the_wrong_way() -> list[str]:
    """Return measured goals without a baseline or whose target is not better than it."""
    goals = db.session.execute(
        select(PlanGoal, PlanBaseline).outerjoin(PlanBaseline, PlanBaseline.id == PlanGoal.baseline_id)
        .where(PlanGoal.measure != "")
    ).all()  # fmt: skip
    return [] if goals and all(_is_better(goal, baseline) for goal, baseline in goals) else ["goals"]


def _is_better(goal: PlanGoal, baseline: PlanBaseline | None) -> bool:
    value = baseline and value_of(goal.measure, baseline.numerator, baseline.denominator)
    if value is None or goal.target is None or goal.direction is None or goal.measure == INCIDENTS:
        return False  # incidents also fall where people stop reporting
    more_is_better = goal.measure in (REPAIRED, CONTACT, AGREEMENTS)
    is_up = goal.direction.value == "up" and goal.target > value
    return is_up if more_is_better else goal.direction.value == "down" and goal.target < value


def police_told_one_way(actor: Actor, scope: Scope) -> list[str]:
    """Return the outcomes of a police review that the school year has none of."""
    made = police(actor, scope)
    emergencies = made.by_door.get(NotificationGround.EMERGENCY, 0)
    found = {"refused": made.refused, "made": made.avoidable, "confirmed": emergencies, "not": made.unconfirmed}
    return [outcome for outcome, number in found.items() if not number]


def no_days_work(people: dict[str, Actor], now: datetime) -> list[str]:
    """Return whose day is empty, or is more than one day's work: at most six things overdue and 15 in all."""
    days = {name: my_day(actor, now, 100) for name, actor in people.items()}
    late = {name: len(day.overdue) for name, day in days.items()}
    things = {name: late[name] + len(day.due_today) + day.waiting.count for name, day in days.items()}
    return [f"{name}: {late[name]} of {things[name]}" for name in days if late[name] > 6 or not 2 <= things[name] <= 20]


def not_readable() -> list[str]:
    """Return names with a letter that a plain machine has no font for."""
    names = [*db.session.scalars(select(Guardian.name)), *db.session.scalars(select(StaffMember.name))]
    names += map(" ".join, db.session.execute(select(Student.given_name, Student.family_name)))
    return [name for name in names if any(c.isalpha() and not letter_name(c).startswith(READABLE) for c in name)]


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
