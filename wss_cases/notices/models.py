"""What delivery remembers, and the texts for families by language."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned


class Heartbeat(Base):
    """The last completed tick of each scheduler process."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime]


class DigestDay(Base):
    """A school's morning whose digests are queued, or that needs none."""

    __tablename__ = "digest_day"
    __table_args__ = (UniqueConstraint("school_id", "day"),)

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    day: Mapped[date]


class FamilyText(Versioned, Base):
    """A text for families in one language: a letter, a consent, a questionnaire's question. Data, not code.

    `code` names the text (`circle_consent`, `question.harmed.safe`); the newest row in force of a language counts.
    """

    __tablename__ = "family_text"
    __table_args__ = (UniqueConstraint("code", "language", "starts_on"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(20))
    starts_on: Mapped[date]
    title: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text)
