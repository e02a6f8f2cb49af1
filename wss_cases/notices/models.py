"""What delivery remembers: the scheduler's heartbeat."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


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
