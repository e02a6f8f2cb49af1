"""A mentoring pathway from its match to what comes after; sessions and cards have files of their own."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import (
    audit_only,
    load_live,
    note_acceptance,
    note_completion,
    note_end,
    note_start,
)
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import EndReason, Kind, PathwayState
from wss_cases.pathways.mentoring.mentors.actions import places_of, places_of_group
from wss_cases.pathways.mentoring.plan.models import Mentor, MentoringGroup, MentoringPlan
from wss_cases.pathways.mentoring.plan.rules import last_day_of
from wss_cases.pathways.mentoring.plan.states import LONGEST_MINUTES, LONGEST_WEEKS, After, Cadence, Reason
from wss_cases.pathways.mentoring.reviews.actions import FURTHEST, ask_for_review
from wss_cases.routing.engine.pages import Pathway as Family


@dataclass(frozen=True)
class Course:
    """The goal, how often and how long, and the next review; None where it is not set."""

    goal: str
    rhythm: Cadence | None = None
    weeks: int | None = None
    minutes: int | None = None
    starts_on: date | None = None
    review_on: date | None = None


@dataclass(frozen=True)
class Match:
    """Whom a student is matched with (a group's id for a group, else a mentor's), why, and whether they said yes."""

    chosen_id: int
    reasons: Collection[Reason]
    participant_id: int | None
    agreed: bool


@use_case
def match(uow: UnitOfWork, pathway_id: int, chosen: Match, course: Course) -> int:
    """Match a student with a mentor or a group, and set the course. Returns the pathway's id.

    With the student's yes the pathway is prepared, and from its first day on active. Raises Refused, naming the
    field, where no place is free.
    """
    # whoever gives places away is locked first, so that two matches never share the last one
    mentor, group = _lock_chosen(uow, pathway_id, chosen.chosen_id)
    row = load_live(uow, pathway_id, uow.version, Family.MENTORING)
    plan, today = plan_for(uow, row), today_at(row.school_id, uow.now)
    _check_match(uow, plan, mentor, group)
    if not chosen.reasons:
        raise Refused("reasons", _("Explain why you chose this mentor."))
    _whom(row, chosen.participant_id)
    plan.mentor_id, plan.group_id = mentor.id, group.id if group is not None else None
    plan.match_reasons = ",".join(reason.value for reason in Reason if reason in chosen.reasons)
    row.next_step, row.next_step_on = "", None
    with_review = set_course(row, plan, course, today)
    audit_only(uow, row)
    uow.record(plan, "mentoring.matched", mentor=mentor.name)
    if with_review:
        ask_for_review(uow, row, course.review_on)
    if chosen.agreed:
        _begin(uow, row, plan)
    return row.id


def _lock_chosen(uow: UnitOfWork, pathway_id: int, chosen_id: int) -> tuple[Mentor, MentoringGroup | None]:
    pathway = select(Pathway.kind, Pathway.school_id).where(Pathway.id == pathway_id)
    kind, school_id = existing(uow.session.execute(pathway).first())
    group = None
    mentor_id: int | None = chosen_id
    if kind == Kind.GROUP:
        group = uow.session.get(MentoringGroup, chosen_id, with_for_update=True, populate_existing=True)
        mentor_id = group.mentor_id if group is not None and group.is_active else None
    mentor = None
    if mentor_id is not None:
        mentor = uow.session.get(Mentor, mentor_id, with_for_update=True, populate_existing=True)
    if mentor is None or mentor.school_id != school_id or not mentor.is_active:
        raise Refused("chosen", _("Choose the mentor."))
    return mentor, group


def _check_match(uow: UnitOfWork, plan: MentoringPlan, mentor: Mentor, group: MentoringGroup | None) -> None:
    if group is not None:
        taken = places_of_group(uow, group) - (plan.group_id == group.id)
        full = taken >= group.capacity
    else:
        taken = places_of(uow, mentor) - (plan.mentor_id == mentor.id and plan.group_id is None)
        full = taken >= mentor.capacity
    if full:
        raise Refused("chosen", _("%(name)s has no open spot.", name=group.name if group else mentor.name))


def _whom(row: Pathway, participant_id: int | None) -> None:
    if row.participant_id is None and participant_id is not None:
        if participant_id not in {person.id for person in row.case.participants if person.student_id}:
            raise Refused("participant_id", _("Choose the student."))
        row.participant_id = participant_id
    if row.participant_id is None:
        raise Refused("participant_id", _("Choose the student."))


def _begin(uow: UnitOfWork, row: Pathway, plan: MentoringPlan) -> None:
    today = today_at(row.school_id, uow.now)
    since = min(today, plan.starts_on or today)
    if row.state is PathwayState.PROPOSED:
        note_acceptance(uow, row, since)
    if row.state is PathwayState.PREPARING and plan.starts_on is not None and plan.starts_on <= today:
        note_start(uow, row, plan.starts_on)


@use_case
def save_plan(uow: UnitOfWork, pathway_id: int, course: Course) -> int:
    """Set the goal, how often and how long. Raises NotFound for another family, Refused naming the field."""
    row = load_live(uow, pathway_id, uow.version, Family.MENTORING)
    plan, today = plan_for(uow, row), today_at(row.school_id, uow.now)
    with_review = set_course(row, plan, course, today)
    audit_only(uow, row)
    uow.record(plan, "mentoring.planned")
    if with_review:
        ask_for_review(uow, row, course.review_on)
    return row.id


@use_case
def finish(uow: UnitOfWork, pathway_id: int, *, outcome: str, reason: EndReason | None, after: After, note: str) -> int:
    """End mentoring well, with its outcome, or early, with the reason; and say what comes after."""
    row = load_live(uow, pathway_id, uow.version, Family.MENTORING)
    plan = plan_for(uow, row)
    plan.comes_after, plan.next_review_on = after.value, None
    uow.record(plan, "mentoring.after", after=after.value)
    if reason is not None:
        note_end(uow, row, reason, note)
    else:
        note_completion(uow, row, outcome, note)
    return row.id


def plan_for(uow: UnitOfWork, row: Pathway) -> MentoringPlan:
    """Return the plan of a locked pathway, locked too; a new one that is not yet added where there is none."""
    plan = uow.session.scalar(select(MentoringPlan).where(MentoringPlan.pathway_id == row.id).with_for_update())
    return plan or MentoringPlan.of(row, match_reasons="", goal="", comes_after="")


def set_course(row: Pathway, plan: MentoringPlan, course: Course, today: date) -> bool:
    """Put a course into a plan, with the pathway's expected end. Returns whether the next review is another.

    Raises Refused naming the field.
    """
    if not course.goal.strip():
        raise Refused("goal", _("Write the goal."))
    if course.starts_on is not None and abs(course.starts_on - today) > FURTHEST:
        raise Refused("starts_on", _("Choose a day within a year of today."))
    other_review = course.review_on != plan.next_review_on
    if other_review and course.review_on is not None and not today <= course.review_on <= today + FURTHEST:
        raise Refused("review_on", _("Choose today or a later day, within a year."))
    limits = (("weeks", course.weeks, LONGEST_WEEKS), ("minutes", course.minutes, LONGEST_MINUTES))
    for field, number, most in limits:
        if number is not None and not 1 <= number <= most:
            raise Refused(field, _("Write a number from 1 to %(most)d.", most=most))
    plan.goal, plan.rhythm, plan.weeks, plan.minutes = (course.goal, course.rhythm, course.weeks, course.minutes)
    plan.starts_on, plan.next_review_on = course.starts_on, course.review_on
    last = last_day_of(plan.starts_on, plan.weeks)
    if last is not None:
        row.expected_end = last
    return other_review
