"""Board reports stored as PDFs, and who is sent one."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from wss_cases.board.report.states import Every
from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.records.stored_pdfs import StoredPdf, stored_rules
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


class BoardReport(StoredPdf, Base):
    """One report: whose, and of which days.

    `due_on` is the first day of the month for which a subscription asked; such a report exists once.
    """

    __tablename__ = "board_report"
    __table_args__ = (
        UniqueConstraint("subscription_id", "due_on"),
        CheckConstraint("school_id is null or network is null", name="one_scope"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        Index("ix_board_report_school", "school_id", "id"),
        *stored_rules("board_report"),
    )

    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    network: Mapped[str | None] = mapped_column(String(80))
    school_year: Mapped[str] = mapped_column(String(7))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("board_subscription.id"))
    due_on: Mapped[date | None]

    of_network: Mapped[list[School]] = relationship(
        primaryjoin=lambda: and_(foreign(School.network) == BoardReport.network, School.is_active), viewonly=True
    )
