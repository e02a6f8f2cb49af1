"""Safety plans: written, agreed, reviewed, changed, ended. Steps for rooms above, which add follow-ups."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from wss_cases.cases.case.models import (
    PLAN_TRANSITIONS,
    Case,
    CaseParticipant,
    GuardianTold,
    PlanAnswer,
    PlanState,
    SafetyPlan,
    SafetyPlanReview,
)
from wss_cases.cases.case.queries import get_participant
from wss_cases.cases.progress import open_only
from wss_cases.foundation.database.prepared import Narrow, Prepared
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import NotFound, Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.telling import refuse_kept_off

load_plan = by_id(SafetyPlan)


def plans_of(case_id: int) -> list[SafetyPlan]:
    """Return the safety plans of a case with the person each is for, newest first."""
    return list(_of_cases.rows([case_id]).scalars())


@Prepared
def _of_cases(among_ids: Narrow) -> Any:
    person = joinedload(SafetyPlan.participant).joinedload(CaseParticipant.student)
    plans = select(SafetyPlan).options(person).where(among_ids(SafetyPlan.case_id))
    return plans.order_by(SafetyPlan.id.desc())


def living_plans(case_id: int) -> list[SafetyPlan]:
    """Return the safety plans of a case that have not ended."""
    return [plan for plan in plans_of(case_id) if plan.state is not PlanState.ENDED]


def get_plan(case: Case, plan_id: int) -> SafetyPlan:
    """Return one safety plan of a case. Raises NotFound for a plan of another case."""
    plan = db.session.get(SafetyPlan, plan_id)
    if plan is None or plan.case_id != case.id:
        raise NotFound
    return plan


def plan_reviews(plan_id: int) -> list[SafetyPlanReview]:
    """Return the reviews of a safety plan, newest first."""
    statement = select(SafetyPlanReview).where(SafetyPlanReview.safety_plan_id == plan_id)
    return list(db.session.scalars(statement.order_by(SafetyPlanReview.id.desc())))


@dataclass(frozen=True)
class PlanText:
    """The contents of a safety plan, as the form gives them."""

    steps: str = ""
    adults_told: str = ""
    route: str = ""
    seat: str = ""
    phone: str = ""
    moves_person_harmed: bool = False
    asked_by_them: bool = False


def draft_plan(uow: UnitOfWork, case: Case, participant_id: int, text: PlanText) -> SafetyPlan:
    """Write a safety plan for one person of an open case.

    Raises Refused when that person has one already, or when it moves the person harmed unasked; NotFound for a person
    of another case.
    """
    open_only(case)
    person = get_participant(case, participant_id)
    standing = select(SafetyPlan.id).where(SafetyPlan.participant_id == person.id, SafetyPlan.state != PlanState.ENDED)
    if uow.session.scalar(standing) is not None:
        raise Refused("participant_id", _("This person has a safety plan. Change that one, or end it first."))
    _unmoved(text)
    plan = uow.add(SafetyPlan(case_id=case.id, school_id=case.school_id, participant_id=person.id, **vars(text)))
    uow.record(plan, "safety_plan.drafted")
    return plan


def change_plan(uow: UnitOfWork, plan: SafetyPlan, text: PlanText) -> None:
    """Change what a plan says; an agreed one becomes a draft again."""
    _living(plan)
    _unmoved(text)
    for name, value in vars(text).items():
        setattr(plan, name, value)
    if plan.state is PlanState.AGREED:
        back_to_draft(plan)
    uow.record(plan, "safety_plan.changed")


def back_to_draft(plan: SafetyPlan) -> None:
    """Change an agreed plan back to a draft; the caller records why."""
    _step(plan, PlanState.DRAFT)
    plan.agreed_on, plan.agreed_by_id, plan.guardian, plan.next_review_on = None, None, None, None
    plan.guardian_name = ""


def agree_plan(
    uow: UnitOfWork, plan: SafetyPlan, on: date, guardian: GuardianTold, next_review_on: date, guardian_name: str = ""
) -> None:
    """Record that a plan was agreed with the person it is for, and what the guardian knows.

    Raises Refused without steps or adults, for a future day, or for a plan that is agreed or ended.
    """
    if plan.state is PlanState.AGREED:
        raise Refused("", _("This plan is already agreed."))
    if on > today_at(plan.school_id, uow.now):
        raise Refused("agreed_on", _("Choose today or an earlier day."))
    refuse_blank("", plan.steps, _("Write the steps before the plan is agreed."))
    refuse_blank("", plan.adults_told, _("Enter which adults are told before the plan is agreed."))
    if guardian is GuardianTold.TOLD and plan.participant.student_id is not None:
        refuse_kept_off("guardian_name", [plan.participant.student_id], guardian_name)
    _step(plan, PlanState.AGREED)
    plan.agreed_on, plan.agreed_by_id, plan.guardian = on, uow.actor.user_id, guardian
    plan.next_review_on, plan.guardian_name = next_review_on, guardian_name
    uow.record(plan, "safety_plan.agreed", guardian=guardian.value)


def review_plan(
    uow: UnitOfWork, plan: SafetyPlan, answer: PlanAnswer, note: str, next_review_on: date | None
) -> SafetyPlanReview:
    """Record what a review found: a plan that works goes on, any other is a draft again.

    Raises Refused for a plan that is not agreed, or an answer that needs a sentence and has none.
    """
    if plan.state is not PlanState.AGREED:
        raise Refused("", _("Only a plan that is agreed can be reviewed."))
    if answer is not PlanAnswer.WORKS and not note.strip():
        raise Refused("note", _("Describe in a sentence what happened, or what has to change."))
    review = uow.add(
        SafetyPlanReview(
            safety_plan_id=plan.id,
            case_id=plan.case_id,
            on_day=today_at(plan.school_id, uow.now),
            answer=answer,
            note=note,
            reviewed_by_id=uow.actor.user_id,
        )
    )
    uow.record(review, "safety_plan.reviewed", answer=answer.value)
    if answer is PlanAnswer.WORKS:
        plan.next_review_on = next_review_on
        uow.audit("safety_plan.reviewed", "safety_plan", plan.id, changes_of(plan))
    else:
        back_to_draft(plan)
        uow.record(plan, "safety_plan.changed")
    return review


def end_plan(uow: UnitOfWork, plan: SafetyPlan, why: str) -> None:
    """End a plan that is no longer needed. Raises Refused without a reason."""
    refuse_blank("why", why, _("Explain why the plan is no longer needed."))
    today = today_at(plan.school_id, uow.now)
    _step(plan, PlanState.ENDED)
    plan.ended_on, plan.ended_why, plan.next_review_on = today, why, None
    uow.record(plan, "safety_plan.ended")


def _unmoved(text: PlanText) -> None:
    if text.moves_person_harmed and not text.asked_by_them:
        raise Refused(
            "asked_by_them",
            _("The person harmed is never moved unless they ask. Move the other person, or ask them first."),
        )


def _living(plan: SafetyPlan) -> None:
    if plan.state is PlanState.ENDED:
        raise Refused("", _("This plan has ended. Write a new one."))


def _step(plan: SafetyPlan, state: PlanState) -> None:
    _living(plan)
    if state not in PLAN_TRANSITIONS[plan.state]:
        raise Refused("", _("This plan cannot be moved there from its current status."))
    plan.state = state


ROOM = Room(loaders={"safety_plan": load_plan})
