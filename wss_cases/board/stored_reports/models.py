"""Board reports stored as PDFs, and who is sent one."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from wss_cases.board.report.states import Every, ReportState, Why
from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.roster.directory.models import School


class BoardSubscription(Versioned, Base):
    """One person's wish to be sent a report of a school, a network, or with neither of all schools.

    `scope` says the same in one word, so that nobody has it twice. `sent_for` is the first day of the month for which
    a report was made last, or that had begun when the person subscribed.
    """

    __tablename__ = "board_subscription"
    __table_args__ = (
        CheckConstraint("school_id is null or network is null", name="one_scope"),
        Index("uq_board_subscription_user_id_scope", "user_id", "scope", unique=True, **where("ended_at is null")),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    network: Mapped[str | None] = mapped_column(String(80))
    scope: Mapped[str] = mapped_column(String(100))
    every: Mapped[Every] = mapped_column(named_enum(Every, "every"))
    language: Mapped[str] = mapped_column(String(5))
    sent_for: Mapped[date]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class BoardReport(Versioned, Base):
    """One report: whose, of which days, in which language, and once it is ready its PDF, sealed.

    `due_on` is the first day of the month for which a subscription asked; such a report exists once.
    """

    __tablename__ = "board_report"
    __table_args__ = (
        UniqueConstraint("subscription_id", "due_on"),
        CheckConstraint("school_id is null or network is null", name="one_scope"),
        CheckConstraint("(state = 'ready') = (content is not null)", name="content"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        Index("ix_board_report_asked", "id", **where("state = 'asked'")),
        Index("ix_board_report_school", "school_id", "id"),
    )
    PRIVATE = frozenset({"sealed_text", "sealed_key"})

    id: Mapped[Id]
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    network: Mapped[str | None] = mapped_column(String(80))
    school_year: Mapped[str] = mapped_column(String(7))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    language: Mapped[str] = mapped_column(String(5))
    state: Mapped[ReportState] = mapped_column(named_enum(ReportState, "state"), default=ReportState.ASKED)
    why: Mapped[Why] = mapped_column(named_enum(Why, "why"), default=Why.NONE)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("board_subscription.id"))
    due_on: Mapped[date | None]
    # a process of the release before still writes these by their older names
    sealed_text: Mapped[bytes | None] = mapped_column("content", LargeBinary, deferred=True)
    sealed_key: Mapped[bytes | None] = mapped_column("content_key", LargeBinary, deferred=True)
    key_name: Mapped[str] = mapped_column(String(16), default="", server_default="")

    of_network: Mapped[list[School]] = relationship(
        primaryjoin=lambda: and_(foreign(School.network) == BoardReport.network, School.is_active), viewonly=True
    )
