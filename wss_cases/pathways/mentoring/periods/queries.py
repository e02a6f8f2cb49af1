"""Reading a school's periods and who teaches whom in them."""

from collections.abc import Sequence
from datetime import date, time
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import by_id, db
from wss_cases.pathways.mentoring.periods.models import PeriodTeacher, SchoolPeriod
from wss_cases.pathways.mentoring.periods.rules import Hours, hours_on
from wss_cases.roster.calendar.bells import last_bells
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days

load_period_teacher = by_id(PeriodTeacher)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of period teachers to the actor's own periods, at schools where they work."""
    return statement.where(PeriodTeacher.user_id == actor.user_id, in_schools(PeriodTeacher.school_id, actor, *STAFF))


def periods_of(school_id: int) -> list[SchoolPeriod]:
    """Return a school's periods in the order of its day; none where it gave none."""
    return list(
        db.session.scalars(
            select(SchoolPeriod).where(SchoolPeriod.school_id == school_id).order_by(SchoolPeriod.number)
        )
    )


def teachers_of(pathway_id: int) -> dict[str, PeriodTeacher]:
    """Return who teaches a student, by period; the caller has checked the pathway."""
    statement = select(PeriodTeacher).options(joinedload(PeriodTeacher.user))
    rows = db.session.scalars(statement.where(PeriodTeacher.pathway_id == pathway_id))
    return {row.period: row for row in rows}


class PeriodsOfDay:
    """The periods of one school on one day: read once, asked for each name."""

    def __init__(self, school: School, day: date) -> None:
        self.day = day
        self.zone = school.time_zone
        is_half = school_days(school.id).is_half(day)
        # on a half day the bells ring otherwise: nobody knows when a period is
        self._known: Sequence[SchoolPeriod] = [] if is_half else periods_of(school.id)
        last: time = last_bells([(school.id, day)]).get((school.id, day), school.last_bell)
        self._bells = (school.first_bell, last)

    def hours(self, period: str) -> Hours:
        """Return when a period of this name is."""
        return hours_on(self.day, period, self._known, self._bells, self.zone)

    def place(self, period: str) -> int:
        """Return where a period stands in the day, for sorting; those without times come last."""
        names = [one.name for one in self._known]
        return names.index(period) if period in names else len(names)
