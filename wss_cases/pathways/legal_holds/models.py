"""The one hold there is: on a student, a case, or one circle of a case."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, exactly_one, named_enum
from wss_cases.pathways.legal_holds.states import HoldKind


class LegalHold(Versioned, Base):
    """Why a record stays as it is: a records request, a legal hold or a court order that is open.

    While one is open nothing of its student, case or circle is deleted, shredded, cleaned or moved to another school.
    """

    __tablename__ = "legal_hold"
    __table_args__ = (
        exactly_one("student_id", "case_id", "pathway_id", name="one_subject"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("(closed_at is null) = (closed_by_id is null)", name="closing"),
        CheckConstraint("closed_at is null or closed_reason <> ''", name="closed_reason"),
    )
    PRIVATE = frozenset({"reason", "asked_by", "closed_reason"})

    id: Mapped[Id]
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_record.id"), index=True)
    pathway_id: Mapped[int | None] = mapped_column(ForeignKey("pathway.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    kind: Mapped[HoldKind] = mapped_column(named_enum(HoldKind, "kind"))
    asked_by: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    closed_reason: Mapped[str] = mapped_column(Text, default="")
