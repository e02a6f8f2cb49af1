"""What casework alone keeps: students of a case who changed school, and cases that the district opened."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class StudentMove(Base):
    """A student of an open case was seen at another school; `continued_as_id` is the case that goes on there.

    The sweep notices each move of a person once (UNIQUE), and makes one follow-up of it.
    """

    __tablename__ = "student_move"
    __table_args__ = (UniqueConstraint("participant_id", "to_school_id"),)

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("case_participant.id"))
    to_school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    noticed_at: Mapped[datetime]
    follow_up_id: Mapped[int | None] = mapped_column(ForeignKey("follow_up.id"))
    continued_as_id: Mapped[int | None] = mapped_column(ForeignKey("case_record.id"), index=True)
