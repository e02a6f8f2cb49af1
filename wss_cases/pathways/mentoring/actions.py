"""What this pathway needs beside the common life."""

from datetime import datetime

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.foundation.errors import NotFound
from wss_cases.journal.unit import unit_of_work
from wss_cases.pathways.common.actions_life import load_live
from wss_cases.pathways.mentoring.models import MentoringPlan
from wss_cases.routing.states import Pathway as Family


def save_plan(
    actor: Actor, pathway_id: int, *, goal: str, version: int | None, now: datetime,
    request_key: str | None = None,
) -> int:  # fmt: skip
    """Say who mentors, towards what, how often. Raises NotFound for another family."""
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        row = load_live(uow, pathway_id, version)
        if row.pathway != Family.MENTORING:
            raise NotFound
        plan = uow.session.scalar(select(MentoringPlan).where(MentoringPlan.pathway_id == row.id))
        if plan is None:
            plan = MentoringPlan(pathway_id=row.id, case_id=row.case_id, school_id=row.school_id)
        plan.goal = goal
        uow.record(plan, "mentoring.planned")
        uow.answer = row.id
        return row.id
