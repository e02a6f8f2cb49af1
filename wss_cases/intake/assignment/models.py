"""Who of a school reviews a report that waits."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class Assignment(Base):
    """Who reviews a report, or that nobody does any more: apart from the report, whose version it leaves alone."""

    __tablename__ = "incident_assignment"

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), unique=True)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
