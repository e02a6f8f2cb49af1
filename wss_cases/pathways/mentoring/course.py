"""Use cases and forms of mentoring from its match to its end. Sessions and cards have their own files."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from wtforms import DateField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.permissions import Permission
from wss_cases.cases.progress import open_only
from wss_cases.followups.making import cancel_row
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, choices, needs, radio
from wss_cases.foundation.forms import select as foundation_select
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import (
    audit_only,
    close_open,
    follow,
    load_live,
    note_acceptance,
    note_completion,
    note_end,
    note_start,
    open_follow_ups,
)
from wss_cases.pathways.common.rules import OUTCOMES, EndReason, Pathway, PathwayState
from wss_cases.pathways.mentoring.mentors.pages import number_or_none, places_of, places_of_group
from wss_cases.pathways.mentoring.plan.models import (
    LONGEST_MINUTES,
    LONGEST_WEEKS,
    OWN_RHYTHM,
    PRESETS,
    STANDS_LABELS,
    After,
    Cadence,
    GoesOn,
    Mentor,
    MentoringGroup,
    MentoringPlan,
    MentoringReview,
    Reason,
    presets_for,
)
from wss_cases.pathways.mentoring.plan.rules import last_day_of
from wss_cases.routing.engine.pages import Kind
from wss_cases.routing.engine.pages import Pathway as Family

REVIEW = "mentoring_review"
FURTHEST = timedelta(days=400)
"""How far ahead a plan may reach."""


def ask_for_review(uow: UnitOfWork, row: Pathway, on: date | None) -> None:
    """Move the open follow-up of a plan's next review to this day, or make it; None cancels it."""
    waiting = open_follow_ups(uow, row.id, REVIEW)
    if on is None:
        for follow_up in waiting:
            cancel_row(uow, follow_up, _("No review is scheduled anymore."))
    elif waiting:
        waiting[0].due_on = on
        uow.record(waiting[0], "followup.moved", what=REVIEW, due_on=on.isoformat(), reason="other")
    else:
        follow(uow, row, REVIEW, on)


@use_case
def review(uow: UnitOfWork, pathway_id: int, *, stands: str, goes_on: GoesOn, note: str, next_on: date | None) -> int:
    """Record a review: how the goal stands, and what follows. The next review is planned unless mentoring ends.

    Ending it is another use case (`finish`). Raises Refused naming the field.
    """
    row = uow.load(Pathway, pathway_id, Permission.CASE_WORK, uow.version)
    open_only(row.case)
    plan = existing(
        uow.session.scalar(select(MentoringPlan).where(MentoringPlan.pathway_id == row.id).with_for_update())
    )
    if row.state is not PathwayState.ACTIVE:
        raise Refused("", _("Mentoring is reviewed while it is active."))
    _check(uow, row, stands, goes_on, note, next_on)
    today = today_at(row.school_id, uow.now)
    plan.next_review_on = next_on if goes_on is not GoesOn.ENDS else None
    uow.audit("mentoring.next_review", "mentoring_plan", plan.id, changes_of(plan))
    record = uow.add(
        MentoringReview.of(row, on_day=today, goal_stands=stands,
            goes_on=goes_on.value, note=note, reviewed_by_id=uow.actor.user_id,
        )
    )  # fmt: skip
    uow.record(record, "mentoring.reviewed", stands=stands, goes_on=goes_on.value)
    close_open(uow, row.id, REVIEW, stands, note)
    if plan.next_review_on is not None:
        follow(uow, row, REVIEW, plan.next_review_on)
    return row.id


def _check(uow: UnitOfWork, row: Pathway, stands: str, goes_on: GoesOn, note: str, next_on: date | None) -> None:
    if stands not in STANDS_LABELS:
        raise Refused("stands", _("Answer how the goal is going."))
    if goes_on is GoesOn.CHANGES and not note.strip():
        raise Refused("note", _("Write what changes."))
    today = today_at(row.school_id, uow.now)
    if goes_on is not GoesOn.ENDS and (next_on is None or not today < next_on <= today + FURTHEST):
        raise Refused("next_on", _("Choose the day of the next review, after today and within a year."))


@dataclass(frozen=True)
class Course:
    """The goal, how often and how long, and the next review; None for parts that are not set."""

    goal: str
    rhythm: Cadence | None = None
    weeks: int | None = None
    minutes: int | None = None
    starts_on: date | None = None
    review_on: date | None = None


@dataclass(frozen=True)
class Match:
    """The mentor of a student, or the group (`chosen_id` is then a group's), why, and whether the student said yes."""

    chosen_id: int
    reasons: Collection[Reason]
    participant_id: int | None
    agreed: bool


@use_case
def match(uow: UnitOfWork, pathway_id: int, chosen: Match, course: Course) -> int:
    """Match a student with a mentor or a group, and set the course. Returns the pathway's id.

    With the student's yes the pathway is prepared, and active from its first day. Raises Refused naming the field, also
    when no place is free.
    """
    # mentor and group are locked first, so that two matches never share the last place
    mentor, group = _lock_chosen(uow, pathway_id, chosen.chosen_id)
    row = load_live(uow, pathway_id, uow.version, Family.MENTORING)
    plan, today = plan_for(uow, row), today_at(row.school_id, uow.now)
    _check_match(uow, plan, mentor, group)
    if not chosen.reasons:
        raise Refused("reasons", _("Explain why you chose this mentor."))
    _set_student(row, chosen.participant_id)
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


