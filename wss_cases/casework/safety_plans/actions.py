"""The use cases of safety plans: what cases keeps, with the follow-ups that belong to it."""

from datetime import date
from typing import Any

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import Case, CaseParticipant, GuardianTold, PlanAnswer, PlanState, SafetyPlan
from wss_cases.cases.progress import open_only
from wss_cases.cases.safety_plans import (
    PlanText,
    agree_plan,
    change_plan,
    draft_plan,
    end_plan,
    living_plans,
    review_plan,
)
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import cancel_row, close_row, make, make_for_event
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.queries import school_days

REVIEW_EVERY = 5
"""School days from one review of a safety plan to the next, where no template says otherwise."""
TO_WRITE, TO_REVIEW = "safety_plan", "safety_plan_review"


@use_case
def write(uow: UnitOfWork, case_id: int, participant_id: int, text: PlanText) -> int:
    """Write a safety plan for one person of a case; returns its id. Raises Refused, NotFound."""
    case = uow.load(Case, case_id, Permission.CASE_WORK)
    plan = draft_plan(uow, case, participant_id, text)
    return plan.id


@use_case
def change(uow: UnitOfWork, plan_id: int, text: PlanText) -> int:
    """Change a plan; one that was agreed is to be agreed again by the next school day. Raises Refused, Stale."""
    plan = _load(uow, plan_id, uow.version)
    was_agreed, review_on = plan.state is PlanState.AGREED, plan.next_review_on
    change_plan(uow, plan, text)
    if was_agreed:
        _drop_review(uow, plan, review_on, _("The plan is being changed."))
        _agree_again(uow, plan)
    return plan.id


@use_case
def agree(uow: UnitOfWork, plan_id: int, on: date, guardian: GuardianTold, guardian_name: str = "") -> int:
    """Note that a plan is agreed: what asked for one closes, the review comes up, and hold H2 is met.

    A guardian who was not reached is tried again the next school day. Raises Refused, Stale.
    """
    plan = _load(uow, plan_id, uow.version)
    agree_plan(uow, plan, on, guardian, _next_review(uow, plan), guardian_name)
    for row in _open(uow, plan, TO_WRITE):
        close_row(uow, row, "agreed", evidence={"on": on.isoformat()})
    if guardian is GuardianTold.NOT_REACHED:
        _follow(uow, plan, "guardian_contact", 1)
    return plan.id


@use_case
def review(uow: UnitOfWork, plan_id: int, answer: PlanAnswer, note: str) -> int:
    """Record a review; its follow-up closes. What does not work is a draft again, to be agreed the next school day.

    Raises Refused, Stale.
    """
    plan = _load(uow, plan_id, uow.version)
    if answer is PlanAnswer.HAPPENED_AGAIN:
        raise Refused("answer", _("Report what happened again. The plan is then reviewed today."))
    due = plan.next_review_on
    for row in _open(uow, plan, TO_REVIEW, due)[:1]:
        close_row(uow, row, answer.value, note)
    works = answer is PlanAnswer.WORKS
    review_plan(uow, plan, answer, note, _next_review(uow, plan) if works else None)
    if not works:
        _agree_again(uow, plan)
    return plan.id


def look_at_on(uow: UnitOfWork, case: Case, person: CaseParticipant | None, due_on: date) -> None:
    """Call for a review of a person's plan on a day (None: of all); without one that is agreed, for writing it."""
    plans = [row for row in living_plans(case.id) if person is None or row.participant_id == person.id]
    about = {"participant_id": person.id, "incident_person_id": person.incident_person_id} if person else {}
    shared: Any = {"school_id": case.school_id, "case_id": case.id, "due_on": due_on, **about}
    owner_id = case.lead_id or uow.actor.user_id
    agreed = [plan for plan in plans if plan.state is PlanState.AGREED]
    for plan in agreed:
        uow.session.get_one(SafetyPlan, plan.id, with_for_update=True, populate_existing=True)
        _drop_review(uow, plan, plan.next_review_on, _("Something happened again, so the plan is reviewed sooner."))
        plan.next_review_on = due_on
        uow.audit("safety_plan.review_called", "safety_plan", plan.id, changes_of(plan))
        make(uow, kind=TO_REVIEW, owner_id=owner_id, **shared)
    if not agreed:
        make(uow, kind=TO_WRITE, owner_id=owner_id, **shared)


