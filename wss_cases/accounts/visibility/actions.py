"""The district says how long past years stay in view for a role: a new row from a day on."""

from datetime import date

from wss_cases.access.actor import Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.visibility.models import VisibilityWindow
from wss_cases.accounts.visibility.rules import MOST_YEARS, WINDOWED_ROLES
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.dated_settings import add_row
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case


@use_case
def set_years(uow: UnitOfWork, role: Role, school_years: int, starts_on: date) -> int:
    """Keep so many school years in view for a role from a day on.

    Raises Refused for a role without a visibility window, a number out of range, and a day that is past, not after the
    newest row's, or more than two years ahead.
    """
    row = VisibilityWindow(
        role=role, starts_on=starts_on, school_years=school_years, set_by_id=uow.actor.user_id, set_at=uow.now
    )
    require(uow.actor, Permission.SIGHT_EDIT, row)
    if role not in WINDOWED_ROLES:
        raise Refused("role", _("Choose a role."))
    if not 1 <= school_years <= MOST_YEARS:
        raise Refused("school_years", _("Enter a number from 1 to %(most)d.", most=MOST_YEARS))
    if starts_on < today_at(None, uow.now):
        raise Refused("starts_on", _("A change starts today or later."))
    add_row(uow, row, VisibilityWindow.role == role)
    uow.record(row, "sight.set", role=role.value, day=starts_on.isoformat(), years=school_years)
    return row.id
