"""Stored PDFs of plans: who reads which."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, select

from wss_cases.access.actor import Actor
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.plans.plan.core.rules import PLAN_READERS
from wss_cases.plans.plan.paper.models import PlanPdf

PAGE: Final = 30


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of plans' PDFs to those of the schools whose plans the actor reads."""
    return statement.where(in_schools(PlanPdf.school_id, actor, *PLAN_READERS))


def get_pdf(actor: Actor, plan_pdf_id: int) -> PlanPdf:
    """Return one of a plan that the actor reads, without the PDF. Raises NotFound for any other."""
    statement = visible_to(select(PlanPdf), actor).where(PlanPdf.id == plan_pdf_id)
    found: PlanPdf | None = db.session.scalar(statement)
    return existing(found)


def pdfs_of(actor: Actor, plan_id: int, before: int | None = None, limit: int = PAGE) -> Sequence[PlanPdf]:
    """Return the newest PDFs of a plan that the actor reads, of those `before` one."""
    statement = visible_to(select(PlanPdf), actor).where(PlanPdf.plan_id == plan_id)
    if before is not None:
        statement = statement.where(PlanPdf.id < before)
    found: Sequence[PlanPdf] = db.session.scalars(statement.order_by(PlanPdf.id.desc()).limit(limit)).all()
    return found
