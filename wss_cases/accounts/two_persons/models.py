"""Who has said of an account that a person they know stands behind it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id


class PersonConfirmation(Base):
    """One person's word that an account belongs to somebody they know, for whom roster and sign-on do not know."""

    __tablename__ = "person_confirmation"
    __table_args__ = (
        UniqueConstraint("user_id", "confirmed_by_id"),
        CheckConstraint("user_id <> confirmed_by_id", name="another_person"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    confirmed_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime]
