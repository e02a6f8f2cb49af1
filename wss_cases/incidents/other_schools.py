"""Telling another school of its students' part in an event here: a report of its own, without a name of ours. Steps
for use cases. What they write there is the teller's, in that school's history."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import func, or_, select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.grants import holders
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.school_time import local, local_date, today_at
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.pages import tell_that_it_waits
from wss_cases.incidents.incident.queries import load_incident
from wss_cases.incidents.incident.rules import CAUSED, SHARED_FACTS, SUFFERED
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.roster.names.queries import COLUMNS as NAMES_COLUMNS
from wss_cases.roster.names.queries import students_named
from wss_cases.roster.names.spellings import Named

COLUMNS: Final = ("injury", "weapon", "substance", "property_damage")
NEVER_TOLD: Final = ("self_harm", "mutual")
"""Facts of one child that are never told. (Whom a bias was about is no fact, and is not told either.)"""

WHERE_HARMED: Final = ("abuse_suspected",)
"""Told only to the school of someone harmed: it prevents a call to a home that may not be safe."""

FACTS: Final = tuple(name for name in SHARED_FACTS if name not in NEVER_TOLD + WHERE_HARMED)
"""All other facts of the event are told, including any added later."""

SENTENCES: Final[dict[str, Any]] = {
    "incident.part_opened": _l("%(school)s told this school about its students’ part in what happened there"),
    "incident.part_filled": _l("The details known at %(school)s were filled in"),
    "incident.part_joined": _l("It is now part of report %(reference)s of that school"),
    "incident.part_taken_out": _l("%(school)s found that one of its own students was named in error"),
    "incident.part_taken_back": _l("%(school)s is told that the student was named in error. Reason: %(why)s"),
    "incident.part_withdrawn": _l(
        "%(school)s withdraws what it shared about a student of this school. Reason: %(why)s"
    ),
    "incident.part_kept": _l("%(school)s says that it was its student after all"),
    "incident.part_told": _l("%(school)s was told about its students’ part"),
}


def parts_of(host_id: int) -> list[Incident]:
    """Parts of other schools in a report. For internal use: only their own school may see them."""
    statement = select(Incident).where(Incident.part_of_id == host_id).order_by(Incident.id)
    return list(db.session.scalars(statement))


def named_elsewhere(incident_ids: Iterable[int]) -> list[Named]:
    """People of these reports whose names only other schools know, for a finder of names; their label has no name."""
    ids = sorted(incident_ids)
    roots = select(func.coalesce(Incident.part_of_id, Incident.id)).where(Incident.id.in_(ids))
    others = select(Incident.id).where(
        or_(Incident.id.in_(roots), Incident.part_of_id.in_(roots)), Incident.id.not_in(ids)
    )
    theirs = select(IncidentPerson.student_id).where(IncidentPerson.incident_id.in_(others))
    students = students_named(select(*NAMES_COLUMNS).where(Student.id.in_(theirs)))
    return [replace(one, label=_("a student of another school")) for one in students]


def _may_review(message: OutboxMessage, actor: Actor) -> bool:
    return can(actor, Permission.INCIDENT_REVIEW, load_incident(message.object_id))


PART = leads_to(
    "/review/{id}",
    _l("Another school reports a student of yours"),
    _l("Something happened at another school, and one of your students was involved. You decide about that part."),
)
CHANGED = leads_to(
    "/review/{id}",
    _l("What another school knows has changed"),
    _l("The other school in this report now says something different. Compare the two, and correct what is wrong."),
)
MESSAGES = (MessageKind("incident.part", PART, _may_review), MessageKind("incident.part_changed", CHANGED, _may_review))


COPIED = (
    "occurred_at", "when_precision", "period", "tile", "location_code", "place", "danger_now", "behavior_group",
)  # fmt: skip
"""Columns copied into the part; if one is corrected here later, the other school is told that it differs."""


def part_at(uow: UnitOfWork, host: Incident, school: School) -> Incident:
    """A school's part of a locked report, created if new. If the school merged it into its own report, that one."""
    part = uow.session.scalar(
        select(Incident).where(Incident.part_of_id == host.id, Incident.school_id == school.id).with_for_update()
    )
    if part is not None and part.duplicate_of_id is not None:
        part = uow.session.get(Incident, part.duplicate_of_id, with_for_update=True)
    return part if part is not None else _new_part(uow, host, school)


