"""Use cases of a return: the plan, the re-entry meeting, the first day back, the reviews."""

from dataclasses import dataclass
from datetime import date

from wss_cases.followups.making import cancel_row, close_row
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import audit_only, not_later, note_acceptance, note_completion, note_start
from wss_cases.pathways.common.follow_ups import close_open, follow
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.rules import outcomes_for
from wss_cases.pathways.common.states import PathwayState
from wss_cases.pathways.reengagement.opening.actions import TO_PLAN, check_days
from wss_cases.pathways.reengagement.plan.lifecycle import MEETING, WORK, load_return, meeting_day
from wss_cases.pathways.reengagement.plan.models import ReengagementPlan, ReengagementReview
from wss_cases.pathways.reengagement.plan.queries import REVIEW, open_of, reviews_of
from wss_cases.pathways.reengagement.plan.rules import CATCH_UP, REVIEWS, SOONER, is_near
from wss_cases.pathways.reengagement.plan.states import ReviewAnswer
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.telling import refuse_naming_kept_off

NOT_BACK = "not_back"


@dataclass(frozen=True)
class PlanText:
    """What is planned with the student: the day, who they want there, what supports them, the work missed."""

    return_on: date | None
    supporters: str = ""
    supports: str = ""
    work_missed: str = ""


@use_case
def save_plan(uow: UnitOfWork, pathway_id: int, text: PlanText, agreed: bool) -> int:
    """Write the plan of a return; `agreed`: the student said yes to it, and preparation begins.

    A meeting that no longer is near the day of return is taken off. Raises Refused, NotFound, Stale.
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
    """Record the first day back: the pathway is active, and its reviews come up 5 and 20 school days later.

    Raises Refused for a day to come or before the first day away, before the student said yes, or twice.
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
    """Record a review of the return; the follow-up that asked for it closes.

    More support needed, or not back: one more review within five school days. Raises Refused without a sentence then.
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
    """Complete a return with its outcome. One that went well was reviewed before. Raises Refused, Stale."""
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
