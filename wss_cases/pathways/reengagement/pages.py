"""Acts on a return: its plan, the re-entry meeting, the first day back, reviews, and the outcome."""

from dataclasses import replace
from datetime import date, datetime
from operator import itemgetter
from typing import Any, NamedTuple

from flask import redirect, url_for
from wtforms import BooleanField, DateField, TimeField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.presenters import days_ahead
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.followups.making import cancel_row, close_row
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm, ShortText, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words, local, local_date, today_at, zone_of
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common import actions
from wss_cases.pathways.common.models import Pathway, PathwayState, ids
from wss_cases.pathways.common.pages import DAY, HERE, CompleteForm, PathwayPages, moment_in, pathway_subject, today_of
from wss_cases.pathways.common.queries import get_pathway, load_pathway
from wss_cases.pathways.reengagement.opening import TO_PLAN, check_days
from wss_cases.pathways.reengagement.plan import (
    CATCH_UP,
    MEETING_TRANSITIONS,
    NEAR,
    REVIEW,
    REVIEWS,
    SOONER,
    Meeting,
    MeetingMissed,
    ReengagementPlan,
    ReengagementReview,
    ReviewAnswer,
    is_near,
    meeting_of,
    open_of,
    plan_of,
    quick_meetings,
    return_words,
    reviews_of,
)
from wss_cases.roster.directory.queries import get_school, school_days
from wss_cases.roster.telling import refuse_naming_kept_off
from wss_cases.routing.engine.vocabulary import Pathway as Family

MEETING, WORK = "reentry_meeting", "work_missed"
NOT_BACK = "not_back"
HELD = "held"


class Return(NamedTuple):
    """A return as its pages find it: the pathway, and its plan once there is one."""

    row: Pathway
    plan: ReengagementPlan | None


def get_return(actor: Actor, case_id: int, pathway_id: int) -> Return:
    """A return that the actor may see. Raises NotFound."""
    row = get_pathway(actor, case_id, pathway_id, Family.REENGAGEMENT)
    return Return(row, plan_of(row.id))


def _plan_version(row: Pathway) -> int | None:
    plan = plan_of(row.id)
    return plan.version if plan is not None else None


pages = PathwayPages(
    "reengagement", __name__,
    replace(pathway_subject(Family.REENGAGEMENT), find=get_return, row=itemgetter(0), version=_plan_version),
    of=itemgetter(0), url_prefix="",
)  # fmt: skip
ROOT = f"{HERE}/return"


def _live_plan(row: Pathway) -> ReengagementPlan:
    """The plan of a live return, or a new plan. Raises Refused, NotFound."""
    actions.check_live(row)
    student_id = row.participant.student_id if row.participant is not None else None
    return plan_of(row.id) or ReengagementPlan.of(row, student_id=student_id)


def meeting_day(plan: ReengagementPlan) -> date:
    """The school-local date of the planned meeting. Raises NotFound without a meeting."""
    if plan.meeting_at is None:
        raise NotFound
    return local_date(plan.meeting_at, zone_of(plan.school_id))


def _facts(at: Return) -> list[str]:
    """The days until the return, and whom the student chose."""
    if at.plan is None:
        return []
    days, today = school_days(at.row.school_id), today_of(at.row)
    facts = [return_words(at.plan.return_on, at.plan.returned_on, today, days)]
    if at.plan.supporters:
        facts.append(_("The student wants these people with them: %(people)s", people=at.plan.supporters))
    return facts


def _until(at: Return, _form: Any) -> dict[str, Any]:
    return {"facts": _facts(at)[:1]}


class PlanForm(PlainForm):
    """The plan made with the student: the day, whom they want there, supports, and missed work."""

    return_on = DateField(_l("First day back"), [Optional()], description=_l("Leave it blank while it is not known."))
    supporters = ShortText(
        _l("Who the student wants with them"),
        [Optional()],
        description=_l("Chosen by the student: family, a friend, a teacher, someone from outside."),
        limit=500,
    )
    supports = LongText(
        _l("Support for the first days"),
        [Optional()],
        description=_l("A person to go to, a calm place, a changed schedule."),
        limit=4000,
    )
    work_missed = LongText(
        _l("Missed work"),
        [Optional()],
        description=_l("What work to make up, and who brings it. It becomes a follow-up."),
        limit=4000,
    )
    agreed = BooleanField(_l("The student went through it and says yes"))

    def fit(self, row: Pathway) -> None:
        self.return_on.quick = days_ahead(today_of(row), school_days(row.school_id), 1, 3, 5)
        if row.state is not PathwayState.PROPOSED:
            del self["agreed"]


