"""Who hears of a report of what an adult is said to have done: settled at each routing, before any mail."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from wss_cases.access.actor import Actor, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.grants import actor_of, holders
from wss_cases.accounts.network_approvers import possible_approvers
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import CAUSED
from wss_cases.incidents.incident.states import MAY_HAVE_CAUSED, UNDECIDED, KeptFrom, PersonKind
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import School, StaffMember

CONDUCT = "adult_conduct"
READERS = (Role.DEAN, Role.ADMINISTRATOR)
_HEADS = frozenset({"principal", "administrator", "siteadministrator"})
"""Roles of a roster whose holders head a school, with an account or without one."""
_ADULTS = frozenset({PersonKind.STAFF, PersonKind.OTHER_ADULT})


def settle_audience(uow: UnitOfWork, incident: Incident) -> None:
    """Keep a report from the adult whom it may be about and from whoever else is not to hear of it. For use cases."""
    kept = _kept_from(incident, uow.now)
    if kept is not incident.kept_from:
        incident.kept_from = kept
        uow.record(incident, "incident.audience_settled")
    uow.session.flush()


def told_of(incident: Incident, roles: Collection[Role], now: datetime) -> dict[int, str]:
    """Return who is told of a report, name by user id: the holders of these roles at its school who may know of it, and
    the district's office where no adult is named yet or nobody else is left."""
    people = open_to(incident, _holders(incident.school_id, roles, now), now)
    if incident.kept_from is KeptFrom.TEAM or (incident.kept_from is not None and not people):
        network = db.session.get_one(School, incident.school_id).network or ""
        people |= open_to(incident, dict(possible_approvers(network, now)), now)
    return people


def open_to(incident: Incident, people: Mapping[int, str], now: datetime) -> dict[int, str]:
    """Return those of some people, name by user id, from whom a report is not kept."""
    if incident.kept_from is None:
        return dict(people)
    actors = {user_id: actor_of(user_id, now) for user_id in people}
    return {
        user_id: name
        for user_id, name in people.items()
        if (actor := actors[user_id]) is not None and not incident.is_closed_to(actor)
    }


def is_left_to_office(incident: Incident, now: datetime) -> bool:
    """Whether the district's office decides a report, because it is kept from everyone at its school who would."""
    if incident.kept_from not in (KeptFrom.TEAM, KeptFrom.SCHOOL):
        return False
    roles = (Role.ADMINISTRATOR,) if incident.kept_from is KeptFrom.TEAM else READERS
    return not open_to(incident, _holders(incident.school_id, roles, now), now)


def left_to_office(actor: Actor, now: datetime) -> tuple[int, ...]:
    """Return the ids of the undecided reports that this person decides for the district's office."""
    if not actor.has(Role.DISTRICT):
        return ()
    statement = select(Incident).where(Incident.state.in_(UNDECIDED), Incident.for_office(actor))
    return tuple(row.id for row in db.session.scalars(statement) if is_left_to_office(row, now))


def _kept_from(incident: Incident, now: datetime) -> KeptFrom | None:
    every = [incident.facts or {}, *(person.facts or {} for person in incident.people)]
    adults = [one for one in incident.people if one.kind in _ADULTS and one.role in MAY_HAVE_CAUSED]
    stated = any(facts.get(CONDUCT) is True or CONDUCT in facts.get("sent_on", ()) for facts in every)
    stated = stated or any(person.kind is PersonKind.STAFF and person.role in CAUSED for person in adults)
    if not stated and not any(facts.get(CONDUCT) == "unknown" for facts in every):
        return None
    named = _named(incident, adults)
    if named:
        return _kept_from_named(incident.school_id, named, now)
    outsider = any(person.kind is PersonKind.OTHER_ADULT for person in adults)
    return KeptFrom.TEAM if stated and not outsider else None


def _kept_from_named(school_id: int, named: Iterable[Any], now: datetime) -> KeptFrom:
    accounts = {row.user_id for row in named}
    heads = _holders(school_id, (Role.ADMINISTRATOR,), now).keys()
    if accounts & heads or any(row.role.lower() in _HEADS for row in named):
        return KeptFrom.SCHOOL
    return KeptFrom.NAMED if _holders(school_id, READERS, now).keys() - accounts else KeptFrom.SCHOOL


def _named(incident: Incident, adults: Iterable[IncidentPerson]) -> list[Any]:
    """Return (role in the roster, account or None) of the staff members whom a report names, but its reporter's."""
    ids = sorted({person.staff_id for person in adults if person.staff_id is not None})
    if not ids:
        return []
    by_email = and_(StaffMember.email != "", func.lower(StaffMember.email) == UserAccount.email)
    same = or_(StaffMember.user_id == UserAccount.id, by_email)
    rows = select(StaffMember.id, StaffMember.role, UserAccount.id.label("user_id")).outerjoin(UserAccount, same)
    found = db.session.execute(rows.where(StaffMember.id.in_(ids))).all()
    own = {row.id for row in found if row.user_id is not None and row.user_id == incident.reporter_id}
    return [row for row in found if row.id not in own]


def _holders(school_id: int, roles: Collection[Role], now: datetime) -> dict[int, str]:
    today = today_at(school_id, now)
    return {user_id: name for role in roles for user_id, name in holders(role, school_id, today)}
