"""Who acts: frozen values, never a database row or the web's current user; and what follows from their roles alone."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, false, true


class Role(StrEnum):
    """The roles of domain.md; each is held with a scope and dates."""

    REPORTER = "reporter"
    DEAN = "dean"
    COORDINATOR = "coordinator"
    ADMINISTRATOR = "administrator"
    DISTRICT = "district"
    SYSADMIN = "sysadmin"
    PARTNER = "partner"
    AUDITOR = "auditor"


STAFF = frozenset({Role.REPORTER, Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR})
"""Roles of people who work in a school."""

CASE_TEAM = frozenset({Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR})
"""Roles that review incidents and see cases in their own schools."""


@dataclass(frozen=True)
class Grant:
    """One role in one school (`school_id`), in the whole district, for one partner organization, or in none of them.

    `sees_from` is the first day in this role's visibility window; None: everything.
    """

    role: Role
    school_id: int | None = None
    district: bool = False
    partner_id: int | None = None
    sees_from: date | None = None


@dataclass(frozen=True)
class Actor:
    """A person with the grants in force today; no grant is no access.

    `past_students` are those whose past years the person has opened for a reason; with `initials` lists show no
    student's name. `list_columns`: the columns they chose for each list (`foundation.tables.columns`).
    """

    user_id: int | None
    name: str
    grants: tuple[Grant, ...] = ()
    locale: str = "en"
    is_system: bool = field(default=False)
    past_students: frozenset[int] = frozenset()
    initials: bool = False
    list_columns: str = ""

    def has(self, *roles: Role) -> bool:
        """Whether any grant, of any scope, has one of these roles."""
        return any(grant.role in roles for grant in self.grants)

    def everywhere(self, *roles: Role) -> bool:
        """Whether one of these roles is held for the whole district."""
        return any(grant.district and grant.role in roles for grant in self.grants)

    def school_ids(self, *roles: Role) -> frozenset[int]:
        """The schools in which one of these roles is held by name (a district grant is not listed)."""
        return frozenset(g.school_id for g in self.grants if g.school_id is not None and g.role in roles)

    @property
    def works_elsewhere(self) -> bool:
        schools = {grant.school_id for grant in self.grants if grant.school_id is not None}
        return len(schools) > 1 or any(grant.district for grant in self.grants)

    def partner_ids(self) -> frozenset[int]:
        """The partner organizations that this person signs in for."""
        return frozenset(g.partner_id for g in self.grants if g.partner_id is not None and g.role is Role.PARTNER)

    def covers(self, school_id: int | None, *roles: Role) -> bool:
        """Whether one of these roles covers this school."""
        return self.everywhere(*roles) or (school_id is not None and school_id in self.school_ids(*roles))


SYSTEM = Actor(user_id=None, name="system", is_system=True)
"""The operator's commands and the scheduler; allowed what a command does, and audited as such."""


@dataclass(frozen=True)
class Invocation:
    """One call of a use case.

    `request_key` is the form's own, so that a form sent twice is carried out once; None without a form. `version` is
    the record's version when the page was shown; None where none is compared.
    """

    actor: Actor
    now: datetime
    request_key: str | None = None
    version: int | None = None


def in_schools(column: Any, actor: Actor, *roles: Role) -> ColumnElement[bool]:
    """The rows whose school the actor covers with one of these roles; none when no role is held."""
    if actor.is_system or actor.everywhere(*roles):
        return true()
    ids = actor.school_ids(*roles)
    return column.in_(sorted(ids)) if ids else false()


KNOW = frozenset({Role.COORDINATOR})
"""Who at a school may know of it."""


def may_know_of_housing(actor: Actor, school_id: int | None) -> bool:
    """Whether the actor may know of a need for housing support at this school."""
    return actor.is_system or actor.covers(school_id, *KNOW)


def housing_known_at(column: Any, actor: Actor) -> ColumnElement[bool]:
    """The same as a condition on a column of schools."""
    return in_schools(column, actor, *KNOW)