WRITTEN = ("return_on", "supporters", "supports", "work_missed")
"""Columns that the form of a plan writes as they are."""


@pages.on_pathway(
    ROOT, PlanForm, _l("Plan the return"), _l("Save the plan"), endpoint="details", more=_until,
    start=lambda at: {name: getattr(at.plan, name) for name in WRITTEN} if at.plan else {},
)  # fmt: skip
def save_plan(uow: UnitOfWork, row: Pathway, form: PlanForm) -> None:
    """Write the plan of a return. With the student's yes, preparation begins.

    A meeting that is no longer near the day of return is canceled.
    """
    plan, return_on = _live_plan(row), form.return_on.data
    check_days(plan.away_from, return_on)
    if plan.student_id is not None:
        refuse_naming_kept_off("supporters", [plan.student_id], form.supporters.data)
    if plan.returned_on is not None and return_on is None:
        raise Refused("return_on", _("The student is back, so the day of return stays."))
    drops = plan.meeting_held_on is None and plan.meeting_at is not None
    if drops and not (return_on and is_near(meeting_day(plan), return_on, school_days(row.school_id))):
        _drop_meeting(uow, plan)
    for name in WRITTEN:
        setattr(plan, name, form[name].data)
    uow.record(plan, "reengagement.planned")
    if "agreed" in form and form.agreed.data:
        actions.note_acceptance(uow, row, today_at(row.school_id, uow.now))
    if row.state is not PathwayState.PROPOSED:
        actions.close_open(uow, row.id, TO_PLAN, "planned")
        _ask_for_work(uow, row, plan)


def _drop_meeting(uow: UnitOfWork, plan: ReengagementPlan) -> None:
    plan.meeting_at = None
    uow.record(plan, "reengagement.meeting_dropped")
    for follow_up in open_of(plan.pathway_id, MEETING):
        cancel_row(uow, follow_up, _("The day of return moved."))


def _ask_for_work(uow: UnitOfWork, row: Pathway, plan: ReengagementPlan) -> None:
    if plan.work_missed.strip() and plan.return_on is not None and not open_of(row.id, WORK):
        days = school_days(row.school_id)
        due = max(days.add(plan.return_on, CATCH_UP), days.on_or_after(today_at(row.school_id, uow.now)))
        actions.follow(uow, row, WORK, due)


class MeetingForm(PlainForm):
    day = DateField(_l("Day"), validators=[InputRequired(DAY)])
    time = TimeField(_l("Time"), validators=[InputRequired(_l("Choose a time."))])
    place = ShortText(_l("Place"), [NotBlank(_l("Enter where it is."))], limit=80)


def _meeting_start(at: Return) -> dict[str, Any]:
    if at.plan is None or at.plan.meeting_at is None:
        school = get_school(at.row.school_id)
        return {"time": school.first_bell if school else None, "place": at.plan.meeting_place if at.plan else ""}
    starts_at, zone = at.plan.meeting_at, zone_of(at.row.school_id)
    return {
        "day": local_date(starts_at, zone), "time": local(starts_at, zone).time(), "place": at.plan.meeting_place
    }  # fmt: skip


def _days_near(at: Return, form: MeetingForm) -> dict[str, Any]:
    if at.plan is not None and at.plan.return_on is not None:
        back_on = at.plan.return_on
        form.day.quick = [
            (_("%(day)s, first day back", day=day_words(day)) if day == back_on else day_words(day), day.isoformat())
            for day in quick_meetings(back_on, today_of(at.row), school_days(at.row.school_id))
        ]
    return {"facts": _facts(at)}


@pages.on_pathway(
    f"{ROOT}/meeting", MeetingForm, _l("Re-entry meeting"), _l("Save the meeting"), endpoint="meeting",
    start=_meeting_start, more=_days_near,
)  # fmt: skip
def plan_meeting(uow: UnitOfWork, row: Pathway, form: MeetingForm) -> None:
    """Set the time and place of the re-entry meeting, or move it."""
    plan, starts_at = _live_plan(row), moment_in(form, zone_of(row.school_id))
    _check_meeting(uow, row, plan, starts_at)
    plan.meeting_at, plan.meeting_place, plan.meeting_missed = starts_at, form.place.data, None
    day = meeting_day(plan)
    uow.record(plan, "reengagement.meeting_planned", on=day.isoformat())
    open_rows = open_of(row.id, MEETING)
    for follow_up in open_rows[:1]:
        if follow_up.due_on != day:
            follow_up.due_on = day
            uow.record(follow_up, "followup.moved", what=MEETING, due_on=day.isoformat(), reason="waiting")
    if not open_rows:
        actions.follow(uow, row, MEETING, day)


