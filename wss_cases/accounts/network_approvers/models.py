"""Whom the district named for each network to answer for a school from outside it."""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned


class NetworkApprover(Versioned, Base):
    """Who gives a network's second approvals, who stands in, and how many hours an answer about the police may take.

    `network` is '' for the schools that are in none.
    """

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
