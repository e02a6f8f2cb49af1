"""An uploaded roster between its upload and its import; its bytes go as soon as it is written or refused."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.roster.uploads.states import UploadState


class RosterUpload(Versioned, Base):
    """One uploaded roster. `report` is what the check, or then the import, said; `asks` what a person must confirm
    ({"ask", "words", "share"}), `accepted` the names of what was confirmed."""

    __tablename__ = "roster_upload"
    __table_args__ = (Index("ix_roster_upload_state", "state", "id"),)

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(String(120))
    file_name: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    state: Mapped[UploadState] = mapped_column(named_enum(UploadState, "state"), default=UploadState.CHECKING)
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)
    asks: Mapped[list[Any]] = mapped_column(default=list)
    accepted: Mapped[list[str]] = mapped_column(default=list)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]


class RosterUploadPart(Base):
    """A piece of an uploaded roster's bytes: in the database, because the scheduler may run on another machine."""

    PRIVATE = frozenset({"content"})
    __tablename__ = "roster_upload_part"
    __table_args__ = (UniqueConstraint("upload_id", "number"),)

    id: Mapped[Id]
    upload_id: Mapped[int] = mapped_column(ForeignKey("roster_upload.id", ondelete="CASCADE"))
    number: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
