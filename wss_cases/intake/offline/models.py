"""What arrived from a device that had no network: once each, and what became of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, named_enum, where
from wss_cases.intake.offline.states import EntryKind, EntryState


class OfflineEntry(Base):
    """One report or entry of the practice log that was written without network.

    `written_at` is when, as well as the device's clock allows; `clock_ahead` how many seconds that clock was ahead
    (negative: behind, 0: right); `clock_doubtful` that it was set while the entry waited. `sealed_text` holds what was
    written as long as something is to be mended, for its writer alone; `warned_at` is when they were told that it goes.
    """

    __tablename__ = "offline_entry"
    __table_args__ = (
        UniqueConstraint("user_id", "name"),
        Index("ix_offline_entry_to_mend", "user_id", **where("state = 'to_mend'")),
        CheckConstraint("(state = 'to_mend') = (sealed_text is not null)", name="kept_while_to_mend"),
    )
    PRIVATE = frozenset({"sealed_text", "sealed_key"})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[EntryKind] = mapped_column(named_enum(EntryKind, "kind"))
    state: Mapped[EntryState] = mapped_column(named_enum(EntryState, "state"))
    written_at: Mapped[datetime]
    arrived_at: Mapped[datetime]
    clock_ahead: Mapped[int]
    clock_doubtful: Mapped[bool]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    care_record_id: Mapped[int | None] = mapped_column(ForeignKey("care_record.id"), index=True)
    practice_entry_id: Mapped[int | None] = mapped_column(ForeignKey("practice_entry.id"))
    sealed_text: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_name: Mapped[str | None] = mapped_column(String(16), index=True)
    warned_at: Mapped[datetime | None]
