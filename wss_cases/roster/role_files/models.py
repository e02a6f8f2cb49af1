"""Files of roles between their upload and their confirmation."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class RoleFile(Base):
    """One uploaded file whose rows were all sound; its changes are made when it is confirmed, all or none."""

    __tablename__ = "role_file"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120))
    rows: Mapped[list[Any]]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    done_at: Mapped[datetime | None]
