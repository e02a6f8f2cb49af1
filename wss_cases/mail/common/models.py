"""What delivery remembers, what people chose about their mails, and the texts for families by language."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.mail.common.states import MailStyle, TroubleKind

MOST_NAMES = 200
"""Letters of `synchronous_standby_names` that are kept, and so may be taken away."""


class Heartbeat(Base):
    """When each scheduler process lived last, its last completed sweep, and what failed in its ticks.

    `failures` counts the ticks in a row that failed; the rest of what failed stays after it works again.
    """

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime]
    swept_at: Mapped[datetime | None]
    sweep_ms: Mapped[int | None]
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    failed_at: Mapped[datetime | None]
    failed_part: Mapped[str] = mapped_column(String(20), default="", server_default="")
    failed_with: Mapped[str] = mapped_column(String(200), default="", server_default="")


class DeliveryPause(Base):
    """While its one row stands nothing is sent, urgent mail included; who paused and released is in the audit log."""

    __tablename__ = "delivery_pause"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[Id]
    since: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(String(300))


class StandbyLapse(Base):
    """A time in which what was saved was kept on one database machine alone: its standby did not answer.

    `names` is which standbys commits waited for before, '' where for none. `setup/standby` writes both tables of the
    standby; they stand here because how the machinery stands is asked with them, below.
    """

    __tablename__ = "standby_lapse"

    id: Mapped[Id]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    names: Mapped[str] = mapped_column(String(MOST_NAMES), default="", server_default="")


class StandbyWatch(Base):
    """What each scheduler process saw of the database's servers when it looked last.

    `seen_at`: when the first server and those that follow it were seen; `failed_at` and `failed_with` while they cannot
    be. A row that nothing else writes: one that a tick holds may wait for the very standby that is missing.
    """

    __tablename__ = "standby_watch"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    seen_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    failed_with: Mapped[str] = mapped_column(String(200), default="", server_default="")


class DigestDay(Base):
    """A school's morning whose digests are queued, or that needs none."""

    __tablename__ = "digest_day"
    __table_args__ = (UniqueConstraint("school_id", "day"),)

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    day: Mapped[date]


class MailChoice(Versioned, Base):
    """What one person chose about their mails; whoever has no row gets the digest and the weekly count."""

    __tablename__ = "mail_choice"
    __table_args__ = (UniqueConstraint("user_id"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    style: Mapped[MailStyle] = mapped_column(named_enum(MailStyle, "style"), default=MailStyle.DIGEST)
    weekly: Mapped[bool] = mapped_column(default=True)


class MailTrouble(Base):
    """That mail to a person's address does not arrive, until a mail arrives or somebody mends it.

    It counts only while `address` is still the account's. `status` is the server's code (`550`, `5.1.1`).
    """

    __tablename__ = "mail_trouble"
    __table_args__ = (UniqueConstraint("user_id"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    address: Mapped[str] = mapped_column(String(254))
    kind: Mapped[TroubleKind] = mapped_column(named_enum(TroubleKind, "kind"))
    status: Mapped[str] = mapped_column(String(20), default="")
    since: Mapped[datetime]


class FamilyText(Versioned, Base):
    """A text for families in one language: a letter, a consent, a questionnaire's question. Data, not code.

    `code` names the text (`circle_consent`, `question.harmed.safe`); the newest row in force of a language counts.
    """

    __tablename__ = "family_text"
    __table_args__ = (UniqueConstraint("code", "language", "starts_on"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(20))
    starts_on: Mapped[date]
    title: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text)
