"""Reading the dated table of legal duties; it holds nothing of any student."""

from collections import defaultdict

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.safeguards.duties.duty.models import LegalDutyKind, LegalDutyKindStep


def table_rows() -> list[LegalDutyKind]:
    """Return every row of the table, by duty and day."""
    statement = select(LegalDutyKind).order_by(LegalDutyKind.code, LegalDutyKind.starts_on)
    return list(db.session.scalars(statement))


def rows_of(code: str) -> list[LegalDutyKind]:
    """Return the rows of one duty, the newest last."""
    statement = select(LegalDutyKind).where(LegalDutyKind.code == code)
    return list(db.session.scalars(statement.order_by(LegalDutyKind.starts_on)))


def steps_of_kinds() -> dict[int, list[LegalDutyKindStep]]:
    """Return the steps that each row of the table asks for, in order."""
    steps: dict[int, list[LegalDutyKindStep]] = defaultdict(list)
    for step in db.session.scalars(select(LegalDutyKindStep).order_by(LegalDutyKindStep.position)):
        steps[step.kind_id].append(step)
    return steps
