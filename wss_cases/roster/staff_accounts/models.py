"""Which staff of the roster have which role here, and the waves in which they are invited."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Role
from wss_cases.foundation.db import Base, Id, named_enum, where
from wss_cases.roster.staff_accounts.rules import Standing


class AccountRule(Base):
    """From a day on, a role of the roster at one school, or with None at any, gives a role here, or with None none.

    The later said counts, one of a school before one of any. What gives an administrator's role counts once
    `confirmed_by_id`, a second person, has agreed.
    """

    __tablename__ = "account_rule"
    __table_args__ = (
        CheckConstraint("confirmed_by_id is null or confirmed_by_id <> said_by_id", name="second"),
        CheckConstraint("(confirmed_by_id is null) = (confirmed_at is null)", name="confirmed"),
        Index("ix_account_rule_staff_role", "staff_role", "starts_on"),
    )

    id: Mapped[Id]
    staff_role: Mapped[str] = mapped_column(String(60))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    role: Mapped[Role | None] = mapped_column(named_enum(Role, "role"))
    starts_on: Mapped[date]
    said_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    said_at: Mapped[datetime]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime | None]


class AccountWave(Base):
    """So many people of the roster are invited, by the rules of which `newest_rule_id` was the last."""

    __tablename__ = "account_wave"
    __table_args__ = (
        CheckConstraint("size between 1 and 5000", name="size"),
        Index("ix_account_wave_open", "id", **where("ended_at is null")),
    )

    id: Mapped[Id]
    size: Mapped[int]
    newest_rule_id: Mapped[int] = mapped_column(ForeignKey("account_rule.id"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    invited: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    stopped: Mapped[bool] = mapped_column(default=False)


class AccountTally(Base):
    """Who of a large roster's staff had one standing when that was last worked out, by name.

    `staff_ids` are the first rows of the people, of which `number` is the count. For lists alone: whoever is invited is
    judged anew. `seen` is what of rules and roster was known then.
    """

    __tablename__ = "account_tally"

    standing: Mapped[Standing] = mapped_column(named_enum(Standing, "standing"), primary_key=True)
    number: Mapped[int]
    staff_ids: Mapped[list[Any]] = mapped_column(default=list)
    seen: Mapped[str] = mapped_column(String(80))
    counted_at: Mapped[datetime]
