"""The district sets the smallest figures of groups that are shown: a new row, for school years to come."""

from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.dated_settings import add_row
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.outcomes.equity.models import EquityMinimum
from wss_cases.outcomes.equity.states import LEAST_CELL, MOST_CELL, MOST_GROUP


@use_case
def set_minimums(uow: UnitOfWork, cell: int, group: int, starts_on: date) -> int:
    """Show no smaller cell and no smaller group in school years that begin on a day or later.

    Raises Refused for numbers out of range, and for a day that is not to come, not after the newest row's,
    or more than two years ahead.
    """
    row = EquityMinimum(
        starts_on=starts_on, cell=cell, student_group=group, set_by_id=uow.actor.user_id, set_at=uow.now
    )
    require(uow.actor, Permission.EQUITY_EDIT, row)
    if not LEAST_CELL <= cell <= MOST_CELL:
        raise Refused("cell", _("Enter a number from 5 to 100."))
    if not cell <= group <= MOST_GROUP:
        raise Refused("group", _("A group is at least as large as a cell, and at most 1000."))
    if starts_on <= today_at(None, uow.now):
        raise Refused("starts_on", _("Choose a future day: a school year that has started keeps its numbers."))
    add_row(uow, row)
    uow.record(row, "equity.minimums", day=starts_on.isoformat(), cell=cell, group=group)
    return row.id
