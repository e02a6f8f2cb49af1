"""Writing circle plans: for a circle of a case, for a community circle, for the school's shelf."""

from dataclasses import asdict
from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.cases.case.queries import participants_of
from wss_cases.foundation.errors import NotFound, Refused, Stale, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.consent.actions import load_circle
from wss_cases.pathways.circles.plans.models import CirclePlan
from wss_cases.pathways.circles.plans.queries import plan_of
from wss_cases.pathways.circles.plans.rules import MOST_ROUNDS, PlanContent, lines_of
from wss_cases.pathways.circles.plans.states import CirclePlanKind
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.names.queries import finder_around, refuse_names
from wss_cases.training.records.queries import staff_of

NOBODY_ID = 0


@use_case
def write_for_circle(uow: UnitOfWork, pathway_id: int, content: PlanContent, anyway: bool = False) -> int:
    """Write the plan of a live circle, or change it. Returns the plan's id.

    `uow.version`: of the plan that the page showed, None where it showed none. Raises Stale where somebody wrote it
    meanwhile; Refused without a round, and, unless `anyway`, for what may name a student.
    """
    return put_plan(uow, load_circle(uow, pathway_id), content, anyway)


def put_plan(uow: UnitOfWork, row: Pathway, content: PlanContent, anyway: bool) -> int:
    """Do what `write_for_circle` does, in the unit of whoever may; the circle is locked. Returns the plan's id."""
    plan = plan_of(row.id)
    if uow.version != (plan.version if plan else None):
        raise Stale
    students = [one.student_id for one in participants_of(row.case_id) if one.student_id is not None]
    _check(row.school_id, content, students, anyway)
    where = {"school_id": row.school_id, "pathway_id": row.id, "case_id": row.case_id}
    return _write(uow, plan or CirclePlan(kind=CirclePlanKind.CIRCLE, **where), content).id


@use_case
def make_plan(
    uow: UnitOfWork, school_id: int, kind: CirclePlanKind, content: PlanContent, planned_on: date | None = None,
    keeper_id: int | None = None, anyway: bool = False,
) -> int:  # fmt: skip
    """Write a plan for a community circle on a day (`planned_on`, `keeper_id`), or one for the school's shelf.

    Raises Refused for a keeper who does not work there, without a round, and as `write_for_circle` does for names.
    """
    require(uow.actor, Permission.PRACTICE_LOG, existing(get_school(school_id)))
    plan = CirclePlan(kind=kind, school_id=school_id)
    return _write_own(uow, plan, content, planned_on, keeper_id, anyway)


@use_case
def change_plan(
    uow: UnitOfWork, circle_plan_id: int, content: PlanContent, planned_on: date | None = None,
    keeper_id: int | None = None, anyway: bool = False,
) -> int:  # fmt: skip
    """Change a plan that belongs to no case. Raises NotFound, Stale, and Refused as `make_plan` does."""
    plan = uow.load(CirclePlan, circle_plan_id, Permission.CIRCLE_PLAN_WRITE, uow.version)
    if plan.kind is CirclePlanKind.CIRCLE:
        raise NotFound
    return _write_own(uow, plan, content, planned_on, keeper_id, anyway)


@use_case
def delete_plan(uow: UnitOfWork, circle_plan_id: int) -> int:
    """Delete a plan that belongs to no case; a circle's own goes with the circle. Raises NotFound, Stale, Refused."""
    plan = uow.load(CirclePlan, circle_plan_id, Permission.CIRCLE_PLAN_WRITE, uow.version)
    if plan.kind is CirclePlanKind.CIRCLE:
        raise Refused("", _("This plan is part of the circle's record. You can change it."))
    uow.record(plan, "circle.plan_deleted")
    uow.session.delete(plan)
    return circle_plan_id


def _write_own(
    uow: UnitOfWork,
    plan: CirclePlan,
    content: PlanContent,
    planned_on: date | None,
    keeper_id: int | None,
    anyway: bool,
) -> int:
    school_id = existing(plan.school_id)
    _check(school_id, content, [], anyway)
    if plan.kind is CirclePlanKind.COMMUNITY:
        if planned_on is None:
            raise Refused("planned_on", _("Choose the day of the circle."))
        staff = staff_of(school_id, today_at(school_id, uow.now))
        if keeper_id is None or (keeper_id != plan.keeper_id and keeper_id not in staff):
            raise Refused("keeper", _("Choose someone from this school."))
        plan.planned_on, plan.keeper_id = planned_on, keeper_id
    return _write(uow, plan, content).id


def _write(uow: UnitOfWork, plan: CirclePlan, content: PlanContent) -> CirclePlan:
    is_new = plan.id is None
    for name, words in asdict(content).items():
        setattr(plan, name, words)
    if is_new:
        plan.written_by_id, plan.written_at = uow.actor.user_id, uow.now
    uow.record(plan, "circle.plan_written" if is_new else "circle.plan_changed")
    return plan


def _check(school_id: int, content: PlanContent, students: list[int], anyway: bool) -> None:
    rounds = lines_of(content.rounds)
    if not rounds:
        raise Refused("rounds", _("Write at least one prompt."))
    if len(rounds) > MOST_ROUNDS:
        raise Refused("rounds", _("Write at most %(most)d prompts, one on each line.", most=MOST_ROUNDS))
    others = finder_around(NOBODY_ID, students).names_in(content.text) if students and not anyway else []
    refuse_names(school_id, anyway, content.text, also=others)
