"""Putting the facts of a report right: each with what it was, what it is, who and why; then routing is asked again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.cases.case.pages import stronger_role
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import in_language
from wss_cases.foundation.school_time import local, local_date, zone_of
from wss_cases.incidents.details import behavior_of_part
from wss_cases.incidents.incident import states
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import location
from wss_cases.incidents.incident.rules import PersonDetails, highest_group, person_words
from wss_cases.incidents.incident.states import IncidentState, PersonRole, WhenPrecision
from wss_cases.incidents.pages.presenters import when_words
from wss_cases.intake.corrections.facts.moving import move_school
from wss_cases.intake.corrections.facts.queries import review_began
from wss_cases.intake.corrections.facts.rules import may_correct, refuse_after_review
from wss_cases.intake.report.routing import route_incident
from wss_cases.journal.timeline import in_both
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case

CODES: Mapping[str, Mapping[Any, Any]] = {
    "tile": states.Tile.labels(),
    "injury": states.INJURY_LABELS,
    "weapon": states.WEAPON_LABELS,
    "substance": states.SUBSTANCE_LABELS,
}
"""Facts of the whole report that are a code of a closed list."""


@dataclass(frozen=True)
class Correction:
    """What is so, and why it was written otherwise; what stands as it was changes nothing."""

    reason: str
    school_id: int
    location_code: str
    tile: str
    injury: str | None = None
    weapon: str | None = None
    substance: str | None = None
    occurred_at: datetime | None = None
    people: tuple[PersonDetails, ...] = ()


@use_case
def correct_facts(uow: UnitOfWork, incident_id: int, said: Correction) -> int:
    """Put the facts of a report right and ask routing again; a duty that they raise is raised at once, nothing done is
    undone.

    Raises Refused once review has begun for whoever is no dean or administrator, without a reason, where nothing
    differs, and for what does not fit; Stale when somebody changed the report since.
    """
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE, uow.version)
    refuse_after_review(may_correct(uow.actor, incident, review_began(incident)))
    refuse_blank("reason", said.reason, _("Enter the reason in a sentence."))
    uow.session.flush()
    parts = {person.id: person.role for person in incident.people}
    changed = [step(uow, incident, said) for step in (_school, _codes, _place, _moment, _people)]
    if not any(changed):
        raise Refused("", _("This is what the report already says."))
    incident.behavior_group = highest_group(incident.people)
    _carry_over(uow, incident, {person.id for person in incident.people if person.role is not parts[person.id]})
    if incident.state is not IncidentState.DUPLICATE:
        route_incident(uow, incident)
    return incident.id


def note(
    uow: UnitOfWork, incident: Incident, what: str, was: Callable[[], Any], why: str, change: Callable[[], None]
) -> bool:
    """Carry out a change of a fact and write what it was and what it is; `was` says it in the reader's language."""
    before = in_both(was)
    change()
    uow.record(incident, "incident.corrected", what=what, was=before, now=in_both(was), why=why)
    uow.session.flush()
    return True


def _school(uow: UnitOfWork, incident: Incident, said: Correction) -> bool:
    if said.school_id == incident.school_id:
        return False
    return note(
        uow, incident, "school", lambda: incident.reference, said.reason,
        lambda: move_school(uow, incident, said.school_id),
    )  # fmt: skip


def _codes(uow: UnitOfWork, incident: Incident, said: Correction) -> bool:
    changed = False
    for name, labels in CODES.items():
        value = getattr(said, name)
        if value == getattr(incident, name):
            continue
        if value not in labels and (value is not None or name == "tile"):
            raise Refused(name, _("Choose one of these."))
        _set_code(uow, incident, name, value, said.reason)
        changed = True
    return changed


def _set_code(uow: UnitOfWork, incident: Incident, name: str, value: str | None, why: str) -> None:
    def change() -> None:
        setattr(incident, name, value)
        if name != "tile":
            incident.facts = {key: one for key, one in incident.facts.items() if key != name} | (
                {name: value} if value is not None else {}
            )

    labels = CODES[name]
    note(uow, incident, name, lambda: labels.get(getattr(incident, name), _("Not answered")), why, change)


