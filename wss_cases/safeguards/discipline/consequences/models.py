"""Minor consequences: apart from removals, whose figures they never enter."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, named_enum
from wss_cases.incidents.incident.models import OfIncident
from wss_cases.safeguards.discipline.consequences.states import ConsequenceKind


class MinorConsequence(OfIncident, Base):
    """One minor consequence given to one person of a report; taken back, it stays with who did that and when."""

    __tablename__ = "minor_consequence"
    __table_args__ = (
        Index("ix_minor_consequence_school_day", "school_id", "given_on"),
        CheckConstraint("(taken_back_at is null) = (taken_back_by_id is null)", name="taken_back"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    incident_person_id: Mapped[int] = mapped_column(ForeignKey("incident_person.id"), index=True)
    kind: Mapped[ConsequenceKind] = mapped_column(named_enum(ConsequenceKind, "kind"))
    given_on: Mapped[date]
    given_at: Mapped[datetime]
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    taken_back_at: Mapped[datetime | None]
    taken_back_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
