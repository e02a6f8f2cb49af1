"""What a re-engagement pathway has of its own."""

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned


class ReengagementPlan(Versioned, Base):
    """When the student returns, and what supports the first days."""

    __tablename__ = "reengagement_plan"
    PRIVATE = frozenset({"supports"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    return_on: Mapped[date | None]
    supports: Mapped[str] = mapped_column(String(500), default="")
