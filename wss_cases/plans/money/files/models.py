"""Files of money between their upload and their confirmation."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, named_enum, where
from wss_cases.plans.money.files.states import FileKind


class MoneyFile(Base):
    """One uploaded file with at least one sound row; its sound rows are written when it is confirmed, all or none.

    `school_ids`: whose money its sound rows are; `school_id` is the one school, None for several. A file that was
    carried out is not carried out a second time: `digest` is that of its rows.
    """

    __tablename__ = "money_file"
    __table_args__ = (
        Index("uq_money_file_done", "kind", "digest", unique=True, **where("done_at IS NOT NULL")),
    )  # fmt: skip
    PRIVATE = frozenset({"rows"})

    id: Mapped[Id]
    kind: Mapped[FileKind] = mapped_column(named_enum(FileKind, "kind"))
    name: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64))
    rows: Mapped[list[Any]]
    school_ids: Mapped[list[Any]]
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    done_at: Mapped[datetime | None]
    landed: Mapped[int | None]
