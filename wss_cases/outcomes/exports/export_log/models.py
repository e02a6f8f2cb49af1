"""What left the system as a file: who took it, when, and why."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class ExportRecord(Base):
    """One file that somebody took: what, how many rows, and why. `school_id` is None for all schools."""

    __tablename__ = "export_record"
    PRIVATE = frozenset({"reason"})

    id: Mapped[Id]
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(40))
    form: Mapped[str] = mapped_column(String(8))
    school_year: Mapped[str] = mapped_column(String(7))
    row_count: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
