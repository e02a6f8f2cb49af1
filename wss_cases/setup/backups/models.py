"""Each backup that was begun, and what became of it."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, named_enum
from wss_cases.setup.backups.states import Outcome


class BackupRun(Base):
    """One backup: whoever makes it holds it until `held_until`. `tried_in`: the kind of database in which it was
    restored for a test, '' where it was not; `row_count` and `table_count` were counted there."""

    __tablename__ = "backup_run"

    id: Mapped[Id]
    started_at: Mapped[datetime]
    held_until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[Outcome] = mapped_column(named_enum(Outcome, "outcome"), default=Outcome.RUNNING)
    file: Mapped[str] = mapped_column(String(255), default="", server_default="")
    table_count: Mapped[int] = mapped_column(default=0, server_default="0")
    row_count: Mapped[int] = mapped_column(default=0, server_default="0")
    tried_in: Mapped[str] = mapped_column(String(20), default="", server_default="")
