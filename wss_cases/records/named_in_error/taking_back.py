"""Taking back what another school was told of a student, as for a wrong number; that school takes its student out."""

from sqlalchemy import select

from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.pages import set_state
from wss_cases.incidents.incident.states import WITHDRAWN, IncidentState
from wss_cases.incidents.other_schools import parts_of, tell
from wss_cases.intake.corrections.facts.queries import review_began
from wss_cases.intake.corrections.people import join_cases
from wss_cases.intake.corrections.withdrawal import hangs_on
from wss_cases.intake.other_schools import TOLD_AS, refuse_names, tellable
from wss_cases.intake.report.actions import route_incident
from wss_cases.journal.changes import changes_of
from wss_cases.journal.models import AuditEntry
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.records.named_in_error.actions import propose
from wss_cases.records.named_in_error.queries import asked_on
from wss_cases.roster.directory.queries import schools_by_id


@use_case
def take_back(uow: UnitOfWork, incident_id: int, person_id: int, reason: str) -> int:
    """Make a student of another school somebody not identified yet, and ask that school to take its student out.

    A report there in which nobody else stands, and on which nothing hangs, is withdrawn. Raises Refused without a
    reason, for one that names a student here, and where a dean has to do it.
    """
    incident = tellable(uow, incident_id, uow.version)
    refuse_blank("reason", reason, _("Enter the reason in a sentence."))
    ours = next((one for one in incident.people if one.id == person_id and one.other_school is not None), None)
    if ours is None or ours.other_school is None:
        raise Refused("", _("No student of another school is named there in this report."))
    school, theirs = ours.other_school, _told_as(uow, incident, ours)
    refuse_names(incident, theirs.student_id if theirs is not None else None, reason=reason)
    ours.other_school = None
    ours.other_school_id = None
    uow.audit("incident.part_taken_back", "incident_person", ours.id, changes_of(ours))
    uow.record(incident, "incident.part_taken_back", school=school.name, why=reason)
    join_cases(uow, incident, ours)
    if theirs is not None:
        _take_back_there(uow, incident, theirs, reason)
    route_incident(uow, incident)
    return incident.id


def _told_as(uow: UnitOfWork, incident: Incident, ours: IncidentPerson) -> IncidentPerson | None:
    """Return whom the other school has for a person: as it was told, or the only one there where that is not known."""
    kept = select(AuditEntry.changes).where(
        AuditEntry.action == TOLD_AS, AuditEntry.object_type == "incident_person", AuditEntry.object_id == ours.id
    )
    if (changes := uow.session.scalar(kept)) is not None:
        return uow.session.get(IncidentPerson, changes["told_as"][1])
    there = [part for part in parts_of(incident.id) if part.school_id == ours.other_school_id]
    own = [person for part in there for person in part.people if person.other_school_id is None]
    return own[0] if len(own) == 1 else None


def _take_back_there(uow: UnitOfWork, incident: Incident, theirs: IncidentPerson, reason: str) -> None:
    part = uow.session.get(Incident, theirs.incident_id, with_for_update=True)
    assert part is not None
    where = schools_by_id([incident.school_id])[incident.school_id].name
    uow.record(part, "incident.part_withdrawn", school=where, why=reason)
    asked = any(row.incident_person_id == theirs.id for row in asked_on(part.id))
    if theirs.student_id is not None and not asked:
        propose(uow, part, theirs, reason, second=True)
    else:
        tell(uow, part, "incident.part_changed", f"part-withdrawn:{theirs.id}")
    alone = all(person is theirs or person.other_school_id is not None for person in part.people)
    untouched = part.state is IncidentState.SUBMITTED and not review_began(part)
    if alone and untouched and not hangs_on(part):
        set_state(uow, part, IncidentState.NO_FURTHER_ACTION, reason=WITHDRAWN, note=reason)
