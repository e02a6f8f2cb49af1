"""How a row of the permission map is written, and the short names of the roles that it gives a permission to."""

from wss_cases.access.actor import CASE_TEAM, STAFF, Role
from wss_cases.access.policy import Predicate, Rule

D, C, A = Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR
DISTRICT, SYSADMIN, AUDITOR, PARTNER = Role.DISTRICT, Role.SYSADMIN, Role.AUDITOR, Role.PARTNER
TEAM = frozenset(CASE_TEAM)
ANY_STAFF = frozenset(STAFF)


def of(*roles: Role) -> frozenset[Role]:
    """Return these roles as the set that a row gives its permission to."""
    return frozenset(roles)


def row(roles: frozenset[Role], allows: Predicate, because: str) -> Rule:
    """Return one row: who may hold the permission, of which records, and why in one sentence."""
    return Rule(roles=roles, allows=allows, because=because)
