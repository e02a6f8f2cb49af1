"""Reading the table of questions; it holds nothing of any student."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select

from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import Tile
from wss_cases.intake.questions.models import DetailQuestions


def chosen_for(kind: str, day: date) -> Sequence[str]:
    """Return the questions that a kind of report asks on a day; a kind without a row asks those of "something else"."""
    table = DetailQuestions
    statement = select(table.code, table.questions).where(
        table.code.in_((kind, Tile.OTHER.value)),
        table.starts_on <= day,
        or_(table.ends_on.is_(None), table.ends_on >= day),
    )
    rows: dict[str, Sequence[str]] = {row.code: row.questions for row in db.session.execute(statement)}
    return rows.get(kind) or rows.get(Tile.OTHER.value, [])


def question_rows() -> Sequence[DetailQuestions]:
    """Return every row of the table, the newest of each kind first."""
    order = (DetailQuestions.code, DetailQuestions.starts_on.desc())
    return db.session.scalars(select(DetailQuestions).order_by(*order)).all()


def newest_for(kind: str) -> DetailQuestions | None:
    """Return the newest row of a kind of report."""
    statement = select(DetailQuestions).where(DetailQuestions.code == kind)
    return db.session.scalar(statement.order_by(DetailQuestions.starts_on.desc()).limit(1))
