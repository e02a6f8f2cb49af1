"""Reading what belongs together across two schools: parts of a report, and whose names none of its texts may tell."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import func, or_, select

from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.roster.directory.models import Student
from wss_cases.roster.names.queries import COLUMNS, students_named
from wss_cases.roster.names.spellings import Named


def parts_of(host_id: int) -> list[Incident]:
    """Return the parts of other schools in a report, each for its own school alone; the caller shows none of them."""
    statement = select(Incident).where(Incident.part_of_id == host_id).order_by(Incident.id)
    return list(db.session.scalars(statement))


def named_elsewhere(incident_ids: Iterable[int]) -> list[Named]:
    """Return whom the other schools of these reports know by name, for a finder of names; their label names nobody."""
    ids = sorted(incident_ids)
    roots = select(func.coalesce(Incident.part_of_id, Incident.id)).where(Incident.id.in_(ids))
    others = select(Incident.id).where(
        or_(Incident.id.in_(roots), Incident.part_of_id.in_(roots)), Incident.id.not_in(ids)
    )
    theirs = select(IncidentPerson.student_id).where(IncidentPerson.incident_id.in_(others))
    found = students_named(select(*COLUMNS).where(Student.id.in_(theirs)))
    return [replace(one, label=_("a student of another school")) for one in found]