def _place(uow: UnitOfWork, incident: Incident, said: Correction) -> bool:
    if said.location_code == incident.location_code:
        return False
    where = location(said.location_code)
    if where is None:
        raise Refused("location", _("Choose where it happened."))

    def change() -> None:
        incident.location_code, incident.place = where.code, where.place

    return note(uow, incident, "place", lambda: _place_words(incident.location_code), said.reason, change)


def _place_words(code: str) -> Any:
    where = location(code)
    return in_language(where, "label") if where is not None else code


def _moment(uow: UnitOfWork, incident: Incident, said: Correction) -> bool:
    at = said.occurred_at
    if at is None or at == incident.occurred_at.replace(second=0, microsecond=0):
        return False
    if at > uow.now:
        raise Refused("occurred", _("This time is in the future. Enter when it happened."))
    zone = zone_of(incident.school_id)

    def change() -> None:
        wall = local(at, zone)
        incident.occurred_at, incident.local_date = at, local_date(at, zone)
        incident.local_minute, incident.period = wall.hour * 60 + wall.minute, ""
        incident.when_precision = WhenPrecision.EXACT

    return note(uow, incident, "when", lambda: when_words(incident, zone), said.reason, change)


def _people(uow: UnitOfWork, incident: Incident, said: Correction) -> bool:
    mine = {person.id: person for person in incident.people}
    changed = [_person(uow, incident, mine.get(part.person_id), part, said.reason) for part in said.people]
    return any(changed)


def _person(uow: UnitOfWork, incident: Incident, person: IncidentPerson | None, part: PersonDetails, why: str) -> bool:
    if person is None:
        raise Refused("", _("One of these people is not in this report."))
    before = _part_words(person)
    person.role, person.injury = part.role, part.injury
    person.behavior = behavior_of_part(uow, incident, person, part)
    person.behavior_code_id = person.behavior.id if person.behavior else None
    now = _part_words(person)
    different = [name for name in before if before[name] != now[name]]
    if different:
        uow.record(person, "incident.person_changed")
    for name in different:
        said: dict[str, Any] = {
            "what": name,
            "who": person_words(person),
            "was": before[name],
            "now": now[name],
            "why": why,
        }
        uow.record(incident, "incident.part_corrected", **said)
    return bool(different)


def _part_words(person: IncidentPerson) -> dict[str, dict[str, str]]:
    return {
        "role": in_both(lambda: person.role.label),
        "behavior": in_both(lambda: in_language(person.behavior, "label") if person.behavior else _("Not coded yet")),
        "person_injury": in_both(lambda: states.INJURY_LABELS.get(person.injury or "", _("Not answered"))),
    }


def _carry_over(uow: UnitOfWork, incident: Incident, people: set[int]) -> None:
    """Bring a case that was opened from this report to what is so now: kind of harm, place, these people's parts."""
    for case in cases_of_incident(incident.id):
        if case.incidents and case.incidents[0].id == incident.id:
            case.harm_kind, case.location_code = incident.tile, incident.location_code
        uow.record(case, "case.facts_corrected", reference=incident.reference)
        for part in case.participants:
            role = _part_in(case, part, people)
            if role is not None and role is not part.role:
                part.role = role
                uow.record(part, "case.person_role", role=role.value)


def _part_in(case: Case, part: CaseParticipant, people: set[int]) -> PersonRole | None:
    """Return the part that somebody of these has in all reports of a case; None for anybody else."""
    theirs = [
        person
        for report in case.incidents
        for person in report.people
        if person.id == part.incident_person_id
        or (part.student_id is not None and person.student_id == part.student_id)
    ]
    if not people & {person.id for person in theirs}:
        return None
    return reduce(stronger_role, (person.role for person in theirs))
