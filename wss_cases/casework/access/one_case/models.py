"""The opening of one case by the district: for which reason, until when."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class CaseOpening(Base):
    """That somebody of the district may read one case until a set time, and the reason they gave."""

    __tablename__ = "case_opening"
    __table_args__ = (Index("ix_case_opening_user", "user_id", "expires_at"),)
    PRIVATE = frozenset({"reason"})

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
