"""What whoever answers for a board report says about its figures."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned


class BoardComment(Versioned, Base):
    """A comment on the report of a `scope` (a word of `report.rules.scope_words`) up to a day; it names no student."""

    __tablename__ = "board_comment"
    __table_args__ = (
        UniqueConstraint("scope", "ends_on"),
        CheckConstraint("(scope like 'school:%') = (school_id is not null)", name="school"),
    )
    PRIVATE = frozenset({"comment"})

    id: Mapped[Id]
    scope: Mapped[str] = mapped_column(String(100))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    ends_on: Mapped[date]
    comment: Mapped[str] = mapped_column(Text)
    written_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]
