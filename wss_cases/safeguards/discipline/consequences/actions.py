"""Giving a minor consequence in one tap, and taking it back; both leave a trace."""

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused, Stale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import CAUSED
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.keepers import keeps_circle_of
from wss_cases.safeguards.discipline.consequences.models import MinorConsequence
from wss_cases.safeguards.discipline.consequences.states import ConsequenceKind


@use_case
def give_consequence(uow: UnitOfWork, incident_id: int, person_id: int, kind: ConsequenceKind) -> int:
    """Log a minor consequence of today for a student who is reported to have caused harm; returns its id.

    The same one of the same day is logged once. Raises Refused for anybody else, and for a report that was joined to
    another or withdrawn.
    """
    incident = uow.load(Incident, incident_id, Permission.DISCIPLINE_RECORD)
    if incident.state is IncidentState.DUPLICATE or incident.is_withdrawn:
        raise Refused("", _("Log it on the report that stays."))
    person = next((one for one in incident.people if one.id == person_id), None)
    if person is None or person.student_id is None or person.role not in CAUSED:
        raise Refused("person", _("Choose a student who is reported to have caused harm."))
    if keeps_circle_of(uow.actor.user_id, person.student_id):
        raise Refused("", _("You keep a circle with this student, so someone else decides about discipline."))
    today = today_at(incident.school_id, uow.now)
    row = _standing(uow, person, kind)
    if row is not None and row.given_on == today:
        uow.no_audit()
        return row.id
    row = uow.add(
        MinorConsequence(
            school_id=incident.school_id,
            incident_id=incident.id,
            incident_person_id=person.id,
            kind=kind,
            given_on=today,
            given_at=uow.now,
            given_by_id=uow.actor.user_id,
        )
    )
    uow.record(row, "consequence.given", what=kind.value)
    uow.record(incident, "consequence.given", what=kind.value)
    return row.id


@use_case
def take_consequence_back(uow: UnitOfWork, consequence_id: int) -> int:
    """Take back a minor consequence; returns the id of its report. Raises Stale where that was done already."""
    row = uow.load(MinorConsequence, consequence_id, Permission.DISCIPLINE_RECORD)
    if row.taken_back_at is not None:
        raise Stale
    row.taken_back_at, row.taken_back_by_id = uow.now, uow.actor.user_id
    uow.record(row, "consequence.taken_back", what=row.kind.value)
    uow.record(uow.session.get_one(Incident, row.incident_id), "consequence.taken_back", what=row.kind.value)
    return row.incident_id


def _standing(uow: UnitOfWork, person: IncidentPerson, kind: ConsequenceKind) -> MinorConsequence | None:
    statement = select(MinorConsequence).where(
        MinorConsequence.incident_person_id == person.id,
        MinorConsequence.kind == kind,
        MinorConsequence.taken_back_at.is_(None),
    )
    return uow.session.scalar(statement.order_by(MinorConsequence.id.desc()).limit(1))