@use_case
def end(uow: UnitOfWork, plan_id: int, why: str) -> int:
    """End a plan with the reason; what was open for it alone is cancelled. Raises Refused, Stale."""
    plan = _load(uow, plan_id, uow.version)
    end_living(uow, plan, why)
    return plan.id


def end_living(uow: UnitOfWork, plan: SafetyPlan, why: str) -> None:
    """End a loaded plan with the reason; what was open for it alone is cancelled. Raises Refused."""
    review_on = plan.next_review_on
    end_plan(uow, plan, why)
    _drop_review(uow, plan, review_on, _("The safety plan has ended."))
    if not living_plans(plan.case_id):
        for row in _open(uow, plan, TO_WRITE):
            cancel_row(uow, row, _("The safety plan has ended."))


def _load(uow: UnitOfWork, plan_id: int, version: int | None) -> SafetyPlan:
    plan = uow.load(SafetyPlan, plan_id, Permission.CASE_WORK, version)
    open_only(existing(uow.session.get(Case, plan.case_id)))
    return plan


def _next_review(uow: UnitOfWork, plan: SafetyPlan) -> date:
    """Make the follow-up of the next review and return its date; the template's interval, else five school days."""
    made = make_for_event(
        uow,
        "safety_plan_agreed",
        school_id=plan.school_id,
        owner_id=_owner(uow, plan),
        from_day=today_at(plan.school_id, uow.now),
        case_id=plan.case_id,
        participant_id=plan.participant_id,
    )
    reviews = [row for row in made if row.kind == TO_REVIEW]
    return reviews[0].due_on if reviews else _follow(uow, plan, TO_REVIEW, REVIEW_EVERY).due_on


def _agree_again(uow: UnitOfWork, plan: SafetyPlan) -> None:
    if not _open(uow, plan, TO_WRITE):
        _follow(uow, plan, TO_WRITE, 1)


def _follow(uow: UnitOfWork, plan: SafetyPlan, kind: str, wait: int) -> FollowUp:
    due_on = school_days(plan.school_id).add(today_at(plan.school_id, uow.now), wait)
    return make(
        uow, school_id=plan.school_id, kind=kind, owner_id=_owner(uow, plan), due_on=due_on, case_id=plan.case_id,
        participant_id=plan.participant_id,
    )  # fmt: skip


def _owner(uow: UnitOfWork, plan: SafetyPlan) -> int | None:
    case = uow.session.get(Case, plan.case_id)
    lead = case.lead_id if case else None
    return lead if lead is not None else uow.actor.user_id


def _drop_review(uow: UnitOfWork, plan: SafetyPlan, review_on: date | None, why: str) -> None:
    for row in _open(uow, plan, TO_REVIEW, review_on)[:1] if review_on is not None else []:
        cancel_row(uow, row, why)


def _open(uow: UnitOfWork, plan: SafetyPlan, kind: str, first_due: date | None = None) -> list[FollowUp]:
    """The case's open follow-ups of a kind; of reviews, those of the plan that is next due on this date."""
    wanted = select(FollowUp).where(
        FollowUp.case_id == plan.case_id, FollowUp.kind == kind, FollowUp.state == FollowUpState.OPEN
    )
    if first_due is not None:
        wanted = wanted.where(FollowUp.original_due_on == first_due)
    return list(uow.session.scalars(wanted.order_by(FollowUp.id).with_for_update()))
