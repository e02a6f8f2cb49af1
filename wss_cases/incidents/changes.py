"""Changes to a report: details completed, text added, a question answered, two reports merged; and typed drafts.

The narrative itself only grows. A draft is visible only to its author.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentDraft, IncidentPerson
from wss_cases.incidents.incident.pages import append_text, drop_draft, person_of, set_state
from wss_cases.incidents.incident.queries import behavior_of_tile, location, own_draft
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
from wss_cases.incidents.incident.states import HEARD_FROM_LABELS, UNDECIDED, IncidentState, PersonKind, PersonRole
from wss_cases.incidents.other_schools import parts_of
from wss_cases.journal.extension_points import react
from wss_cases.journal.queries import already_done
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case

MERGED = "incident.merged"


@use_case
def add_addendum(uow: UnitOfWork, incident_id: int, text: str) -> int:
    """Add text to one's own report, or as case team to any report of the school; earlier text stays unchanged."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE)
    append_text(uow, incident, text)
    uow.record(incident, "incident.addendum")
    return incident.id


@use_case
def answer_question(uow: UnitOfWork, incident_id: int, text: str) -> int:
    """Answer the reviewer's question; the report returns to the queue. Raises Refused if there is no question; Stale
    if the report was changed since."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE, uow.version)
    if incident.state is not IncidentState.RETURNED:
        raise Refused("", _("No question is waiting for an answer."))
    incident.answer = text
    append_text(uow, incident, f"{incident.question}\n\n{text}")
    uow.record(incident, "incident.answered")
    set_state(uow, incident, IncidentState.SUBMITTED)
    return incident.id


def merge_report(uow: UnitOfWork, incident: Incident, reference: str) -> Incident:
    """Merge a locked report into another of its school, which gets the people it lacks; returns that one. Raises
    Refused if the reference is no other valid report of the school."""
    target = _target(uow, incident, reference)
    require(uow.actor, Permission.INCIDENT_REVIEW, target)
    join_report(uow, incident, target)
    return target


def join_report(uow: UnitOfWork, incident: Incident, target: Incident) -> None:
    """Join a locked report to another locked one of its school, which gets the people it lacks."""
    known = {(person.student_id, person.other_school_id) for person in target.people}
    came, moved = [], []
    for person in incident.people:
        who = (person.student_id, person.other_school_id)
        if any(who) and who not in known:
            came.append(_copy(person))
            target.people.append(came[-1])
    there = {part.school_id for part in parts_of(target.id)}
    for part in parts_of(incident.id):
        if part.school_id not in there:
            part.part_of_id = target.id
            moved.append(part.id)
            uow.record(part, "incident.part_joined", reference=target.reference)
    set_state(uow, incident, IncidentState.DUPLICATE, duplicate_of=target)
    uow.session.flush()
    # The ids of these people allow the merge to be undone.
    uow.record(target, MERGED, reference=incident.reference, people=[one.id for one in came], parts=moved)
    react(uow, MERGED, target)


def _target(uow: UnitOfWork, incident: Incident, reference: str) -> Incident:
    statement = select(Incident).where(
        Incident.reference == reference.strip(), Incident.school_id == incident.school_id
    )
    target: Incident | None = uow.session.scalar(statement.with_for_update())
    if target is None:
        raise Refused("reference", _("No report at this school has this number."))
    if target.id == incident.id or target.state is IncidentState.DUPLICATE:
        raise Refused("reference", _("Choose another report, one that is not itself a duplicate."))
    return target


COPIED = ("role", "kind", "student_id", "other_school_id", "description", "grade", "behavior_code_id")
"""What is copied for a person who joins another report."""


def _copy(person: IncidentPerson) -> IncidentPerson:
    return IncidentPerson(**{name: getattr(person, name) for name in COPIED})


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


MOST_LETTERS = 100_000


def save_draft(
    actor: Actor,
    form: str,
    payload: Mapping[str, Sequence[str]],
    now: datetime,
    school_id: int | None = None,
    incident_id: int | None = None,
    request_key: str | None = None,
) -> int:
    """Save a draft, one per person, form and report. Returns its id, or 0 if the form was submitted already and this
    came late. Raises Refused for more than 100,000 characters, or one that cannot be stored."""
    typed = {name: list(values) for name, values in payload.items()}
    _check("".join(value for values in typed.values() for value in values))
    with unit_of_work(actor, now) as uow:
        if already_done(actor.user_id, request_key):
            return 0
        draft = own_draft(actor, form, incident_id)
        if draft is None:
            assert actor.user_id is not None
            draft = uow.add(IncidentDraft(user_id=actor.user_id, form=form, incident_id=incident_id, updated_at=now))
        draft.school_id, draft.payload, draft.updated_at = school_id, typed, now
        uow.audit("draft.saved", "incident_draft", draft.id)
        return draft.id


def discard_draft(actor: Actor, form: str, now: datetime, incident_id: int | None = None) -> None:
    with unit_of_work(actor, now) as uow:
        draft = own_draft(actor, form, incident_id)
        if draft is not None:
            uow.audit("draft.discarded", "incident_draft", draft.id)
            drop_draft(uow, form, incident_id)


def _check(text: str) -> None:
    if len(text) > MOST_LETTERS:
        raise Refused("", _("This is too long to save."))
    if any(c not in "\n\r\t" and unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise Refused("", _("This text contains a character that cannot be stored. Type it again."))
