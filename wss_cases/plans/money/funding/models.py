"""The money that a school has for its plan, by school year and source. No student's name stands in it."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.plans.money.amounts.rules import MOST_CENTS
from wss_cases.plans.money.funding.states import FundingSource

OFFICERS = "source = 'former_police' or officers_removed is null"
BETWEEN = f"amount_cents between 0 and {MOST_CENTS}"


class Funding(Versioned, Base):
    """An amount that a school has in a school year from one source; `note` tells lines of one source apart.

    `officers_removed`: how many police officers left the school for this money. A line of former school police money
    is changed by two people alone (`FundingChange`).
    """

    __tablename__ = "funding"
    __table_args__ = (
        UniqueConstraint("school_id", "school_year", "source", "note"),
        CheckConstraint(BETWEEN, name="amount"),
        CheckConstraint(OFFICERS, name="officers"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    school_year: Mapped[str] = mapped_column(String(7))
    source: Mapped[FundingSource] = mapped_column(named_enum(FundingSource, "source"))
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    officers_removed: Mapped[int | None]
    note: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class FundingChange(Versioned, Base):
    """What somebody asks to make of a line of former school police money, why, and what a second person said."""

    __tablename__ = "funding_change"
    __table_args__ = (
        Index("uq_funding_change_waits", "funding_id", unique=True, **where("settled_at IS NULL")),
        Index("ix_funding_change_school", "school_id", "settled_at"),
        CheckConstraint(BETWEEN, name="amount"),
        CheckConstraint("(settled_at is null) = (agreed is null)", name="settled"),
        CheckConstraint("agreed is null or not agreed or settled_by_id <> asked_by_id", name="two_people"),
    )
    PRIVATE = frozenset({"reason", "answer"})

    id: Mapped[Id]
    funding_id: Mapped[int] = mapped_column(ForeignKey("funding.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    amount_before_cents: Mapped[int] = mapped_column(BigInteger)
    officers_before: Mapped[int | None]
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    officers_removed: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    agreed: Mapped[bool | None]
    answer: Mapped[str] = mapped_column(Text, default="")
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    settled_at: Mapped[datetime | None]
