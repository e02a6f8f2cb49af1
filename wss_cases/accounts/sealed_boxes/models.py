"""The keys with which a person's devices seal what is written without network."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class SealingKey(Base):
    """One pair of keys of one person: devices are given the public point, the private half never leaves the server."""

    __tablename__ = "sealing_key"
    __table_args__ = (Index("ix_sealing_key_user", "user_id", "made_at"),)
    PRIVATE = frozenset({"public_point", "sealed_text", "sealed_key"})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(43), unique=True)
    public_point: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_name: Mapped[str] = mapped_column(String(16), index=True)
