"""The district's published history, as imported."""

from sqlalchemy import Float, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class PublishedSchool(Base):
    """A school as the published file names it."""

    __tablename__ = "published_school"

    id: Mapped[Id]
    identifier: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    network: Mapped[str] = mapped_column(String(80), default="")
    is_charter: Mapped[bool] = mapped_column(default=False)


class PublishedMetric(Base):
    """One published figure; `is_suppressed` is '--' in the file, and is neither zero nor missing."""

    __tablename__ = "published_metric"
    __table_args__ = (
        UniqueConstraint("published_school_id", "school_year", "period", "metric"),
        Index("ix_published_metric_year", "school_year", "period", "metric"),
    )

    id: Mapped[Id]
    published_school_id: Mapped[int] = mapped_column(index=True)
    school_year: Mapped[str] = mapped_column(String(7))
    period: Mapped[str] = mapped_column(String(4))
    metric: Mapped[str] = mapped_column(String(60))
    value: Mapped[float | None] = mapped_column(Float)
    is_suppressed: Mapped[bool] = mapped_column(default=False)
