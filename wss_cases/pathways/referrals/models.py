"""What a wrap-around referral has of its own."""

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned


class Referral(Versioned, Base):
    """To which partner, and when it was sent."""

    __tablename__ = "referral"

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    partner: Mapped[str] = mapped_column(String(200), default="")
    sent_on: Mapped[date | None]
