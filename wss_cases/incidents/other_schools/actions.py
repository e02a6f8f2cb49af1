"""Telling another school of its students' part in what happened here: a report of its own, without a name of ours.

Steps of the use cases above. What they write at the other school is of the one who tells, in that school's history.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Role
from wss_cases.accounts.grants import holders
from wss_cases.foundation.school_time import local, local_date, today_at
from wss_cases.incidents.incident.actions import tell_that_it_waits
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import CAUSED, SUFFERED
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole
from wss_cases.incidents.other_schools.queries import parts_of
from wss_cases.incidents.other_schools.states import COLUMNS, FACTS, WHERE_HARMED
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import schools_by_id

COPIED = (
    "occurred_at", "when_precision", "period", "tile", "location_code", "place", "danger_now", "behavior_group",
)  # fmt: skip
"""What the part is made with; put right there later, the other school hears that it differs."""


def part_at(uow: UnitOfWork, host: Incident, school: School) -> Incident:
    """Return the report in which a school has its students' part of a locked report, made when it is the first.

    Where that school has joined it to a report of its own, it is that one.
    """
    found = uow.session.scalar(
        select(Incident).where(Incident.part_of_id == host.id, Incident.school_id == school.id).with_for_update()
    )
    if found is not None and found.duplicate_of_id is not None:
        found = uow.session.get(Incident, found.duplicate_of_id, with_for_update=True)
    return found if found is not None else _new_part(uow, host, school)


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
    """Queue a mail without content to every dean and administrator of a part's school, at any hour where there is
    danger; return how many they are."""
    today = today_at(part.school_id, uow.now)
    people = {
        number for role in (Role.DEAN, Role.ADMINISTRATOR) for number, _name in holders(role, part.school_id, today)
    }
    for user_id in sorted(people):
        uow.notify(user_id, kind, part, f"{key}:{user_id}", at_any_hour=part.danger_now)
    return len(people)


def pass_on(uow: UnitOfWork, host: Incident) -> list[Incident]:
    """Bring the parts of other schools to what is known here; return those to be routed again.

    It fills what nobody there has said and never overwrites what somebody has: of that they are told, once.
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
    """Keep in a part that somebody of the other side caused or suffered harm: a kind and a part, without a name."""
    told = CAUSED | SUFFERED
    wanted = {
        (PersonKind.NOT_IDENTIFIED if person.kind is PersonKind.STUDENT else person.kind, person.role)
        for person in host.people
        if person.role in told and person.other_school_id != part.school_id
    }
    here = {(one.kind, one.role): one for one in part.people if one.other_school_id == host.school_id}
    new, gone = sorted(wanted - here.keys()), [key for key in here if key not in wanted and key[1] in told]
    for key in gone:
        here[key].role = PersonRole.INVOLVED
    for kind, role in new:
        part.people.append(IncidentPerson(kind=kind, role=role, other_school_id=host.school_id, facts={}))
    return bool(new or gone)


def _differing(part: Incident, host: Incident, known: Mapping[str, Any]) -> str:
    """Return a short word for what stands otherwise in the two reports, '' for nothing."""
    pairs = {name: value for name, value in known.items() if part.facts.get(name) != value}
    pairs |= {
        name: str(getattr(host, name))
        for name in ("occurred_at", "tile", "location_code")
        if getattr(host, name) != getattr(part, name)
    }
    return sha256(repr(sorted(pairs.items())).encode()).hexdigest()[:12] if pairs else ""


def _school_of(host: Incident) -> str:
    return schools_by_id([host.school_id])[host.school_id].name
