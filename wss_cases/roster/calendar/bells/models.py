"""When the bells of a school ring, weekday by weekday, from a day on."""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class BellTime(Base):
    """The bells of one weekday (0 is Monday) from a day on; of two for one day the later said counts.

    Where a school has none yet, the times of its `School` row count for every weekday.
    """

    __tablename__ = "bell_time"
    __table_args__ = (
        Index("ix_bell_time_school_day", "school_id", "starts_on"),
        CheckConstraint("weekday between 0 and 4", name="weekday"),
        CheckConstraint("first_bell < last_bell", name="order"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    weekday: Mapped[int]
    starts_on: Mapped[date]
    first_bell: Mapped[time]
    last_bell: Mapped[time]
    said_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    said_at: Mapped[datetime]
