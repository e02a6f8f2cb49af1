"""The smallest cell and group that are shown, dated."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, CodeTable, Id


class EquityMinimum(CodeTable, Base):
    """From a day on: the fewest students in a cell and in a group for their figures to be shown.

    A school year keeps the row in force on its first day. A change is a new row; none is ever changed or taken away.
    """

    __tablename__ = "equity_minimum"
    __table_args__ = (
        UniqueConstraint("starts_on"),
        CheckConstraint("cell between 5 and 100", name="cell"),
        CheckConstraint("student_group between cell and 1000", name="student_group"),
    )

    id: Mapped[Id]
    starts_on: Mapped[date]
    cell: Mapped[int]
    student_group: Mapped[int]
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    set_at: Mapped[datetime | None]
