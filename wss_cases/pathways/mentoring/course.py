"""Mentoring from its match to its end: match, goal and schedule, reviews, ending. Sessions and cards have their own
files."""

from datetime import date, timedelta
from typing import Any

from flask import url_for
from sqlalchemy import select
from wtforms import DateField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.queries import participants_of
from wss_cases.cases.progress import open_only
from wss_cases.followups.making import cancel_row
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm, choice_field, choices, needs, radio
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common import actions
from wss_cases.pathways.common.models import OUTCOMES, EndReason, Pathway, PathwayState, ids
from wss_cases.pathways.common.pages import PathwayPages, number, page_of, pathway_subject, people_choices, today_of
from wss_cases.pathways.mentoring.mentors import candidates, group_places_taken, number_or_none, places_taken
from wss_cases.pathways.mentoring.plan.models import (
    LONGEST_MINUTES,
    LONGEST_WEEKS,
    OWN_RHYTHM,
    PRESETS,
    REVIEW_AFTER_DAYS,
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
from wss_cases.pathways.mentoring.plan.queries import plan_of, reviews_of
from wss_cases.pathways.mentoring.plan.rules import Candidate, last_day_of
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.routing.engine.vocabulary import Pathway as Family

REVIEW = "mentoring_review"
FURTHEST = timedelta(days=400)
"""How far ahead a plan may reach."""
DAYS_TO_NEXT_REVIEW = 42
EARLY = "early"

pages = PathwayPages("mentoring", __name__, pathway_subject(Family.MENTORING))


class CourseForm(PlainForm):
    goal = LongText(
        _l("Goal"),
        [NotBlank(_l("Write the goal."))],
        limit=500,
        description=_l("One thing the student wants to be able to do. The mentor can see it."),
    )
    preset = RadioField(_l("How often and how long"), validators=[InputRequired(_l("Choose how often and how long."))])
    rhythm = choice_field(_l("How often"), [("", _l("Not set")), *Cadence.labels().items()], validators=[Optional()])
    weeks = number_or_none(_l("How many weeks"), 1, LONGEST_WEEKS)
    minutes = number_or_none(_l("Minutes each time"), 1, LONGEST_MINUTES)
    starts_on = DateField(_l("First day"), validators=[InputRequired(_l("Choose the first day."))])
    review_on = DateField(_l("Next review"), validators=[Optional()])

    def fit(self, row: Pathway) -> None:
        own = (OWN_RHYTHM, _l("Another schedule"))
        self.preset.choices = choices([*((code, PRESETS[code].words) for code in presets_for(row.kind)), own])

    def validate(self, extra_validators: Any = None) -> bool:
        missing = self.preset.data == OWN_RHYTHM and not self.rhythm.data
        return needs(super().validate(extra_validators), self.rhythm, missing, _l("Choose how often."))

    def schedule(self) -> tuple[Cadence, int | None, int | None]:
        """How often, weeks and minutes. A preset gives them, and its minutes when none are typed."""
        preset = PRESETS.get(self.preset.data)
        if preset is not None:
            return preset.rhythm, preset.weeks, self.minutes.data or preset.minutes
        return Cadence(self.rhythm.data), self.weeks.data, self.minutes.data


def _course_start(row: Pathway, plan: MentoringPlan | None) -> dict[str, Any]:
    days, today = school_days(row.school_id), today_of(row)
    starts_on = plan.starts_on if plan and plan.starts_on else days.add(today, 1)
    review_on = plan.next_review_on if plan else None
    if review_on is None and not (plan and plan.starts_on):
        review_on = days.on_or_after(max(today, starts_on) + timedelta(days=REVIEW_AFTER_DAYS))
    return {
        "goal": plan.goal if plan else "",
        "preset": _preset_of(row, plan),
        "rhythm": plan.rhythm.value if plan and plan.rhythm else "",
        "weeks": plan.weeks if plan else None,
        "minutes": plan.minutes if plan else None,
        "starts_on": starts_on,
        "review_on": review_on,
    }


def _preset_of(row: Pathway, plan: MentoringPlan | None) -> str | None:
    if plan is None or plan.rhythm is None:
        return None
    for code in presets_for(row.kind):
        preset = PRESETS[code]
        same = (preset.rhythm, preset.weeks) == (plan.rhythm, plan.weeks)
        if same and (preset.minutes is None or preset.minutes == plan.minutes):
            return code
    return OWN_RHYTHM


def _plan_for(uow: UnitOfWork, row: Pathway) -> MentoringPlan:
    """The locked plan of a locked pathway, or a new one that is not added yet."""
    plan = uow.session.scalar(select(MentoringPlan).where(MentoringPlan.pathway_id == row.id).with_for_update())
    return plan or MentoringPlan.of(row, match_reasons="", goal="", comes_after="")


def _set_course(row: Pathway, plan: MentoringPlan, form: CourseForm, today: date) -> bool:
    """Write a course into a plan, and the pathway's expected end. Returns whether the next review changed."""
    starts_on, review_on = form.starts_on.data, form.review_on.data
    if abs(starts_on - today) > FURTHEST:
        raise Refused("starts_on", _("Choose a day within a year of today."))
    other_review = bool(review_on != plan.next_review_on)
    if other_review and review_on is not None and not today <= review_on <= today + FURTHEST:
        raise Refused("review_on", _("Choose today or a later day, within a year."))
    plan.goal, (plan.rhythm, plan.weeks, plan.minutes) = form.goal.data, form.schedule()
    plan.starts_on, plan.next_review_on = starts_on, review_on
    last = last_day_of(plan.starts_on, plan.weeks)
    if last is not None:
        row.expected_end = last
    return other_review


def _ask_for_review(uow: UnitOfWork, row: Pathway, on: date | None) -> None:
    """Move the open follow-up of a plan's next review to this day, or make it; None cancels it."""
    waiting = actions.open_follow_ups(uow, row.id, REVIEW)
    if on is None:
        for follow_up in waiting:
            cancel_row(uow, follow_up, _("No review is scheduled anymore."))
    elif waiting:
        waiting[0].due_on = on
        uow.record(waiting[0], "followup.moved", what=REVIEW, due_on=on.isoformat(), reason="other")
    else:
        actions.follow(uow, row, REVIEW, on)


@pages.on_pathway(
    "/mentoring", CourseForm, _l("Goal and schedule"), _l("Save"), endpoint="details",
    start=lambda row: _course_start(row, plan_of(row.id)), template="pathways/mentoring/case_page/course.html",
)  # fmt: skip
def save_plan(uow: UnitOfWork, row: Pathway, form: CourseForm) -> None:
    """Set the goal, how often and how long."""
    actions.check_live(row)
    plan = _plan_for(uow, row)
    other_review = _set_course(row, plan, form, today_at(row.school_id, uow.now))
    actions.audit_only(uow, row)
    uow.record(plan, "mentoring.planned")
    if other_review:
        _ask_for_review(uow, row, form.review_on.data)


def _id_of(candidate: Candidate) -> int:
    return int((candidate.group or candidate.mentor).id)


def _title(candidate: Candidate) -> str:
    name = f"{candidate.group.name} ({candidate.mentor.name})" if candidate.group else candidate.mentor.name
    return _("%(name)s – %(free)d of %(all)d spots open", name=name, free=candidate.free, all=candidate.capacity)


def _because(candidate: Candidate) -> str:
    reasons = [str(Reason(reason).label) for reason in candidate.reasons if reason is not Reason.PLACE]
    strengths = _("Strengths: %(what)s", what=candidate.mentor.strengths) if candidate.mentor.strengths else ""
    return dotted(candidate.mentor.organisation, *reasons, strengths)


class MatchForm(CourseForm):
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

    def fit(self, row: Pathway) -> None:
        super().fit(row)
        plan, student = plan_of(row.id), row.participant.student if row.participant else None
        self.mentors = candidates(row, student.language if student else None, plan.goal if plan else "", today_of(row))
        self.chosen.choices = choices([(str(_id_of(each)), _title(each)) for each in self.mentors if each.free])
        people = {person.id: person_words(person) for person in participants_of(row.case_id) if person.student_id}
        self.participant_id.choices = people_choices(people, _("Choose the student"))


def _match_start(row: Pathway) -> dict[str, Any]:
    plan = plan_of(row.id)
    chosen_id = (plan.group_id if row.kind == Kind.GROUP else plan.mentor_id) if plan else None
    return {
        "chosen": str(chosen_id or "") if plan else None,
        "reasons": plan.match_reasons.split(",") if plan and plan.match_reasons else None,
        "agreed": None if row.accepted_on is None else "yes",
        **_course_start(row, plan),
    }


def _beside_match(row: Pathway, form: MatchForm) -> dict[str, Any]:
    return {
        "reasons": {str(_id_of(candidate)): _because(candidate) for candidate in form.mentors},
        "full": [_title(candidate) for candidate in form.mentors if not candidate.free],
        "named": row.participant_id is not None,
        "group": row.kind == Kind.GROUP,
    }


def _chosen(uow: UnitOfWork, row: Pathway, form: MatchForm, **lock: Any) -> tuple[Mentor, MentoringGroup | None]:
    mentor_id: int | None = int(form.chosen.data)
    group = uow.session.get(MentoringGroup, mentor_id, **lock) if row.kind == Kind.GROUP else None
    if row.kind == Kind.GROUP:
        mentor_id = group.mentor_id if group is not None and group.is_active else None
    mentor = uow.session.get(Mentor, mentor_id, **lock) if mentor_id is not None else None
    if mentor is None or mentor.school_id != row.school_id or not mentor.is_active:
        raise Refused("chosen", _("Choose the mentor."))
    return mentor, group


def _lock_chosen(uow: UnitOfWork, row: Pathway, form: MatchForm) -> None:
    """Lock the mentor before the pathway, as the end of a mentor does, so that two matches never share a place."""
    _chosen(uow, row, form, with_for_update=True, populate_existing=True)


@pages.on_pathway(
    "/match", MatchForm, _l("Match with a mentor"), _l("Save the match"), endpoint="match", first=_lock_chosen,
    start=_match_start, more=_beside_match, template="pathways/mentoring/case_page/match.html",
)  # fmt: skip
def match(uow: UnitOfWork, row: Pathway, form: MatchForm) -> None:
    """Match a student with a mentor or a group, and set the course.

    With the student's yes the pathway is prepared, and active from its first day.
    """
    actions.check_live(row)
    mentor, group = _chosen(uow, row, form)
    plan = _plan_for(uow, row)
    _check_places(plan, mentor, group)
    _set_student(row, number(form.participant_id.data))
    plan.mentor_id, plan.group_id = mentor.id, group.id if group is not None else None
    plan.match_reasons = ",".join(reason.value for reason in Reason if reason in form.reasons.data)
    row.next_step, row.next_step_on = "", None
    other_review = _set_course(row, plan, form, today_at(row.school_id, uow.now))
    actions.audit_only(uow, row)
    uow.record(plan, "mentoring.matched", mentor=mentor.name)
    if other_review:
        _ask_for_review(uow, row, form.review_on.data)
    if form.agreed.data == "yes":
        _begin(uow, row, plan)


def _check_places(plan: MentoringPlan, mentor: Mentor, group: MentoringGroup | None) -> None:
    place: Mentor | MentoringGroup = group or mentor
    if group is not None:
        taken, own = group_places_taken(group.school_id), plan.group_id == group.id
    else:
        taken, own = places_taken(mentor.school_id), plan.mentor_id == mentor.id and plan.group_id is None
    if taken.get(place.id, 0) - own >= place.capacity:
        raise Refused("chosen", _("%(name)s has no open spot.", name=place.name))


def _set_student(row: Pathway, participant_id: int | None) -> None:
    if row.participant_id is None:
        row.participant_id = participant_id
    if row.participant_id is None:
        raise Refused("participant_id", _("Choose the student."))


def _begin(uow: UnitOfWork, row: Pathway, plan: MentoringPlan) -> None:
    today = today_at(row.school_id, uow.now)
    since = min(today, plan.starts_on or today)
    if row.state is PathwayState.PROPOSED:
        actions.note_acceptance(uow, row, since)
    if row.state is PathwayState.PREPARING and plan.starts_on is not None and plan.starts_on <= today:
        actions.note_start(uow, row, plan.starts_on)


class ReviewForm(PlainForm):
    stands = radio(_l("How is the goal going?"), STANDS_LABELS, _l("Answer how the goal is going."))
    goes_on = radio(_l("What happens next?"), GoesOn.labels(), _l("Choose what happens next."))
    next_on = DateField(_l("Next review"), validators=[Optional()])
    note = LongText(_l("What was said, and what changes"), [Optional()], limit=2000)


def _with_goal(row: Pathway, _form: Any) -> dict[str, Any]:
    plan = plan_of(row.id)
    return {"goal": plan.goal if plan else ""}


def _review_start(row: Pathway) -> dict[str, Any]:
    day = today_of(row) + timedelta(days=DAYS_TO_NEXT_REVIEW)
    return {"next_on": school_days(row.school_id).on_or_after(day)}


def _after_review(row: Pathway, _id: int) -> str:
    """The page that ends mentoring, where the review said that it ends."""
    ends = reviews_of(row.id)[0].goes_on == GoesOn.ENDS
    return url_for("mentoring.finish", **ids(row)) if ends else page_of(row)


@pages.on_pathway(
    "/mentoring-review", ReviewForm, _l("Review the mentoring"), _l("Save the review"), endpoint="review",
    start=_review_start, more=_with_goal, then=_after_review, template="pathways/mentoring/case_page/review.html",
)  # fmt: skip
def review(uow: UnitOfWork, row: Pathway, form: ReviewForm) -> None:
    """Record a review: how the goal stands, and what follows. The next review is planned unless mentoring ends.

    Ending it is another act (`finish`).
    """
    open_only(row.case)
    plan = existing(
        uow.session.scalar(select(MentoringPlan).where(MentoringPlan.pathway_id == row.id).with_for_update())
    )
    if row.state is not PathwayState.ACTIVE:
        raise Refused("", _("Mentoring is reviewed while it is active."))
    stands, goes_on, note, next_on = form.stands.data, GoesOn(form.goes_on.data), form.note.data, form.next_on.data
    if goes_on is GoesOn.CHANGES and not note.strip():
        raise Refused("note", _("Write what changes."))
    today = today_at(row.school_id, uow.now)
    if goes_on is not GoesOn.ENDS and (next_on is None or not today < next_on <= today + FURTHEST):
        raise Refused("next_on", _("Choose the day of the next review, after today and within a year."))
    plan.next_review_on = next_on if goes_on is not GoesOn.ENDS else None
    uow.audit("mentoring.next_review", "mentoring_plan", plan.id, changes_of(plan))
    record = MentoringReview.of(
        row, on_day=today, goal_stands=stands, goes_on=goes_on.value, note=note, reviewed_by_id=uow.actor.user_id
    )
    uow.record(uow.add(record), "mentoring.reviewed", stands=stands, goes_on=goes_on.value)
    actions.close_open(uow, row.id, REVIEW, stands, note)
    if plan.next_review_on is not None:
        actions.follow(uow, row, REVIEW, plan.next_review_on)


class FinishForm(PlainForm):
    how = radio(
        _l("How is it ending?"),
        [*OUTCOMES[Family.MENTORING].items(), (EARLY, _l("It is ending early"))],
        _l("Choose how it is ending."),
    )
    reason = radio(_l("Why it is ending early"), EndReason.labels())
    after = radio(_l("What comes after?"), After.labels(), _l("Write what comes after."))
    note = LongText(_l("Note"), [Optional()], description=_l("Facts only."))

    def validate(self, extra_validators: Any = None) -> bool:
        missing = self.how.data == EARLY and not self.reason.data
        return needs(super().validate(extra_validators), self.reason, missing, _l("Choose the reason it is ending."))


@pages.on_pathway(
    "/finish", FinishForm, _l("End the mentoring"), _l("End it"), endpoint="finish", more=_with_goal,
    template="pathways/mentoring/case_page/finish.html",
)  # fmt: skip
def finish(uow: UnitOfWork, row: Pathway, form: FinishForm) -> None:
    """End mentoring with its outcome, or early with the reason, and record what comes after."""
    actions.check_live(row)
    plan = _plan_for(uow, row)
    plan.comes_after, plan.next_review_on = form.after.data, None
    uow.record(plan, "mentoring.after", after=plan.comes_after)
    if form.how.data == EARLY:
        actions.note_end(uow, row, EndReason(form.reason.data), form.note.data)
    else:
        actions.note_completion(uow, row, form.how.data, form.note.data)


ROOM = Room(pages=(pages,))
