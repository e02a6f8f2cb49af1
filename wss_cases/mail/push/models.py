"""Devices that get push messages, and each message on its way to one of them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.connecting.strict_integer import StrictInteger
from wss_cases.foundation.db import Base, Id
from wss_cases.journal.models import Sendable


class PushDevice(Base):
    """A browser whose person asked for push messages there; ended with the session that it hangs on.

    Whoever knows its address and keys could write to it, so they are sealed; `endpoint_digest` finds it again.
    `server_key` names the key that the browser bound it to. `agent` is what the browser says of itself.
    """

    __tablename__ = "push_device"
    __table_args__ = (UniqueConstraint("endpoint_digest"),)
    PRIVATE = frozenset({"endpoint_digest", "sealed_text", "sealed_key"})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("user_session.id", ondelete="CASCADE"), index=True)
    endpoint_digest: Mapped[str] = mapped_column(String(64))
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_name: Mapped[str] = mapped_column(String(16), index=True)
    server_key: Mapped[str] = mapped_column(String(16))
    agent: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class PushDelivery(Sendable, Base):
    """One message for one device, of use until `ends_at`: of a row of the outbox, or a test where that is None.

    It holds no word: those are made when it is sent. `status` is the last answer's of the browser maker's service.
    """

    __tablename__ = "push_delivery"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index("ix_push_delivery_due", "state", "next_attempt_at"),
        Index("ix_push_delivery_device", "device_id", "id"),
    )

    id: Mapped[Id]
    device_id: Mapped[int] = mapped_column(ForeignKey("push_device.id", ondelete="CASCADE"))
    outbox_id: Mapped[int | None] = mapped_column(StrictInteger)
    ends_at: Mapped[datetime]
    status: Mapped[int | None]
