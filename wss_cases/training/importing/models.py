"""Files of trainings between their upload and their confirmation."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class TrainingFile(Base):
    """One uploaded file with at least one sound row; its sound rows go on record when who uploaded it confirms them,
    all or none. No one else reads it: its people may work at several schools.

    `school_id` is the school that was chosen, None for the district; `landed` the numbers of the rows that went on
    record, which are kept empty in `rows`, so that those left out can still be named until the file goes by its age.
    """

    __tablename__ = "training_file"
    PRIVATE = frozenset({"rows"})

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120))
    rows: Mapped[list[Any]]
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    made_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    landed: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
