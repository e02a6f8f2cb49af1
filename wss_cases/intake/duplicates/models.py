"""Pairs of reports of which a reviewer said that they tell of two different events."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class ToldApart(Base):
    """Two reports that look alike and are not the same event; `lower_id` is the older one."""

    __tablename__ = "incident_told_apart"
    __table_args__ = (UniqueConstraint("lower_id", "higher_id"), CheckConstraint("lower_id < higher_id", name="order"))

    id: Mapped[Id]
    lower_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    higher_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
