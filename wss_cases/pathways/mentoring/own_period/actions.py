"""Marking one's own period: today, from its start, one goal of one student at a time."""

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.cases.progress import open_only
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.mentoring.cells.actions import Cell, write_cell
from wss_cases.pathways.mentoring.periods.models import PeriodTeacher
from wss_cases.pathways.mentoring.periods.queries import PeriodsOfDay
from wss_cases.pathways.mentoring.plan.queries import LOGGED
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days


@use_case
def mark_own(uow: UnitOfWork, row_id: int, goal: int, points: int | None, seen: int | None) -> int:
    """Mark one goal of a student in the actor's own period of today. Returns the id of the teacher's row.

    Raises NotFound for another's period, Refused before its start, and where somebody marked it meanwhile.
    """
    pathway = _lock_taught(uow, row_id)
    row = uow.load(PeriodTeacher, row_id, Permission.PERIOD_MARK)
    _write_in_period(uow, pathway, row, goal, points, seen)
    return row.id


def _lock_taught(uow: UnitOfWork, row_id: int) -> Pathway:
    pathway_id = uow.session.scalar(select(PeriodTeacher.pathway_id).where(PeriodTeacher.id == row_id))
    if pathway_id is None:
        raise NotFound
    return existing(uow.session.get(Pathway, pathway_id, with_for_update=True, populate_existing=True))


def _write_in_period(
    uow: UnitOfWork, pathway: Pathway, row: PeriodTeacher, goal: int, points: int | None, seen: int | None
) -> None:
    open_only(pathway.case)
    if pathway.state not in LOGGED:
        raise Refused("", _("This student is no longer on your list."))
    today = today_at(row.school_id, uow.now)
    if not school_days(row.school_id).is_school_day(today):
        raise Refused("", _("There is no school today."))
    school = uow.session.get_one(School, row.school_id)
    if uow.now < PeriodsOfDay(school, today).hours(row.period).starts:
        raise Refused("", _("This period has not started yet."))
    write_cell(uow, pathway, today, Cell(row.period, goal, points, seen))
