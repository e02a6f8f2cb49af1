"""A return: use cases for plan, first day back, review and outcome, the panel on the case page, and their pages."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, redirect, url_for

from wss_cases.access.act_pages import act_form, submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.pages import days_ahead
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.followups.making import cancel_row, close_row
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words, day_words_with_year, moment_words
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import choices, filled
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import district_zone, local, local_date, today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import (
    audit_only,
    close_open,
    follow,
    not_later,
    note_acceptance,
    note_completion,
    note_start,
)
from wss_cases.pathways.common.pages import ACT, CompleteForm, act_context, act_on, moment_in, page_of
from wss_cases.pathways.common.queries import get_pathway, load_pathway
from wss_cases.pathways.common.rules import LIVE, Panel, Pathway, PathwayState, ids, outcomes_for
from wss_cases.pathways.reengagement import meeting as meetings
from wss_cases.pathways.reengagement.opening import TO_PLAN, check_days
from wss_cases.pathways.reengagement.plan.pages import (
    HELD,
    MEETING,
    WORK,
    AnswerForm,
    BackForm,
    MeetingForm,
    PlanForm,
    ReviewForm,
    load_return,
    meeting_day,
)
from wss_cases.pathways.reengagement.plan.queries import REVIEW, open_of, plan_of, reviews_of
from wss_cases.pathways.reengagement.plan.rules import (
    CATCH_UP,
    REVIEWS,
    SOONER,
    AwayCause,
    Meeting,
    MeetingMissed,
    ReengagementPlan,
    ReengagementReview,
    ReviewAnswer,
    is_near,
    meeting_of,
    quick_meetings,
    return_words,
)
from wss_cases.pathways.reengagement.returns import tone_of
from wss_cases.roster.directory.queries import get_school, school_days
from wss_cases.roster.telling import refuse_naming_kept_off
from wss_cases.routing.engine.pages import Pathway as Family

NOT_BACK = "not_back"


@dataclass(frozen=True)
class PlanText:
    """The plan made with the student: the day, whom they want there, supports, and missed work."""

    return_on: date | None
    supporters: str = ""
    supports: str = ""
    work_missed: str = ""


@use_case
def save_plan(uow: UnitOfWork, pathway_id: int, text: PlanText, agreed: bool) -> int:
    """Write the plan of a return. `agreed`: the student said yes, and preparation begins. Returns the pathway's id.

    A meeting that is no longer near the day of return is canceled. Raises Refused, NotFound, Stale.
    """
    row, plan = load_return(uow, pathway_id, uow.version)
    check_days(plan.away_from, text.return_on)
    if plan.student_id is not None:
        refuse_naming_kept_off("supporters", [plan.student_id], text.supporters)
    if plan.returned_on is not None and text.return_on is None:
        raise Refused("return_on", _("The student is back, so the day of return stays."))
    drops = plan.meeting_held_on is None and plan.meeting_at is not None
    if drops and not (text.return_on and is_near(meeting_day(uow, plan), text.return_on, school_days(row.school_id))):
        _drop_meeting(uow, plan)
    plan.return_on, plan.supporters, plan.supports = text.return_on, text.supporters, text.supports
    plan.work_missed = text.work_missed
    uow.record(plan, "reengagement.planned")
    if agreed and row.state is PathwayState.PROPOSED:
        note_acceptance(uow, row, today_at(row.school_id, uow.now))
    if row.state is not PathwayState.PROPOSED:
        close_open(uow, row.id, TO_PLAN, "planned")
        _ask_for_work(uow, row, plan)
    return row.id


@use_case
def record_return(uow: UnitOfWork, pathway_id: int, on: date) -> int:
    """Record the first day back. The pathway becomes active, and reviews are due 5 and 20 school days later.

    Raises Refused for a future day, a day before the first day away, before the student said yes, and a second time.
    """
    row, plan = load_return(uow, pathway_id, uow.version)
    if plan.returned_on is not None:
        raise Refused("", _("The first day back is already recorded."))
    if row.state is PathwayState.PROPOSED:
        raise Refused("", _("Plan the return with the student first; the plan may be short."))
    not_later(uow, row.school_id, "on", on)
    if plan.away_from is not None and on < plan.away_from:
        raise Refused("on", _("This is before the first day away."))
    plan.returned_on, plan.return_on = on, plan.return_on or on
    uow.record(plan, "reengagement.returned", on=on.isoformat())
    note_start(uow, row, on)
    today, days = today_at(row.school_id, uow.now), school_days(row.school_id)
    for wait in REVIEWS:
        follow(uow, row, REVIEW, max(days.add(on, wait), days.on_or_after(today)))
    row.expected_end = days.add(on, REVIEWS[-1])
    _next_review(uow, row, plan)
    return row.id


@use_case
def add_review(uow: UnitOfWork, pathway_id: int, answer: ReviewAnswer, note: str) -> int:
    """Record a review of the return; its follow-up closes.

    "Needs more support" and "not back" need a note, and bring another review within five school days. Raises Refused
    without the note.
    """
    row, plan = load_return(uow, pathway_id, uow.version)
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
        follow(uow, row, REVIEW, soon)
        row.expected_end = max(row.expected_end or soon, soon)
    _next_review(uow, row, plan)
    return row.id


@use_case
def complete(uow: UnitOfWork, pathway_id: int, outcome: str, note: str) -> int:
    """Complete a return with its outcome. A good outcome needs a review before. Raises Refused, Stale."""
    row, plan = load_return(uow, pathway_id, uow.version)
    if outcome not in outcomes_for(row.pathway):
        raise Refused("outcome", _("Choose the outcome."))
    if plan.returned_on is None:
        raise Refused("", _("Record the first day back first, or end it early with the reason."))
    if outcome != NOT_BACK and not reviews_of(row.id):
        raise Refused("outcome", _("Review the return once before completing it this way."))
    plan.next_review_on = None
    uow.audit("reengagement.completed", "reengagement_plan", plan.id, changes_of(plan))
    note_completion(uow, row, outcome, note)
    return row.id


def _drop_meeting(uow: UnitOfWork, plan: ReengagementPlan) -> None:
    plan.meeting_at = None
    uow.record(plan, "reengagement.meeting_dropped")
    for follow_up in open_of(plan.pathway_id, MEETING):
        cancel_row(uow, follow_up, _("The day of return moved."))


def _ask_for_work(uow: UnitOfWork, row: Pathway, plan: ReengagementPlan) -> None:
    if plan.work_missed.strip() and plan.return_on is not None and not open_of(row.id, WORK):
        days = school_days(row.school_id)
        due = max(days.add(plan.return_on, CATCH_UP), days.on_or_after(today_at(row.school_id, uow.now)))
        follow(uow, row, WORK, due)


def _next_review(uow: UnitOfWork, row: Pathway, plan: ReengagementPlan) -> None:
    left = open_of(row.id, REVIEW)
    plan.next_review_on = left[0].due_on if left else None
    row.next_step_on = plan.next_review_on
    audit_only(uow, row)


REVIEW_TONES = {ReviewAnswer.SETTLED: "moss", ReviewAnswer.NEEDS_MORE: "sun", ReviewAnswer.NOT_BACK: "brick"}


def panel(actor: Actor, row: Pathway, today: date, now: datetime) -> Panel:
    """The return's panel on the case page; the caller has checked the pathway."""
    plan, days = plan_of(row.id), school_days(row.school_id)
    live = row.state in LIVE
    values: dict[str, Any] = {
        "live": live,
        "planned": row.state is not PathwayState.PROPOSED,
        "plan_href": url_for("reengagement.details", **ids(row)),
        "until": "",
        "rows": [],
        "meeting": None,
        "reviews": [],
    }
    if plan is not None:
        waits = row.state is PathwayState.PREPARING and plan.returned_on is None
        is_reviewed = row.state is PathwayState.ACTIVE and plan.returned_on is not None
        words = return_words(plan.return_on, plan.returned_on, today, days)
        values |= {
            "until": words if live or plan.returned_on else "",
            "tone": tone_of(plan.return_on, plan.returned_on, today, days),
            "rows": _rows(plan),
            "meeting": _meeting(row, plan, now),
            "back_href": url_for("reengagement.back", **ids(row)) if waits else None,
            "review_href": url_for("reengagement.review", **ids(row)) if is_reviewed else None,
            "next_review": day_words(plan.next_review_on),
            "reviews": [
                {
                    "title": day_words(return_review.on_day),
                    "note": return_review.note or None,
                    "tag": str(ReviewAnswer(return_review.answer).label),
                    "tone": REVIEW_TONES.get(return_review.answer, "slate"),
                }
                for return_review in reviews_of(row.id)
            ],
        }
    return Panel("pathways/reengagement/case_page/panel.html", values)


