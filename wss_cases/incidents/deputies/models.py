"""What a network's deputy decides as the second person, where a school has nobody else who could."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, where
from wss_cases.incidents.incident.models import OfIncident


class DeputyLook(OfIncident, Base):
    """One record of a report that waits for a second person outside the school: who asked, who is asked, the answer."""

    __tablename__ = "deputy_look"
    __table_args__ = (
        Index("ix_deputy_look_incident", "incident_id"),
        Index("ix_deputy_look_deputy", "deputy_id"),
        Index("uq_deputy_look_open", "object_type", "object_id", unique=True, **where("taken_at is null")),
        CheckConstraint("asked_by_id is null or asked_by_id <> deputy_id", name="another_person"),
        CheckConstraint("(taken_at is null) = (agrees is null)", name="taken"),
    )

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    deputy_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    taken_at: Mapped[datetime | None]
    agrees: Mapped[bool | None]
