"""Reading a school's contacts and routes; they hold nothing of any student."""

from typing import Any

from sqlalchemy import Select, select

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.access.scope import in_schools
from wss_cases.contacts.models import SafePassageRoute, SchoolSergeant, ThreatTeam
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing

READERS = (*sorted(CASE_TEAM), Role.DISTRICT)


load_team = by_id(ThreatTeam)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of School Sergeants to those of schools whose contacts the actor may read."""
    return statement.where(in_schools(SchoolSergeant.school_id, actor, *READERS))


def sergeants_of(school_id: int) -> list[SchoolSergeant]:
    """Return a school's contacts at the police, by police district."""
    statement = select(SchoolSergeant).where(SchoolSergeant.school_id == school_id, SchoolSergeant.ended_at.is_(None))
    return list(db.session.scalars(statement.order_by(SchoolSergeant.police_district, SchoolSergeant.id)))


def get_sergeant(actor: Actor, sergeant_id: int) -> SchoolSergeant:
    """Return a School Sergeant of a school whose contacts the actor may read. Raises NotFound."""
    wanted = select(SchoolSergeant).where(SchoolSergeant.id == sergeant_id, SchoolSergeant.ended_at.is_(None))
    row: SchoolSergeant = existing(db.session.scalar(visible_to(wanted, actor)))
    require(actor, Permission.CONTACT_READ, row)
    return row


def routes_of(school_id: int) -> list[SafePassageRoute]:
    """Return a school's Safe Passage routes, by place."""
    going = SafePassageRoute.ended_at.is_(None)
    statement = select(SafePassageRoute).where(SafePassageRoute.school_id == school_id, going)
    return list(db.session.scalars(statement.order_by(SafePassageRoute.place, SafePassageRoute.id)))


def team_filed(school_id: int) -> ThreatTeam | None:
    """Return the last filing of a school's threat-assessment team; None where none was recorded."""
    statement = select(ThreatTeam).where(ThreatTeam.school_id == school_id)
    return db.session.scalars(statement.order_by(ThreatTeam.filed_on.desc(), ThreatTeam.id.desc())).first()


def get_team(actor: Actor, team_id: int) -> ThreatTeam:
    """Return a filing at a school whose contacts the actor changes. Raises NotFound."""
    wanted = select(ThreatTeam).where(
        ThreatTeam.id == team_id, in_schools(ThreatTeam.school_id, actor, Role.ADMINISTRATOR, Role.DISTRICT)
    )
    row: ThreatTeam = existing(db.session.scalar(wanted))
    return row
