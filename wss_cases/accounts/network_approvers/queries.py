"""Reading who answers for the schools of a network, and who could."""

from datetime import datetime

from sqlalchemy import or_, select

from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants.queries import in_force_at
from wss_cases.accounts.network_approvers.models import NetworkApprover
from wss_cases.foundation.db import db


def approver_of(network: str | None) -> NetworkApprover | None:
    """Return who gives the second approvals of a network ('': of schools that are in none)."""
    return db.session.scalar(select(NetworkApprover).where(NetworkApprover.network == (network or "")))


def approvers() -> dict[str, NetworkApprover]:
    """Return who gives second approvals, by network."""
    return {row.network: row for row in db.session.scalars(select(NetworkApprover))}


def approvers_naming(user_id: int) -> list[NetworkApprover]:
    """Return the rows in which somebody is the approver or the deputy."""
    named = or_(NetworkApprover.approver_id == user_id, NetworkApprover.deputy_id == user_id)
    return list(db.session.scalars(select(NetworkApprover).where(named)))


def possible_approvers(network: str, now: datetime) -> list[tuple[int, str]]:
    """Return (user id, name) of the active people who administer a network or the district, by name."""
    statement = (
        select(UserAccount.id, UserAccount.name)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(
            RoleGrant.role == Role.DISTRICT,
            RoleGrant.district | (RoleGrant.network == network),
            UserAccount.state == AccountState.ACTIVE,
            in_force_at(now),
        )
        .distinct()
        .order_by(UserAccount.name, UserAccount.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]