def _check_meeting(uow: UnitOfWork, row: Pathway, plan: ReengagementPlan, at: datetime) -> None:
    _step(plan, Meeting.PLANNED)
    if row.state is PathwayState.PROPOSED:
        raise Refused("", _("Plan the return with the student first; whether to meet is their choice."))
    if plan.return_on is None:
        raise Refused("", _("Enter the student’s day of return first."))
    if at <= uow.now:
        raise Refused("day", _("This time has passed. Choose a later one."))
    days, day = school_days(row.school_id), local_date(at, zone_of(row.school_id))
    if not days.is_school_day(day):
        raise Refused("day", _("There is no school on this day. Choose a school day."))
    if not is_near(day, plan.return_on, days):
        raise Refused(
            "day", _("A re-entry meeting takes place near the return: at most %(most)d school days from it.", most=NEAR)
        )


class AnswerForm(PlainForm):
    happened = radio(
        _l("Did it take place?"),
        [(HELD, _l("Yes, it took place")), *MeetingMissed.labels().items()],
        _l("Choose what happened."),
    )


def _what_happened(at: Return, form: AnswerForm) -> dict[str, Any]:
    """Without a planned meeting, only "not wanted" can be recorded."""
    if at.plan is None or meeting_of(at.plan) is not Meeting.PLANNED:
        form.happened.choices = [each for each in form.happened.choices if each.value == MeetingMissed.NOT_WANTED]
        form.happened.label.text = _("No meeting")
    return {"facts": _facts(at)}


@pages.on_pathway(
    f"{ROOT}/meeting/answer", AnswerForm, _l("The re-entry meeting"), _l("Save the answer"), endpoint="answer",
    more=_what_happened,
)  # fmt: skip
def answer_meeting(uow: UnitOfWork, row: Pathway, form: AnswerForm) -> None:
    """Record that the re-entry meeting was held, or why not. Its follow-up closes."""
    plan, is_held = _live_plan(row), form.happened.data == HELD
    if is_held:
        _step(plan, Meeting.HELD)
        if plan.meeting_at is not None and plan.meeting_at > uow.now:
            raise Refused("happened", _("The meeting has not started yet."))
        plan.meeting_held_on = meeting_day(plan)
        uow.record(plan, "reengagement.meeting_held")
    else:
        missed = MeetingMissed(form.happened.data)
        _step(plan, Meeting.NOT_WANTED if missed is MeetingMissed.NOT_WANTED else Meeting.MISSED)
        plan.meeting_at, plan.meeting_missed = None, missed
        uow.record(plan, "reengagement.meeting_missed", why=missed.value)
    actions.close_open(uow, row.id, MEETING, "held" if is_held else "not_held", on=plan.meeting_held_on)


def _step(plan: ReengagementPlan, to: Meeting) -> None:
    standing = meeting_of(plan)
    if to in MEETING_TRANSITIONS[standing]:
        return
    if standing is Meeting.HELD:
        raise Refused("", _("The re-entry meeting already took place."))
    raise Refused("", _("No re-entry meeting is planned."))


class BackForm(PlainForm):
    on = DateField(_l("First day back"), validators=[InputRequired(DAY)])


def _expected(at: Return) -> dict[str, Any]:
    today, return_on = today_of(at.row), at.plan.return_on if at.plan else None
    return {"on": return_on if return_on and return_on <= today else today}


@pages.on_pathway(
    f"{ROOT}/back", BackForm, _l("Is the student back?"), _l("Yes, back since this day"), endpoint="back",
    start=_expected, template="pathways/reengagement/case_page/back.html",
    more=lambda at, _form: {"facts": _facts(at), "not_back": url_for("reengagement.details", **ids(at.row))},
)  # fmt: skip
def record_return(uow: UnitOfWork, row: Pathway, form: BackForm) -> None:
    """Record the first day back. The pathway becomes active, and reviews are due 5 and 20 school days later."""
    plan, on = _live_plan(row), form.on.data
    if plan.returned_on is not None:
        raise Refused("", _("The first day back is already recorded."))
    if row.state is PathwayState.PROPOSED:
        raise Refused("", _("Plan the return with the student first; the plan may be short."))
    actions.not_later(uow, row.school_id, "on", on)
    if plan.away_from is not None and on < plan.away_from:
        raise Refused("on", _("This is before the first day away."))
    plan.returned_on, plan.return_on = on, plan.return_on or on
    uow.record(plan, "reengagement.returned", on=on.isoformat())
    actions.note_start(uow, row, on)
    today, days = today_at(row.school_id, uow.now), school_days(row.school_id)
    for wait in REVIEWS:
        actions.follow(uow, row, REVIEW, max(days.add(on, wait), days.on_or_after(today)))
    row.expected_end = days.add(on, REVIEWS[-1])
    _next_review(uow, row, plan)


