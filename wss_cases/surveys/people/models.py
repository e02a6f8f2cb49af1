"""Which students take no part, because their family said so."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, where


class SurveyOptOut(Base):
    """That a family does not want their child to be asked, from a day until it says otherwise.

    Recorded by the school. It counts in every round that opens while it stands.
    """

    __tablename__ = "survey_opt_out"
    __table_args__ = (
        Index("uq_survey_opt_out_student", "student_id", unique=True, **where("ended_on IS NULL")),
        Index("ix_survey_opt_out_school", "school_id"),
        CheckConstraint("ended_on is null or ended_on >= starts_on", name="dates"),
    )

    id: Mapped[Id]
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    starts_on: Mapped[date]
    ended_on: Mapped[date | None]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