def _rows(plan: ReengagementPlan) -> list[dict[str, Any]]:
    return [
        {"label": _("Reason for being away"), "value": str(AwayCause(plan.cause).label) if plan.cause else ""},
        {"label": _("First day away"), "value": day_words_with_year(plan.away_from)},
        {"label": _("First day back"), "value": day_words_with_year(plan.returned_on or plan.return_on)},
        {"label": _("Who the student wants with them"), "value": plan.supporters},
        {"label": _("Supports"), "value": plan.supports},
        {"label": _("Missed work"), "value": plan.work_missed},
    ]


def _meeting(row: Pathway, plan: ReengagementPlan, now: datetime) -> dict[str, Any]:
    school = get_school(row.school_id)
    zone = school.time_zone if school else district_zone()
    standing = meeting_of(plan)
    live = row.state in LIVE and row.state is not PathwayState.PROPOSED
    when = dotted(moment_words(plan.meeting_at, zone), plan.meeting_place)
    begun = plan.meeting_at is not None and plan.meeting_at <= now
    may_plan = live and standing is not Meeting.HELD and plan.return_on is not None
    return {
        "state": str(Meeting(standing).label),
        "tone": {Meeting.HELD: "moss", Meeting.PLANNED: "teal", Meeting.MISSED: "sun"}.get(standing, "slate"),
        "when": when if plan.meeting_at is not None else "",
        "plan_words": _("Reschedule it") if standing is Meeting.PLANNED else _("Schedule the meeting"),
        "plan_href": url_for("reengagement.meeting", **ids(row)) if may_plan else None,
        "begun": live and standing is Meeting.PLANNED and begun,
        "answer_words": _("Did it take place?") if begun else _("It will not take place"),
        "answer_href": url_for("reengagement.answer", **ids(row))
        if live and standing not in (Meeting.HELD, Meeting.NOT_WANTED)
        else None,
    }


