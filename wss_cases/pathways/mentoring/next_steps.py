"""The one next act of each live pathway of this family."""

from collections.abc import Sequence
from datetime import date, datetime

from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.next_steps import common_step
from wss_cases.pathways.common.steps import Step


def next_steps(rows: Sequence[Pathway], today: date, now: datetime) -> dict[int, Step]:
    """Return the next act of each live pathway by its id."""
    found = ((row.id, common_step(row, today)) for row in rows)
    return {number: step for number, step in found if step is not None}
