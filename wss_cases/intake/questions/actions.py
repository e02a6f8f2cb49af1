"""The dated table of questions: a change is a new row from a day on; what was asked until then stays known."""

from collections.abc import Sequence
from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.intake.questions.models import DetailQuestions
from wss_cases.intake.questions.states import CHOICE, FEWEST, MOST
from wss_cases.journal.dated_settings import end_before, newest_row
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case


@use_case
def change_questions(uow: UnitOfWork, kind: str, questions: Sequence[str], starts_on: date, seen_id: int | None) -> int:
    """Ask other questions about a kind of report from a day on, and end the row before the day before it.

    Raises NotFound for a kind that the table does not have; Refused for too few or too many questions, for a day in the
    past, for one that is not after the newest row's, and when the newest row is not the one that was seen.
    """
    newest = newest_row(uow, DetailQuestions, kind, Permission.CODES_EDIT, starts_on, seen_id)
    wanted = [name for name in CHOICE if name in set(questions)]
    if not FEWEST <= len(wanted) <= MOST:
        words = _(
            "Choose from %(fewest)d to %(most)d questions. All others stay under “More”.", fewest=FEWEST, most=MOST
        )
        raise Refused("questions", words)
    end_before(uow, newest, starts_on, "detail_questions.ended")
    row = uow.add(DetailQuestions(code=kind, questions=wanted, starts_on=starts_on, ends_on=None))
    uow.record(row, "detail_questions.changed", code=kind, day=starts_on.isoformat())
    return row.id
