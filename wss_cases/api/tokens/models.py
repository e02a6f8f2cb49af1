"""Tokens with which other systems of the district read the API."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.api.tokens.states import Ended, Reach
from wss_cases.foundation.db import Base, Id, named_enum


class ApiToken(Base):
    """A token: the other system holds the secret, the table its digest. It reads from `agreed_at` to `ends_on`.

    `network` and `schools` (ids) belong to `reach`. `salt` is one for all tokens: the ids of cases are made with it, so
    that they outlive a token and tell of no gap. `calls` were made since `counted_from`.
    """

    __tablename__ = "api_token"
    __table_args__ = (
        CheckConstraint("(reach = 'network') = (network is not null)", name="network"),
        CheckConstraint("(agreed_at is null) = (agreed_by_id is null)", name="agreed"),
        CheckConstraint("agreed_by_id <> made_by_id", name="two_persons"),
        CheckConstraint("(ended_at is null) = (ended_why is null)", name="ended"),
    )
    PRIVATE = frozenset({"secret_digest", "salt"})

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80))
    secret_digest: Mapped[str] = mapped_column(String(64), unique=True)
    last_letters: Mapped[str] = mapped_column(String(4))
    salt: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]]
    reach: Mapped[Reach] = mapped_column(named_enum(Reach, "reach"))
    network: Mapped[str | None] = mapped_column(String(80))
    schools: Mapped[list[str]]
    ends_on: Mapped[date]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    agreed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    agreed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[Ended | None] = mapped_column(named_enum(Ended, "ended_why"))
    last_used_at: Mapped[datetime | None]
    counted_from: Mapped[datetime]
    calls: Mapped[int] = mapped_column(Integer, default=0)
