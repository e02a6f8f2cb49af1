"""The acts on a return, one page each: plan, re-entry meeting, first day back, review."""

from typing import Any

from flask import Blueprint, redirect, url_for

from wss_cases.access.act_pages import act_form, submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.pages import days_ahead
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import choices, filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import district_zone, local, local_date, today_at
from wss_cases.pathways.common.forms import CompleteForm, moment_in
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import get_pathway, load_pathway
from wss_cases.pathways.common.rules import outcomes_for
from wss_cases.pathways.common.states import PathwayState
from wss_cases.pathways.common.views import ACT, act_context, act_on, page_of
from wss_cases.pathways.reengagement.case_page import actions
from wss_cases.pathways.reengagement.meeting import actions as meetings
from wss_cases.pathways.reengagement.plan.forms import HELD, AnswerForm, BackForm, MeetingForm, PlanForm, ReviewForm
from wss_cases.pathways.reengagement.plan.lifecycle import MEETING
from wss_cases.pathways.reengagement.plan.models import ReengagementPlan
from wss_cases.pathways.reengagement.plan.queries import REVIEW, plan_of
from wss_cases.pathways.reengagement.plan.rules import meeting_of, quick_meetings, return_words
from wss_cases.pathways.reengagement.plan.states import Meeting, MeetingMissed, ReviewAnswer
from wss_cases.roster.directory.queries import get_school, school_days
from wss_cases.routing.engine.pages import Pathway as Family

blueprint = Blueprint("reengagement", __name__)

ROOT = "/cases/<int:case_id>/pathways/<int:pathway_id>/return"


def _loaded(case_id: int, pathway_id: int) -> tuple[Pathway, ReengagementPlan | None]:
    row = get_pathway(current_actor(), case_id, pathway_id, Family.REENGAGEMENT)
    return row, plan_of(row.id)


def _version(plan: ReengagementPlan | None) -> Any:
    return plan.version if plan is not None else ""


def _facts(row: Pathway, plan: ReengagementPlan | None) -> list[str]:
    """How long until the return, and whom the student chose."""
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
    """Plan the return with the student."""
    row, plan = _loaded(case_id, pathway_id)
    form = PlanForm(obj=plan)
    days, today = school_days(row.school_id), today_at(row.school_id, clock.now())
    form.return_on.quick = days_ahead(today, days, 1, 3, 5)
    asks = row.state is PathwayState.PROPOSED
    if not asks:
        del form.agreed
    text = filled(form, actions.PlanText)
    words = act_context(row, _("Plan the return"), _("Save the plan"), facts=_facts(row, plan)[:1])
    return act_on(row, form, lambda call: actions.save_plan(call, row.id, text, asks and form.agreed.data), words)


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
    """Say whether the re-entry meeting happened, or that the student wants none."""
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
    """Record the first day back."""
    row, plan = _loaded(case_id, pathway_id)
    today = today_at(row.school_id, clock.now())
    expected = plan.return_on if plan and plan.return_on and plan.return_on <= today else today
    form = BackForm(version=_version(plan), on=expected)
    not_back = url_for("reengagement.details", case_id=case_id, pathway_id=pathway_id)
    words = act_context(
        row, _("Is the student back?"), _("Yes, back since this day"), facts=_facts(row, plan), not_back=not_back
    )
    template = "pathways/reengagement/case_page/back.html"
    return act_on(row, form, lambda call: actions.record_return(call, row.id, form.on.data), words, template)


@blueprint.route(f"{ROOT}/review", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def review(case_id: int, pathway_id: int) -> Page:
    """Review how the return goes."""
    row, plan = _loaded(case_id, pathway_id)
    form = ReviewForm(version=_version(plan))
    return form_page(
        form,
        lambda: actions.add_review(submitted(form), row.id, ReviewAnswer(form.answer.data), form.note.data or ""),
        page_of(row),
        ACT,
        **act_context(row, _("Review the return"), _("Save the review"), facts=_facts(row, plan)[:1]),
    )


@blueprint.route(f"{ROOT}/complete", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def complete(case_id: int, pathway_id: int) -> Page:
    """Complete the return with its outcome."""
    row, plan = _loaded(case_id, pathway_id)
    form = CompleteForm(version=_version(plan))
    form.outcome.choices = choices(list(outcomes_for(row.pathway).items()))
    words = act_context(row, _("Complete it with its outcome"), _("Complete"), facts=_facts(row, plan)[:1])
    return act_on(row, form, lambda call: actions.complete(call, row.id, form.outcome.data, form.note.data), words)


@blueprint.get("/follow-ups/<int:follow_up_id>/return")
@gate(Permission.CASE_READ)
def of_follow_up(follow_up_id: int) -> Page:
    """Go from a follow-up to the act on the return that it asks for."""
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
