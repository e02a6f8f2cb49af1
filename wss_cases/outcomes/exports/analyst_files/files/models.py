"""One file for analysts: asked for by one person, released by the one who answers for privacy."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.outcomes.exports.analyst_files.files.states import FileState, Refusal


class AnalystFile(Versioned, Base):
    """Which months go to whom, what for, and how that stands; the file itself is kept nowhere.

    `lead_id` answers for privacy while it waits. `fingerprint` is what it said when it was released, without its
    numbers: only the same may be downloaded, until `expires_at`. `refused_because`: why it was not released; None too
    for what was refused before a reason was asked for.
    """

    __tablename__ = "analyst_file"
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="days"),
        CheckConstraint("lead_id <> asked_by_id", name="asked_of_another"),
        CheckConstraint("decided_by_id is null or decided_by_id <> asked_by_id or state = 'withdrawn'", name="second"),
        CheckConstraint("(state = 'asked') = (decided_at is null)", name="decided"),
        CheckConstraint("(decided_at is null) = (decided_by_id is null)", name="decided_by"),
        CheckConstraint("(state in ('released', 'taken')) = (expires_at is not null)", name="expires"),
        CheckConstraint("(state = 'taken') = (taken_at is not null)", name="taken"),
        CheckConstraint(
            "(taken_at is null or fingerprint <> '') and (expires_at is not null or fingerprint = '')",
            name="fingerprint",
        ),
        CheckConstraint(
            "(refused_because is null or state = 'refused') and (refused_words = '' or refused_because is not null)"
            " and (refused_because is null or refused_because <> 'other' or refused_words <> '')",
            name="refused",
        ),
    )
    PRIVATE = frozenset({"reason", "refused_words"})

    id: Mapped[Id]
    agreement_id: Mapped[int] = mapped_column(ForeignKey("analyst_agreement.id"), index=True)
    school_year: Mapped[str] = mapped_column(String(7))
    first_day: Mapped[date]
    last_day: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[FileState] = mapped_column(named_enum(FileState, "state"), default=FileState.ASKED)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    lead_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    refused_because: Mapped[Refusal | None] = mapped_column(named_enum(Refusal, "refused_because"))
    refused_words: Mapped[str] = mapped_column(Text, default="", server_default="")
    fingerprint: Mapped[str] = mapped_column(String(64), default="", server_default="")
