"""A calendar file between upload and import: the meaning of its events, and people's decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import Base, Id, Versioned, db
from wss_cases.journal.models import Counter
from wss_cases.roster.calendar.importing.events import DayOf, EventKind, from_stored
from wss_cases.roster.directory.models import CalendarDay
from wss_cases.roster.directory.rules import DayKind, is_weekday


class CalendarDraft(Versioned, Base):
    """One uploaded file of one school year. Kept after it is imported: its decisions apply to later files."""

    __tablename__ = "calendar_draft"
    __table_args__ = (Index("ix_calendar_draft_school_year", "school_year", "id"),)

    id: Mapped[Id]
    school_year: Mapped[str] = mapped_column(String(7))
    source: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64))
    events: Mapped[list[Any]]
    problems: Mapped[list[Any]]
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Uploaded:
    """An uploaded calendar, with the names of who uploaded and who imported it."""

    draft: CalendarDraft
    made_by: str
    written_by: str


def series_of(year: str) -> str:
    """Counter of the imports of a school year's calendar."""
    return f"calendar {year}"


def writings(year: str) -> int:
    return db.session.scalar(select(Counter.value).where(Counter.series == series_of(year))) or 0


def uploads(draft_id: int | None = None, limit: int = 20) -> list[Uploaded]:
    """Uploaded calendars, newest first; with an id only that one."""
    maker, writer = aliased(UserAccount), aliased(UserAccount)
    statement = (
        select(CalendarDraft, maker.name, writer.name)
        .outerjoin(maker, maker.id == CalendarDraft.made_by_id)
        .outerjoin(writer, writer.id == CalendarDraft.written_by_id)
        .order_by(CalendarDraft.id.desc())
        .limit(limit)
    )
    if draft_id is not None:
        statement = statement.where(CalendarDraft.id == draft_id)
    return [Uploaded(draft, made_by or "", by or "") for draft, made_by, by in db.session.execute(statement)]


def decisions_of(year: str, *, written: bool = False) -> dict[str, tuple[EventKind, str]]:
    """Decisions about events of a school year, the newest of each; `written`: only from imported files."""
    statement = select(CalendarDraft.events).where(CalendarDraft.school_year == year)
    if written:
        statement = statement.where(CalendarDraft.written_at.is_not(None))
    decisions = {}
    for events in db.session.scalars(statement.order_by(CalendarDraft.id)):
        for event in map(from_stored, events):
            if event.decided:
                decisions[event.key] = (event.decided, event.by)
    return decisions


@dataclass(frozen=True)
class Change:
    """A date that importing a calendar changes; `declared`: a person's declaration stays above it."""

    day: date
    now: DayKind | None
    becomes: DayKind
    label: str
    declared: bool


def changes_of_days(days: Mapping[date, DayOf]) -> Sequence[Change]:
    """Dates whose entry in the district's calendar would change, or that have none besides the weekday."""
    rows = select(CalendarDay).where(CalendarDay.school_id.is_(None), CalendarDay.day.in_(list(days)))
    standing = {row.day: row for row in db.session.scalars(rows)}
    changes = []
    for day, of_file in days.items():
        row = standing.get(day)
        planned = None if row is None else row.planned_kind if row.said_at is not None else row.kind
        usual = DayKind.SCHOOL if is_weekday(day) else DayKind.CLOSED
        if of_file.kind != (planned or usual):
            declared = row is not None and row.said_at is not None
            changes.append(Change(day, planned, of_file.kind, of_file.label, declared))
    return changes