class ReviewForm(PlainForm):
    answer = radio(_l("How is it going?"), ReviewAnswer.labels(), _l("Choose how it is going."))
    note = LongText(
        _l("Note"), [Optional()], description=_l("Required if more is needed, or the student is not back."), limit=2000
    )


@pages.on_pathway(
    f"{ROOT}/review", ReviewForm, _l("Review the return"), _l("Save the review"), endpoint="review", more=_until
)
def add_review(uow: UnitOfWork, row: Pathway, form: ReviewForm) -> None:
    """Record a review of the return; its follow-up closes.

    "Needs more support" and "not back" need a note, and bring another review within five school days.
    """
    plan, answer, note = _live_plan(row), ReviewAnswer(form.answer.data), form.note.data
    if plan.returned_on is None or row.state is not PathwayState.ACTIVE:
        raise Refused("", _("A return is reviewed once the student is back."))
    hard = answer in (ReviewAnswer.NEEDS_MORE, ReviewAnswer.NOT_BACK)
    if hard and not note.strip():
        raise Refused("note", _("Describe in a sentence what is needed now."))
    today, days = today_at(row.school_id, uow.now), school_days(row.school_id)
    review = uow.add(
        ReengagementReview.of(row, on_day=today, answer=answer, note=note, reviewed_by_id=uow.actor.user_id)
    )
    uow.record(review, "reengagement.reviewed", answer=answer.value)
    for follow_up in open_of(row.id, REVIEW)[:1]:
        close_row(uow, follow_up, answer.value, note)
    soon = days.add(today, SOONER)
    left = open_of(row.id, REVIEW)
    if hard and (not left or left[0].due_on > soon):
        actions.follow(uow, row, REVIEW, soon)
        row.expected_end = max(row.expected_end or soon, soon)
    _next_review(uow, row, plan)


def _next_review(uow: UnitOfWork, row: Pathway, plan: ReengagementPlan) -> None:
    left = open_of(row.id, REVIEW)
    plan.next_review_on = left[0].due_on if left else None
    row.next_step_on = plan.next_review_on
    actions.audit_only(uow, row)


@pages.on_pathway(
    f"{ROOT}/complete", CompleteForm, _l("Complete it with its outcome"), _l("Complete"), endpoint="complete",
    more=_until,
)  # fmt: skip
def complete(uow: UnitOfWork, row: Pathway, form: CompleteForm) -> None:
    """Complete a return with its outcome. A good outcome needs a review before."""
    plan, outcome = _live_plan(row), form.outcome.data
    if plan.returned_on is None:
        raise Refused("", _("Record the first day back first, or end it early with the reason."))
    if outcome != NOT_BACK and not reviews_of(row.id):
        raise Refused("outcome", _("Review the return once before completing it this way."))
    plan.next_review_on = None
    uow.audit("reengagement.completed", "reengagement_plan", plan.id, changes_of(plan))
    actions.note_completion(uow, row, outcome, form.note.data)


@pages.get("/follow-ups/<int:follow_up_id>/return")
@gate(Permission.CASE_READ)
def of_follow_up(follow_up_id: int) -> Page:
    """Redirect from a follow-up to the page of the return that it asks for."""
    follow_up = get_follow_up(current_actor(), follow_up_id)
    if follow_up.case_id is None:
        raise NotFound
    pathway = load_pathway(follow_up.pathway_id) if follow_up.pathway_id is not None else None
    if pathway is None or pathway.pathway != Family.REENGAGEMENT:
        return redirect(url_for("casework.case", case_id=follow_up.case_id), 303)
    row, plan = get_return(current_actor(), follow_up.case_id, pathway.id)
    has_begun = plan is not None and plan.meeting_at is not None and plan.meeting_at <= clock.now()
    asks_for = {MEETING: "reengagement.answer" if has_begun else "reengagement.meeting", REVIEW: "reengagement.review"}
    return redirect(url_for(asks_for.get(follow_up.kind, "reengagement.details"), **ids(row)), 303)


ROOM = Room(pages=(pages,))
