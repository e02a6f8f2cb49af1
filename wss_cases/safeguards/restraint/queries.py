"""Reading the records of restraint and time-out; lists start from what the actor may see."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.visibility import in_view
from wss_cases.foundation.db import by_id, db, newest
from wss_cases.foundation.errors import existing
from wss_cases.incidents.incident.models import Incident
from wss_cases.roster.directory.models import Student
from wss_cases.safeguards.restraint.models import RestraintRecord


@dataclass(frozen=True)
class ListedRestraint:
    """One row of a school's list."""

    record: RestraintRecord
    student: Student
    reference: str

    @property
    def id(self) -> int:
        """The record's id."""
        return self.record.id


load_restraint = by_id(RestraintRecord)


def restraints_visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Keep the records of the schools in which the actor is on the case team."""
    return statement.where(in_view(RestraintRecord, actor, *CASE_TEAM))


def _listed() -> Any:
    return (
        select(RestraintRecord, Student, Incident.reference)
        .join(Student, Student.id == RestraintRecord.student_id)
        .join(Incident, Incident.id == RestraintRecord.incident_id)
    )


def get_restraint(actor: Actor, record_id: int) -> ListedRestraint:
    """Return a record that the actor may see. Raises NotFound."""
    row = db.session.execute(restraints_visible_to(_listed().where(RestraintRecord.id == record_id), actor)).first()
    return ListedRestraint(*existing(row))


def restraints_page(actor: Actor, school_id: int | None, before_id: int | None, limit: int) -> list[ListedRestraint]:
    """Return the newest records of a school (None: of all the actor reaches), made before one."""
    statement = newest(restraints_visible_to(_listed(), actor), RestraintRecord, limit, before_id, school_id)
    return [ListedRestraint(*row) for row in db.session.execute(statement)]


def restraint_counts(actor: Actor, school_id: int | None, first: date, last: date) -> tuple[int, int]:
    """Return how many restraints and time-outs a period has, and of how many different students."""
    counted: Any = select(func.count(), func.count(RestraintRecord.student_id.distinct())).where(
        RestraintRecord.local_date.between(first, last)
    )
    if school_id is not None:
        counted = counted.where(RestraintRecord.school_id == school_id)
    row = db.session.execute(restraints_visible_to(counted, actor)).one()
    return row[0], row[1]


def restraints_of_incident(actor: Actor, incident_id: int) -> list[ListedRestraint]:
    """Return the records of a report that the actor may see."""
    statement = restraints_visible_to(_listed().where(RestraintRecord.incident_id == incident_id), actor)
    return [ListedRestraint(*row) for row in db.session.execute(statement.order_by(RestraintRecord.id))]
