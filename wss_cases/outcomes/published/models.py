"""The district's published history, as imported, and the files that were taken."""

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class PublishedSchool(Base):
    """A school as the published file last names it; `identifier` is also the roster's `School.identifier`."""

    __tablename__ = "published_school"

    id: Mapped[Id]
    identifier: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    network: Mapped[str] = mapped_column(String(80), default="")
    is_charter: Mapped[bool] = mapped_column(default=False)


class PublishedYear(Base):
    """One published row: a school in a school year, first semester (S1) or the whole of it (EOY, cumulative).

    A figure that is None was not published; where its name is in `suppressed` the file says '--', which is neither
    zero nor missing. Percentages are of misconducts or of students and can pass 100; `*_per_100` are per 100 students.
    """

    __tablename__ = "published_year"
    __table_args__ = (
        UniqueConstraint("published_school_id", "school_year", "period"),
        Index("ix_published_year_year", "school_year", "period"),
        CheckConstraint("period in ('S1', 'EOY')", name="period"),
    )

    id: Mapped[Id]
    published_school_id: Mapped[int] = mapped_column(ForeignKey("published_school.id"))
    school_year: Mapped[str] = mapped_column(String(7))
    period: Mapped[str] = mapped_column(String(3))
    suppressed: Mapped[list[str]] = mapped_column(default=list)
    misconducts: Mapped[int | None]
    group_1_2: Mapped[int | None]
    group_3_4: Mapped[int | None]
    group_5_6: Mapped[int | None]
    suspensions: Mapped[int | None]
    suspension_percent: Mapped[float | None] = mapped_column(Float)
    iss: Mapped[int | None]
    iss_percent: Mapped[float | None] = mapped_column(Float)
    iss_per_100: Mapped[float | None] = mapped_column(Float)
    iss_students: Mapped[int | None]
    iss_students_percent: Mapped[float | None] = mapped_column(Float)
    iss_average_days: Mapped[float | None] = mapped_column(Float)
    oss: Mapped[int | None]
    oss_percent: Mapped[float | None] = mapped_column(Float)
    oss_per_100: Mapped[float | None] = mapped_column(Float)
    oss_students: Mapped[int | None]
    oss_students_percent: Mapped[float | None] = mapped_column(Float)
    oss_average_days: Mapped[float | None] = mapped_column(Float)
    police_notifications: Mapped[int | None]
    police_percent: Mapped[float | None] = mapped_column(Float)
    police_per_100: Mapped[float | None] = mapped_column(Float)
    students_notified: Mapped[int | None]
    students_notified_percent: Mapped[float | None] = mapped_column(Float)
    expelled: Mapped[int | None]
    expelled_per_100: Mapped[float | None] = mapped_column(Float)
