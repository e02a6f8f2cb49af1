"""Who of the district answers for privacy, and the written agreements with those who receive files for analysis."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned


class PrivacyLead(Base):
    """Whom somebody else of the district named as responsible for privacy; the newest row is in force."""

    __tablename__ = "privacy_lead"
    __table_args__ = (CheckConstraint("user_id <> named_by_id", name="named_by_another"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    named_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    named_at: Mapped[datetime]


class AnalystAgreement(Versioned, Base):
    """A written agreement with a receiver: what for, from when to when, where the paper is, and who signed it.

    `receiver_key` is the receiver's name as it is compared: two agreements with one receiver are one receiver's.
    """

    __tablename__ = "analyst_agreement"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("receiver_key <> '' and reference <> '' and signed_by <> ''", name="written"),
    )
    PRIVATE = frozenset({"purpose", "signed_by"})

    id: Mapped[Id]
    receiver: Mapped[str] = mapped_column(String(200))
    receiver_key: Mapped[str] = mapped_column(String(200), index=True)
    purpose: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(String(120))
    signed_by: Mapped[str] = mapped_column(String(200))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
