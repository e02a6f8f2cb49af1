"""An uploaded roster between upload and import; its bytes are deleted once it is imported or refused."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import Base, Id, Versioned, db, named_enum
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class UploadState(Labelled):
    """The scheduler checks and imports; a person confirms in between."""

    CHECKING = "checking", _l("Being checked")
    CHECKED = "checked", _l("Waiting for you")
    WRITING = "writing", _l("Being imported")
    WRITTEN = "written", _l("Imported")
    REFUSED = "refused", _l("Refused")


TRANSITIONS: Final = {
    UploadState.CHECKING: frozenset({UploadState.CHECKED, UploadState.REFUSED}),
    UploadState.CHECKED: frozenset({UploadState.WRITING}),
    UploadState.WRITING: frozenset({UploadState.WRITTEN, UploadState.REFUSED}),
    UploadState.WRITTEN: frozenset[UploadState](),
    UploadState.REFUSED: frozenset[UploadState](),
}
WORKING: Final = (UploadState.CHECKING, UploadState.WRITING)
"""States on which the scheduler works."""


class RosterUpload(Versioned, Base):
    """One uploaded roster. `report` is that of the check, later of the import; `asks` is what a person must confirm
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
    """A piece of an uploaded roster, in the database because the scheduler may run on another machine."""

    PRIVATE = frozenset({"content"})
    __tablename__ = "roster_upload_part"
    __table_args__ = (UniqueConstraint("upload_id", "number"),)

    id: Mapped[Id]
    upload_id: Mapped[int] = mapped_column(ForeignKey("roster_upload.id", ondelete="CASCADE"))
    number: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True)
class Uploaded:
    row: RosterUpload
    by: str


def last_uploads(most: int) -> list[Uploaded]:
    statement = select(RosterUpload, UserAccount.name).join(UserAccount, UserAccount.id == RosterUpload.made_by_id)
    rows = db.session.execute(statement.order_by(RosterUpload.id.desc()).limit(most))
    return [Uploaded(row, name) for row, name in rows]


def get_upload(upload_id: int) -> Uploaded:
    statement = select(RosterUpload, UserAccount.name).join(UserAccount, UserAccount.id == RosterUpload.made_by_id)
    row, name = existing(db.session.execute(statement.where(RosterUpload.id == upload_id)).first())
    return Uploaded(row, name)
