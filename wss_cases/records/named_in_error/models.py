"""That somebody was named in error: who said so, who agreed. Never who it was, once they are taken out."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.incidents.incident.models import OfIncident
from wss_cases.records.named_in_error.states import TakingOutState


class TakingOut(OfIncident, Versioned, Base):
    """One proposal about one person's row in a report; `needs_second`: something hangs on it, so another agrees."""

    __tablename__ = "taking_out"
    __table_args__ = (
        Index("ix_taking_out_incident", "incident_id"),
        Index("uq_taking_out_asked", "incident_person_id", unique=True, **where("state = 'asked'")),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("(state = 'asked') = (decided_at is null)", name="decided"),
        CheckConstraint(
            "state <> 'done' or not needs_second or asked_by_id is null or decided_by_id <> asked_by_id",
            name="second_person",
        ),
    )
    PRIVATE = frozenset({"reason"})

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    incident_person_id: Mapped[int] = mapped_column(ForeignKey("incident_person.id"))
    state: Mapped[TakingOutState] = mapped_column(named_enum(TakingOutState, "state"), default=TakingOutState.ASKED)
    needs_second: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
