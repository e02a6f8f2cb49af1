"""Completing a report: parts, behaviors, harm. The narrative itself only grows."""

from collections.abc import Mapping
from typing import Any

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson
from wss_cases.incidents.incident.pages import append_text, person_of
from wss_cases.incidents.incident.queries import behavior_of_tile, location
from wss_cases.incidents.incident.rules import (
    CAUSED,
    SHARED_FACTS,
    UNKNOWN,
    CapturedPerson,
    Details,
    PersonDetails,
    code_set_for,
    highest_group,
    is_unknown,
)
from wss_cases.incidents.incident.states import HEARD_FROM_LABELS, UNDECIDED, PersonKind, PersonRole
from wss_cases.journal.unit_of_work import UnitOfWork


def load_open(uow: UnitOfWork, incident_id: int, version: int | None) -> Incident:
    """Lock a report that may still be completed. Raises NotFound, Stale, or Refused once it is decided."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE, version)
    if incident.state not in UNDECIDED:
        raise Refused("", _("This report is decided. You can still add text to it."))
    return incident


def complete_incident(uow: UnitOfWork, incident: Incident, details: Details) -> None:
    """Write the answers into a locked, open report. Raises Refused for an unknown place, a person of another report,
    or a behavior of the wrong code set."""
    where = location(details.location_code)
    if where is None:
        raise Refused("location", _("Choose where it happened."))
    incident.location_code, incident.place = where.code, where.place
    incident.injury, incident.weapon, incident.substance = details.injury, details.weapon, details.substance
    incident.bias_basis, incident.property_damage = details.bias_basis, details.property_damage
    if details.heard_from is not None:
        say_heard_from(incident, details.heard_from)
    incident.facts = _completed_facts(incident.facts, details.facts)
    mine = {person.id: person for person in incident.people}
    for part in details.people:
        if part.person_id not in mine:
            raise Refused("", _("One of these people is not in this report."))
        _set_part(uow, incident, mine[part.person_id], part)
    _save_texts(uow, incident, details)
    incident.behavior_group = highest_group(incident.people)
    incident.details_completed_at = uow.now
    uow.record(incident, "incident.details_completed")


def _completed_facts(before: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The facts after the reporter completed the report. What only a reviewer sets stays; unknown facts stay unknown
    until answered."""
    not_asked_here = {"mutual", "sent_on", "asked", "adult_conduct", "bias"}
    stays = {
        name: value
        for name, value in before.items()
        if name in not_asked_here or name not in SHARED_FACTS or value == UNKNOWN
    }
    return stays | {name: value for name, value in said.items() if name not in stays or value is not None}


def say_heard_from(incident: Incident, heard_from: str) -> None:
    """Set how the reporter knows of the event. Raises Refused for an unknown answer."""
    if heard_from not in HEARD_FROM_LABELS:
        raise Refused("heard_from", _("Choose one of these."))
    incident.heard_from = heard_from


def add_person(uow: UnitOfWork, incident: Incident, who: CapturedPerson, in_place_of: int | None) -> IncidentPerson:
    """Add a person to an open report, or identify an unidentified one. Raises Refused if they are already in it or
    not at the school."""
    for person in incident.people:
        same_student = who.kind is PersonKind.STUDENT and who.id is not None and person.student_id == who.id
        same_staff = who.kind is PersonKind.STAFF and who.id is not None and person.staff_id == who.id
        if same_student or same_staff:
            raise Refused("people", _("This person is already in the report."))
    made = person_of(uow, incident.school_id, who, incident.tile, incident.local_date)
    unknown = next((p for p in incident.people if p.id == in_place_of and is_unknown(p)), None)
    if unknown is None:
        incident.people.append(made)
        uow.session.flush()
        uow.record(made, "incident.person_added")
    else:
        unknown.kind, unknown.student, unknown.staff = made.kind, made.student, made.staff
        unknown.student_id, unknown.staff_id = made.student_id, made.staff_id
        unknown.grade, unknown.behavior, unknown.description = made.grade, made.behavior, made.description
        uow.record(unknown, "incident.person_identified")
    incident.behavior_group = highest_group(incident.people)
    uow.record(incident, "incident.people_changed")
    return made if unknown is None else unknown


def set_roles(uow: UnitOfWork, incident: Incident, roles: Mapping[int, PersonRole]) -> None:
    """Set people's parts in an open report by the id of their row; those who caused no harm lose their behavior.
    Raises Refused for a person of another report."""
    mine = {person.id: person for person in incident.people}
    for person_id, role in roles.items():
        person = mine.get(person_id)
        if person is None:
            raise Refused("", _("One of these people is not in this report."))
        if person.role is role:
            continue
        person.role = role
        has_behavior = role in (*CAUSED, PersonRole.INVOLVED)
        known = person.behavior or behavior_of_tile(incident.tile, person.grade, incident.local_date)
        person.behavior = known if has_behavior else None
        person.behavior_code_id = person.behavior.id if person.behavior else None
        uow.record(person, "incident.person_changed")
    incident.behavior_group = highest_group(incident.people)


def _set_part(uow: UnitOfWork, incident: Incident, person: IncidentPerson, part: PersonDetails) -> None:
    person.role = part.role
    person.behavior = behavior_of_part(uow, incident, person, part)
    person.behavior_code_id = person.behavior.id if person.behavior else None
    person.motivation, person.injury, person.family_text = part.motivation, part.injury, part.family_text
    person.facts = dict(part.facts)
    uow.record(person, "incident.person_changed")


def behavior_of_part(
    uow: UnitOfWork, incident: Incident, person: IncidentPerson, part: PersonDetails
) -> BehaviorCode | None:
    """The behavior named for a part. Raises Refused for one from another list than the grade's on that day."""
    if part.behavior_code_id is None or part.role not in (*CAUSED, PersonRole.INVOLVED):
        return None
    code = uow.session.get(BehaviorCode, part.behavior_code_id)
    day = incident.local_date
    fits = code is not None and code.code_set == code_set_for(person.grade, day)
    if code is None or not fits or code.starts_on > day or (code.ends_on is not None and code.ends_on < day):
        raise Refused(f"p{person.id}_behavior", _("This behavior is not on the list for this grade and date."))
    return code


def _save_texts(uow: UnitOfWork, incident: Incident, details: Details) -> None:
    texts = [details.more]
    if details.immediate_action and details.immediate_action != incident.immediate_action:
        if incident.immediate_action:
            texts.append(details.immediate_action)
        else:
            incident.immediate_action = details.immediate_action
    for text in texts:
        if text.strip():
            append_text(uow, incident, text)
