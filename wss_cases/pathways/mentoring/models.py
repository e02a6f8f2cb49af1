"""What a mentoring pathway has of its own."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned


class MentoringPlan(Versioned, Base):
    """Who mentors, towards what, how often."""

    __tablename__ = "mentoring_plan"
    PRIVATE = frozenset({"goal"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    mentor_name: Mapped[str] = mapped_column(String(200), default="")
    goal: Mapped[str] = mapped_column(String(500), default="")
    cadence: Mapped[str] = mapped_column(String(60), default="")
