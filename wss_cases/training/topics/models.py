"""What staff are trained in: the district's own list, in both languages."""

from datetime import date

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned


class TrainingTopic(Versioned, Base):
    """One topic, offered from a day on, until a day (None: still); what was recorded under it stays."""

    __tablename__ = "training_topic"
    __table_args__ = (CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name_en: Mapped[str] = mapped_column(String(120))
    name_es: Mapped[str] = mapped_column(String(120))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