def _set_student(row: Pathway, participant_id: int | None) -> None:
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
    """Set the goal, how often and how long. Raises NotFound for another family, and Refused naming the field."""
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
    """End mentoring with its outcome, or early with the reason, and record what comes after."""
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
    """The locked plan of a locked pathway, or a new one that is not added yet."""
    plan = uow.session.scalar(select(MentoringPlan).where(MentoringPlan.pathway_id == row.id).with_for_update())
    return plan or MentoringPlan.of(row, match_reasons="", goal="", comes_after="")


def set_course(row: Pathway, plan: MentoringPlan, course: Course, today: date) -> bool:
    """Write a course into a plan, and the pathway's expected end. Returns whether the next review changed.

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


EARLY = "early"


class CourseForm(BaseForm):
    """The goal, how often and how long, and the next review."""

    goal = LongText(
        _l("Goal"),
        [NotBlank(_l("Write the goal."))],
        limit=500,
        description=_l("One thing the student wants to be able to do. The mentor can see it."),
    )
    preset = RadioField(_l("How often and how long"), validators=[InputRequired(_l("Choose how often and how long."))])
    rhythm = foundation_select(
        _l("How often"), [("", _l("Not set")), *Cadence.labels().items()], validators=[Optional()]
    )
    weeks = number_or_none(_l("How many weeks"), 1, LONGEST_WEEKS)
    minutes = number_or_none(_l("Minutes each time"), 1, LONGEST_MINUTES)
    starts_on = DateField(_l("First day"), validators=[InputRequired(_l("Choose the first day."))])
    review_on = DateField(_l("Next review"), validators=[Optional()])

    def offer_presets(self, kind: str) -> None:
        """Offer the schedules that fit a kind of mentoring, and "Another schedule"."""
        own = (OWN_RHYTHM, _l("Another schedule"))
        self.preset.choices = choices([*((code, PRESETS[code].words) for code in presets_for(kind)), own])

    def validate(self, extra_validators: Any = None) -> bool:
        """Require how often for another schedule."""
        missing = self.preset.data == OWN_RHYTHM and not self.rhythm.data
        return needs(super().validate(extra_validators), self.rhythm, missing, _l("Choose how often."))

    def course(self) -> Course:
        """The course as filled in. A preset gives rhythm and weeks, and its minutes when none are typed."""
        preset = PRESETS.get(self.preset.data)
        if preset is not None:
            rhythm, weeks, minutes = preset.rhythm, preset.weeks, self.minutes.data or preset.minutes
        else:
            rhythm, weeks, minutes = Cadence(self.rhythm.data), self.weeks.data, self.minutes.data
        return Course(
            goal=self.goal.data, rhythm=rhythm, weeks=weeks, minutes=minutes, starts_on=self.starts_on.data,
            review_on=self.review_on.data,
        )  # fmt: skip


class MatchForm(CourseForm):
    """The mentor and why, and the course."""

    participant_id = SelectField(_l("Student"), validators=[Optional()])
    chosen = RadioField(_l("Possible mentors"), validators=[InputRequired(_l("Choose the mentor."))])
    reasons = SelectMultipleField(
        _l("Why this mentor"),
        choices=choices(list(Reason.labels().items())),
        validators=[InputRequired(_l("Explain why you chose this mentor."))],
    )
    agreed = radio(
        _l("Has the student said yes?"),
        [("yes", _l("Yes")), ("not_yet", _l("Not yet"))],
        _l("Answer whether the student has said yes."),
    )

    def __init__(self, *given: Any, **values: Any) -> None:
        super().__init__(*given, **values)
        for name in ("reasons", "chosen", "participant_id"):  # in the order of the page: before the course
            self._fields.move_to_end(name, last=False)


class ReviewForm(BaseForm):
    stands = radio(_l("How is the goal going?"), STANDS_LABELS, _l("Answer how the goal is going."))
    goes_on = radio(_l("What happens next?"), GoesOn.labels(), _l("Choose what happens next."))
    next_on = DateField(_l("Next review"), validators=[Optional()])
    note = LongText(_l("What was said, and what changes"), [Optional()], limit=2000)


class FinishForm(BaseForm):
    how = radio(
        _l("How is it ending?"),
        [*OUTCOMES[Family.MENTORING].items(), (EARLY, _l("It is ending early"))],
        _l("Choose how it is ending."),
    )
    reason = radio(_l("Why it is ending early"), EndReason.labels())
    after = radio(_l("What comes after?"), After.labels(), _l("Write what comes after."))
    note = LongText(_l("Note"), [Optional()], description=_l("Facts only."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Require a reason for an early end."""
        missing = self.how.data == EARLY and not self.reason.data
        return needs(super().validate(extra_validators), self.reason, missing, _l("Choose the reason it is ending."))


class CardForm(BaseForm):
    """The expectations and periods of the daily card."""

    expectations = LongText(
        _l("Expectations"),
        [NotBlank(_l("Write at least one line."))],
        limit=500,
        description=_l("Up to five, one per line, in the student’s own words: “I keep my hands to myself”."),
    )
    periods = LongText(
        _l("Periods of the day"),
        [NotBlank(_l("Write at least one line."))],
        limit=1000,
        description=_l("Up to ten, one per line."),
    )
    goal_percent = number_or_none(_l("Goal for a day, in percent of points"), 1, 100, required=True)
