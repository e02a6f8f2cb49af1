"""Reading the template: the version in force on a day, the versions there are, and the questions of one."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.plans.plan.templates.models import PlanQuestion, PlanTemplate

load_template = by_id(PlanTemplate)


def template_on(day: date) -> PlanTemplate:
    """Return the version that plans started on a day are written by. Raises NotFound before the first."""
    statement = select(PlanTemplate).where(PlanTemplate.starts_on <= day).order_by(PlanTemplate.starts_on.desc())
    return existing(db.session.scalars(statement.limit(1)).first())


def versions() -> Sequence[PlanTemplate]:
    """Return every version, the newest first."""
    return db.session.scalars(select(PlanTemplate).order_by(PlanTemplate.starts_on.desc())).all()


def questions_of(template_id: int) -> Sequence[PlanQuestion]:
    """Return the questions of a version in their order."""
    statement = select(PlanQuestion).where(PlanQuestion.template_id == template_id)
    return db.session.scalars(statement.order_by(PlanQuestion.position)).all()
