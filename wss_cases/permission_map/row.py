"""How a row of the permission map is written, and short names of roles."""

from wss_cases.access.actor import CASE_TEAM, STAFF, Role
from wss_cases.access.policy import Predicate, Rule

D, C, A = Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR
DISTRICT, SYSADMIN, AUDITOR, PARTNER = Role.DISTRICT, Role.SYSADMIN, Role.AUDITOR, Role.PARTNER
TEAM = frozenset(CASE_TEAM)
ANY_STAFF = frozenset(STAFF)


def of(*roles: Role) -> frozenset[Role]:
    """These roles as a set."""
    return frozenset(roles)


def row(roles: frozenset[Role], allows: Predicate, because: str) -> Rule:
    """A row: who may hold the permission, of which records, and why in one sentence."""
    return Rule(roles=roles, allows=allows, because=because)
