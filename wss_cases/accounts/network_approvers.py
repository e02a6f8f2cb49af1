"""The people whom the district named for each network to decide for a school from outside it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants import in_force_at
from wss_cases.foundation.db import Base, Id, Versioned, db


class NetworkApprover(Versioned, Base):
    """Who gives a network's second approvals, their deputy, and the hours allowed for an answer about the police.
    `network` is '' for schools without one."""

    __tablename__ = "police_approver"
    __table_args__ = (
        CheckConstraint("deputy_id is null or deputy_id <> approver_id", name="deputy"),
        CheckConstraint("hours between 1 and 72", name="hours"),
    )

    id: Mapped[Id]
    network: Mapped[str] = mapped_column(String(80), unique=True)
    approver_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    hours: Mapped[int]


def approver_of(network: str | None) -> NetworkApprover | None:
    """The approver of a network ('' or None: of schools without one)."""
    return db.session.scalar(select(NetworkApprover).where(NetworkApprover.network == (network or "")))


def approvers() -> dict[str, NetworkApprover]:
    """All approvers by network."""
    return {row.network: row for row in db.session.scalars(select(NetworkApprover))}


def approvers_naming(user_id: int) -> list[NetworkApprover]:
    """The rows that name this person as approver or deputy."""
    named = or_(NetworkApprover.approver_id == user_id, NetworkApprover.deputy_id == user_id)
    return list(db.session.scalars(select(NetworkApprover).where(named)))


def possible_approvers(network: str, now: datetime) -> list[tuple[int, str]]:
    """(user id, name) of the active people who administer a network or the district, by name."""
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