def _new_part(uow: UnitOfWork, host: Incident, school: School) -> Incident:
    number = uow.next_number(f"incident:{school.id}")
    wall = local(host.occurred_at, school.time_zone)
    part = Incident(
        school_id=school.id,
        number=number,
        reference=f"{school.code}-I-{number:04d}",
        state=IncidentState.SUBMITTED,
        submitted_at=uow.now,
        local_date=local_date(host.occurred_at, school.time_zone),
        local_minute=wall.hour * 60 + wall.minute if host.local_minute is not None else None,
        happened_at_id=host.school_id,
        part_of_id=host.id,
        facts={},
        **{name: getattr(host, name) for name in COPIED},
    )
    uow.add(part)
    uow.record(part, "incident.part_opened", school=_school_of(host))
    tell_that_it_waits(uow, part)
    return part


def tell(uow: UnitOfWork, part: Incident, kind: str, key: str) -> int:
    """Queue an email without content to every dean and administrator of a part's school, in danger at any hour.
    Returns their number."""
    today = today_at(part.school_id, uow.now)
    people = {
        number for role in (Role.DEAN, Role.ADMINISTRATOR) for number, _name in holders(role, part.school_id, today)
    }
    for user_id in sorted(people):
        uow.notify(user_id, kind, part, f"{key}:{user_id}", at_any_hour=part.danger_now)
    return len(people)


def pass_on(uow: UnitOfWork, host: Incident) -> list[Incident]:
    """Copy the facts of an incident into its parts at other schools; returns those parts, to be routed again.

    A fact is copied only where the part has none. Where both schools have one and they differ, the other school gets
    one message about it.
    """
    parts = [one for one in parts_of(host.id) if one.state is not IncidentState.DUPLICATE and not one.is_withdrawn]
    for part in parts:
        known = _known(host, part)
        filled = _fill(part, host, known)
        mirrored = _mirror(part, host)
        if filled or mirrored:
            uow.record(part, "incident.part_filled", school=_school_of(host))
        uow.session.flush()
        if other := _differing(part, host, known):
            tell(uow, part, "incident.part_changed", f"part-changed:{part.id}:{other}")
    return parts


def _known(host: Incident, part: Incident) -> dict[str, Any]:
    own = [person for person in part.people if person.other_school_id is None]
    harmed = any(person.role in SUFFERED for person in own)
    names = (*FACTS, *(WHERE_HARMED if harmed else ()))
    return {name: value for name in names if (value := (host.facts or {}).get(name)) is not None}


def _fill(part: Incident, host: Incident, known: Mapping[str, Any]) -> bool:
    missing = {name: value for name, value in known.items() if (part.facts or {}).get(name) is None}
    if missing:
        part.facts = {**(part.facts or {}), **missing}
    empty = [name for name in COLUMNS if getattr(part, name) is None and getattr(host, name) is not None]
    for name in empty:
        setattr(part, name, getattr(host, name))
    danger = host.danger_now and not part.danger_now
    part.danger_now = part.danger_now or host.danger_now
    return bool(missing or empty or danger)


def _mirror(part: Incident, host: Incident) -> bool:
    """Keep in a part the kinds and roles of people of the other side who caused or suffered harm, without names."""
    roles = CAUSED | SUFFERED
    wanted = {
        (PersonKind.NOT_IDENTIFIED if person.kind is PersonKind.STUDENT else person.kind, person.role)
        for person in host.people
        if person.role in roles and person.other_school_id != part.school_id
    }
    here = {(one.kind, one.role): one for one in part.people if one.other_school_id == host.school_id}
    new, gone = sorted(wanted - here.keys()), [key for key in here if key not in wanted and key[1] in roles]
    for key in gone:
        here[key].role = PersonRole.INVOLVED
    for kind, role in new:
        part.people.append(IncidentPerson(kind=kind, role=role, other_school_id=host.school_id, facts={}))
    return bool(new or gone)


def _differing(part: Incident, host: Incident, known: Mapping[str, Any]) -> str:
    """A short hash of what differs between the two reports, '' for nothing."""
    pairs = {name: value for name, value in known.items() if part.facts.get(name) != value}
    pairs |= {
        name: str(getattr(host, name))
        for name in ("occurred_at", "tile", "location_code")
        if getattr(host, name) != getattr(part, name)
    }
    return sha256(repr(sorted(pairs.items())).encode()).hexdigest()[:12] if pairs else ""


def _school_of(host: Incident) -> str:
    return schools_by_id([host.school_id])[host.school_id].name


def where_words(incident: Incident) -> str:
    """At which other school it happened, '' if at the report's own."""
    if incident.happened_at_id is None:
        return ""
    school = schools_by_id([incident.happened_at_id])[incident.happened_at_id]
    reference = db.session.scalar(select(Incident.reference).where(Incident.id == incident.part_of_id))
    return _(
        "It happened at %(school)s. That school counts it and notifies police and offices. Here you make decisions "
        "about students of this school and call their families.",
        school=dotted(school.name, reference or "", school.phone),
    )


ROOM = Room(sentences=SENTENCES, messages=MESSAGES)
