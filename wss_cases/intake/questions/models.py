"""The dated table of what is asked about each kind of report."""

from datetime import date

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class DetailQuestions(Base):
    """The questions that a kind of report needs, between two dates; a row is never rewritten.

    `code` is what happened (a tile of the capture page), or `adults` for a report without a student.
    """

    __tablename__ = "detail_questions"
    __table_args__ = (
        UniqueConstraint("code", "starts_on"),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(40))
    questions: Mapped[list[str]]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