blueprint = Blueprint("reengagement", __name__)

ROOT = "/cases/<int:case_id>/pathways/<int:pathway_id>/return"


def _loaded(case_id: int, pathway_id: int) -> tuple[Pathway, ReengagementPlan | None]:
    row = get_pathway(current_actor(), case_id, pathway_id, Family.REENGAGEMENT)
    return row, plan_of(row.id)


def _version(plan: ReengagementPlan | None) -> Any:
    return plan.version if plan is not None else ""


def _facts(row: Pathway, plan: ReengagementPlan | None) -> list[str]:
    """The days until the return, and whom the student chose."""
    if plan is None:
        return []
    days, today = school_days(row.school_id), today_at(row.school_id, clock.now())
    facts = [return_words(plan.return_on, plan.returned_on, today, days)]
    if plan.supporters:
        facts.append(_("The student wants these people with them: %(people)s", people=plan.supporters))
    return facts


@blueprint.route(ROOT, methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def details(case_id: int, pathway_id: int) -> Page:
    row, plan = _loaded(case_id, pathway_id)
    form = PlanForm(obj=plan)
    days, today = school_days(row.school_id), today_at(row.school_id, clock.now())
    form.return_on.quick = days_ahead(today, days, 1, 3, 5)
    asks = row.state is PathwayState.PROPOSED
    if not asks:
        del form.agreed
    text = filled(form, PlanText)
    words = act_context(row, _("Plan the return"), _("Save the plan"), facts=_facts(row, plan)[:1])
    return act_on(row, form, lambda call: save_plan(call, row.id, text, asks and form.agreed.data), words)


@blueprint.route(f"{ROOT}/meeting", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def meeting(case_id: int, pathway_id: int) -> Page:
    """Plan the re-entry meeting near the return, or move it."""
    row, plan = _loaded(case_id, pathway_id)
    school = get_school(row.school_id)
    zone = school.time_zone if school else district_zone()
    at = local(plan.meeting_at, zone) if plan and plan.meeting_at else None
    form = MeetingForm(
        version=_version(plan),
        day=local_date(plan.meeting_at, zone) if plan and plan.meeting_at else None,
        time=at.time() if at else (school.first_bell if school else None),
        place=plan.meeting_place if plan else "",
    )
    days, today = school_days(row.school_id), today_at(row.school_id, clock.now())
    if plan and plan.return_on:
        around = quick_meetings(plan.return_on, today, days)
        form.day.quick = [(_day_of(day, plan), day.isoformat()) for day in around]
    words = act_context(row, _("Re-entry meeting"), _("Save the meeting"), facts=_facts(row, plan))
    return act_form(
        form,
        lambda call: meetings.plan_meeting(call, row.id, moment_in(form, zone), form.place.data),
        page_of(row),
        words,
    )


def _day_of(day: Any, plan: ReengagementPlan) -> str:
    if day == plan.return_on:
        return _("%(day)s, first day back", day=day_words(day))
    return day_words(day)


@blueprint.route(f"{ROOT}/meeting/answer", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def answer(case_id: int, pathway_id: int) -> Page:
    """Record whether the re-entry meeting took place, or that the student does not want it."""
    row, plan = _loaded(case_id, pathway_id)
    form = AnswerForm(version=_version(plan))
    planned = plan is not None and meeting_of(plan) is Meeting.PLANNED
    if not planned:
        form.happened.choices = [c for c in form.happened.choices if c.value == MeetingMissed.NOT_WANTED]
        form.happened.label.text = _("No meeting")

    def act(call: Invocation) -> int:
        missed = None if form.happened.data == HELD else MeetingMissed(form.happened.data)
        return meetings.answer_meeting(call, row.id, missed)

    words = act_context(row, _("The re-entry meeting"), _("Save the answer"), facts=_facts(row, plan))
    return act_on(row, form, act, words)


@blueprint.route(f"{ROOT}/back", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def back(case_id: int, pathway_id: int) -> Page:
    row, plan = _loaded(case_id, pathway_id)
    today = today_at(row.school_id, clock.now())
    expected = plan.return_on if plan and plan.return_on and plan.return_on <= today else today
    form = BackForm(version=_version(plan), on=expected)
    not_back = url_for("reengagement.details", case_id=case_id, pathway_id=pathway_id)
    words = act_context(
        row, _("Is the student back?"), _("Yes, back since this day"), facts=_facts(row, plan), not_back=not_back
    )
    template = "pathways/reengagement/case_page/back.html"
    return act_on(row, form, lambda call: record_return(call, row.id, form.on.data), words, template)


@blueprint.route(f"{ROOT}/review", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def review(case_id: int, pathway_id: int) -> Page:
    """Review how the return is going."""
    row, plan = _loaded(case_id, pathway_id)
    form = ReviewForm(version=_version(plan))
    return form_page(
        form,
        lambda: add_review(submitted(form), row.id, ReviewAnswer(form.answer.data), form.note.data or ""),
        page_of(row),
        ACT,
        **act_context(row, _("Review the return"), _("Save the review"), facts=_facts(row, plan)[:1]),
    )


@blueprint.route(f"{ROOT}/complete", methods=["GET", "POST"], endpoint="complete")
@gate(Permission.CASE_WORK)
def complete_page(case_id: int, pathway_id: int) -> Page:
    row, plan = _loaded(case_id, pathway_id)
    form = CompleteForm(version=_version(plan))
    form.outcome.choices = choices(list(outcomes_for(row.pathway).items()))
    words = act_context(row, _("Complete it with its outcome"), _("Complete"), facts=_facts(row, plan)[:1])
    return act_on(row, form, lambda call: complete(call, row.id, form.outcome.data, form.note.data), words)


@blueprint.get("/follow-ups/<int:follow_up_id>/return")
@gate(Permission.CASE_READ)
def of_follow_up(follow_up_id: int) -> Page:
    """Redirect from a follow-up to the page of the return that it asks for."""
    follow_up = get_follow_up(current_actor(), follow_up_id)
    if follow_up.case_id is None:
        raise NotFound
    pathway = load_pathway(follow_up.pathway_id) if follow_up.pathway_id is not None else None
    if pathway is None or pathway.pathway != Family.REENGAGEMENT:
        return redirect(url_for("casework.case", case_id=follow_up.case_id), 303)
    row, plan = _loaded(follow_up.case_id, pathway.id)
    planned = plan is not None and plan.meeting_at is not None and plan.meeting_at <= clock.now()
    pages = {MEETING: "reengagement.answer" if planned else "reengagement.meeting", REVIEW: "reengagement.review"}
    endpoint = pages.get(follow_up.kind, "reengagement.details")
    return redirect(url_for(endpoint, case_id=row.case_id, pathway_id=row.id), 303)


ROOM = Room(pages=(blueprint,))
