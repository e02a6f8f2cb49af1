"""A school's own day, inside a unit of work."""

from datetime import date

from sqlalchemy import select

from wss_cases.foundation.clock import local_date
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import School


def local_today(uow: UnitOfWork, school_id: int) -> date:
    """Return the school's own date of this unit's instant."""
    zone = uow.session.scalars(select(School.time_zone).where(School.id == school_id)).one()
    return local_date(uow.now, zone)
