"""What was taken in from an Ed-Fi file, so that a second run changes nothing and an export gives back what came."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class EdfiRecord(Base):
    """One report or removal that came in a file: its identity there, and its codes as received.

    `identity` is 'I:' and the identifier, or 'A:', the identifier and the student's number; `digest` is of all that was
    read of it. `codes` hold only code values; those of people stand under the id of their part in the report.
    """

    __tablename__ = "edfi_record"
    __table_args__ = (
        UniqueConstraint("school_id", "identity"),
        CheckConstraint("(incident_id is null) <> (action_id is null)", name="one"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    identity: Mapped[str] = mapped_column(String(80))
    identifier: Mapped[str] = mapped_column(String(36))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    action_id: Mapped[int | None] = mapped_column(ForeignKey("discipline_action.id"), index=True)
    codes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    digest: Mapped[str] = mapped_column(String(64))
    imported_at: Mapped[datetime]


class EdfiPushed(Base):
    """One resource that stands at an ODS/API because it was sent there.

    `target` is the digest of the address, `key` that of the address, the resource and its natural key, which holds a
    student's number; `digest` is of the whole, so that what is unchanged is not sent again; `remote` is its id there,
    which deleting needs.
    """

    __tablename__ = "edfi_pushed"
    __table_args__ = (CheckConstraint("(incident_id is null) <> (action_id is null)", name="one"),)

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    school_year: Mapped[str] = mapped_column(String(7))
    target: Mapped[str] = mapped_column(String(64))
    resource: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(64), unique=True)
    identifier: Mapped[str] = mapped_column(String(36))
    digest: Mapped[str] = mapped_column(String(64))
    remote: Mapped[str] = mapped_column(String(80))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    action_id: Mapped[int | None] = mapped_column(ForeignKey("discipline_action.id"), index=True)
    pushed_at: Mapped[datetime]
