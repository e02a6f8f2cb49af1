"""Steps of a plan in force are follow-ups: made, kept in line with the plan, and closed with evidence."""

from typing import Any

from sqlalchemy import select

from wss_cases.followups.core.models import ActKind, FollowUp, FollowUpState
from wss_cases.followups.core.queries import owner_name
from wss_cases.followups.core.states import PLAN_STEP
from wss_cases.followups.handling import open_follow_up
from wss_cases.followups.making import cancel_row, close_row, make
from wss_cases.followups.undo import remember, remind_again, restorable
from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.states import STANDING
from wss_cases.plans.plan.goals.models import PlanStep
from wss_cases.plans.steps.rules import Shown, due_day, lacking
from wss_cases.plans.steps.states import PLAN_CLOSED, STEP_DROPPED
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.names.queries import refuse_names

LONGEST_TITLE = 200


def plan_moved(uow: UnitOfWork, plan: SchoolPlan) -> None:
    """Ask for every step of a plan that is in force now; of one that ended ask for none any more."""
    if plan.state in STANDING:
        steps = (
            select(PlanStep)
            .where(PlanStep.plan_id == plan.id, PlanStep.removed_on.is_(None))
            .order_by(PlanStep.due_on, PlanStep.id)
        )
        for step in uow.session.scalars(steps):
            step_written(uow, step)
        return
    for row in _open_rows(uow, PlanStep.plan_id == plan.id):
        cancel_row(uow, row, str(PLAN_CLOSED))


def step_written(uow: UnitOfWork, step: PlanStep) -> None:
    """Ask for a step of a plan in force, once; an open one is put in line with the plan."""
    plan = uow.session.get_one(SchoolPlan, step.plan_id)
    if plan.state not in STANDING:
        return
    row = uow.session.scalar(select(FollowUp).where(FollowUp.plan_step_id == step.id).with_for_update())
    if row is None:
        _ask(uow, plan, step)
    elif row.state is FollowUpState.OPEN:
        _follow(uow, row, step)


def step_dropped(uow: UnitOfWork, step: PlanStep) -> None:
    """Ask no more for a step that is taken out of its plan."""
    for row in _open_rows(uow, PlanStep.id == step.id):
        cancel_row(uow, row, str(STEP_DROPPED))


def lead_changed(uow: UnitOfWork, plan: SchoolPlan) -> None:
    """Let lateness of a plan's steps reach whoever leads it now."""
    for row in _open_rows(uow, PlanStep.plan_id == plan.id):
        row.lead_id = plan.lead_id


@use_case
def record_step(uow: UnitOfWork, follow_up_id: int, outcome: str, shown: Shown, anyway: bool = False) -> int:
    """Close a step with its outcome and what shows it; for its owner and the school's team.

    Returns the id of the follow-up. Raises NotFound, Stale, Refused naming the field, and, unless `anyway`, for what
    may name a student.
    """
    row = open_follow_up(uow, follow_up_id, uow.version)
    if row.plan_step_id is None:
        raise NotFound
    step = uow.session.get_one(PlanStep, row.plan_step_id)
    plan = uow.session.get_one(SchoolPlan, step.plan_id)
    earliest, _end = school_year_bounds(plan.first_year)
    if lacks := lacking(outcome, shown, earliest, today_at(row.school_id, uow.now)):
        raise Refused(*lacks)
    refuse_names(row.school_id, anyway, shown.evidence)
    before = restorable(row)
    stored = {"on": shown.on_day.isoformat()} if shown.on_day is not None else {}
    close_row(uow, row, outcome, shown.evidence.strip(), stored)
    remember(uow, row, ActKind.CLOSED, before)
    uow.record(step, "plan.step_done", outcome=outcome)
    return row.id


def _ask(uow: UnitOfWork, plan: SchoolPlan, step: PlanStep) -> None:
    today, days = today_at(plan.school_id, uow.now), school_days(plan.school_id)
    row = make(
        uow,
        school_id=plan.school_id,
        kind=PLAN_STEP,
        owner_id=step.owner_id,
        due_on=due_day(step.due_on, today, days),
        plan_step_id=step.id,
        lead_id=plan.lead_id,
        title=_title(step),
        single_mail=True,
    )
    row.original_due_on = step.due_on


def _follow(uow: UnitOfWork, row: FollowUp, step: PlanStep) -> None:
    """Put an open follow-up in line with its step: its words, its day where the plan has another now, and its owner
    where no one gave it to somebody else since."""
    row.title = _title(step)
    if step.due_on != row.original_due_on:
        due_on = due_day(step.due_on, today_at(row.school_id, uow.now), school_days(row.school_id))
        row.due_on, row.original_due_on, row.snoozed_until = due_on, step.due_on, None
        uow.record(row, "followup.moved", what=row.kind, due_on=due_on.isoformat(), reason="other")
        remind_again(uow, row)
    if step.owner_id != row.owner_id and row.given_by_id is None:
        row.owner_id = step.owner_id
        uow.record(row, "followup.reassigned", what=row.kind, owner=owner_name(step.owner_id))


def _title(step: PlanStep) -> str:
    return step.text if len(step.text) <= LONGEST_TITLE else step.text[: LONGEST_TITLE - 1].rstrip() + "…"


def _open_rows(uow: UnitOfWork, which: Any) -> list[FollowUp]:
    rows = (
        select(FollowUp)
        .join(PlanStep, PlanStep.id == FollowUp.plan_step_id)
        .where(which, FollowUp.state == FollowUpState.OPEN)
    )
    return list(uow.session.scalars(rows.order_by(FollowUp.id).with_for_update(of=FollowUp)))
