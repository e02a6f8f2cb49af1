"""Reading schools and networks; lists of schools start from what the actor may see."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.scope import in_schools
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.roster.directory.models import Network, School

PAGE = 50
NONE = "none"
"""In addresses: schools that are in no network."""


@dataclass(frozen=True)
class NetworkRow:
    """One network: its schools that are open, and how many people administer it."""

    name: str
    schools: int
    people: int


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of schools to those that the actor administers, alone or with a network or the district."""
    return statement.where(in_schools(School.id, actor, Role.ADMINISTRATOR, Role.DISTRICT))


def schools(actor: Actor, text: str, network: str, after: int | None) -> list[School]:
    """Return up to a page of schools and one more, by name, after the one of an id; '' asks for every network."""
    statement = visible_to(select(School), actor).order_by(School.name, School.id).limit(PAGE + 1)
    if text:
        found = School.name.icontains(text, autoescape=True)
        statement = statement.where(or_(found, School.identifier.istartswith(text, autoescape=True)))
    if network:
        statement = statement.where(School.network.is_(None) if network == NONE else School.network == network)
    if after:
        name = select(School.name).where(School.id == after).scalar_subquery()
        statement = statement.where(or_(School.name > name, and_(School.name == name, School.id > after)))
    return list(db.session.scalars(statement))


def seen_school(actor: Actor, school_id: int) -> School:
    """Return a school that the actor administers. Raises NotFound."""
    school: School = existing(db.session.scalar(visible_to(select(School), actor).where(School.id == school_id)))
    return school


def network_names() -> list[str]:
    """Return every network that there is: of schools, of people's roles, and those that are still empty."""
    names = select(School.network).union(select(RoleGrant.network), select(Network.name))
    return sorted(name for name in db.session.scalars(names) if name)


def networks() -> list[NetworkRow]:
    """Return every network with what is in it."""
    inside = select(School.network, func.count()).where(School.is_active).group_by(School.network)
    people = select(RoleGrant.network, func.count(RoleGrant.user_id.distinct())).where(RoleGrant.ends_on.is_(None))
    schools_of = {row[0]: row[1] for row in db.session.execute(inside)}
    people_of = {row[0]: row[1] for row in db.session.execute(people.group_by(RoleGrant.network))}
    return [NetworkRow(name, schools_of.get(name, 0), people_of.get(name, 0)) for name in network_names()]
