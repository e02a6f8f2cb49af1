"""The events of a calendar file with their meanings, and the file between upload and import with people's decisions."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.db import Base, Id, Versioned, db
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.journal.models import Counter
from wss_cases.roster.directory.models import CalendarDay
from wss_cases.roster.directory.rules import DayKind, is_weekday
from wss_cases.roster.import_files import RowRefused

_DAY = timedelta(days=1)
_CLOCK = re.compile(r"\b(1[0-2]|0?[1-9])(?::([0-5][0-9]))? ?([ap])\.?m\b", re.I)


class EventKind(Labelled):
    """What an event says about its dates."""

    NO_SCHOOL = "no_school", _l("No school")
    HALF_DAY = "half_day", _l("Early end")
    FIRST_DAY = "first_day", _l("First day of school")
    LAST_DAY = "last_day", _l("Last day of school")
    SCHOOL_DAY = "school_day", _l("School, even on a day off")
    STATE_HOLIDAY_CHECK = "state_holiday_check", _l("School day, named on the calendar")
    IGNORED = "ignored", _l("Ignored: changes nothing")


class Why(Labelled):
    """Why an event has its meaning."""

    COLUMN = "column", _l("The file's own column says so.")
    TITLE = "title", _l("Its title says only this, for the whole day.")
    CHECK = "check", _l("The file says that someone must check whether schools close.")
    CANCELED = "canceled", _l("It was canceled.")
    TIMED = "timed", _l("It has a time of day, so it closes nothing automatically.")
    PART = "part", _l("It seems to be for some students or schools, or for part of the day.")
    HOLIDAY = "holiday", _l("It names a holiday but does not say whether there is school.")
    MENTIONS = "mentions", _l("Its title has a word like holiday or break, but says something else.")
    NOTHING = "nothing", _l("Its title says nothing about school days.")


@dataclass(frozen=True)
class Event:
    """One event, last date included. `row` counts the header as 1, in an ICS file the events from 1. `again` are the
    first dates of its repetitions. `asks`: only a person can tell what it means. `decided` is a person's decision,
    `by` their name."""

    row: int
    starts_on: date
    ends_on: date
    title: str
    kind: EventKind
    confidence: str = ""
    why: Why = Why.COLUMN
    asks: bool = False
    again: tuple[date, ...] = ()
    decided: EventKind | None = None
    by: str = ""

    @property
    def taken_for(self) -> EventKind:
        """The decided meaning, otherwise the file's."""
        return self.decided or self.kind

    @property
    def is_open(self) -> bool:
        return self.asks and self.decided is None

    @property
    def last_bell(self) -> time | None:
        """The last bell of a half day, if its title has exactly one time in school hours; otherwise None."""
        times = _CLOCK.findall(self.title) if self.taken_for is EventKind.HALF_DAY else []
        if len(times) != 1:
            return None
        hour, minute, half = int(times[0][0]) % 12, int(times[0][1] or 0), times[0][2].lower()
        hour += 12 if half == "p" else 0
        return time(hour, minute) if minute < 60 and 8 <= hour <= 16 else None

    @property
    def key(self) -> str:
        """Identifies the event in a later file; a canceled or moved one counts as another."""
        return f"{self.title}|{self.starts_on}|{self.ends_on}|{len(self.again)}|{self.why}"

    def dates(self) -> Iterator[date]:
        span = (self.ends_on - self.starts_on).days + 1
        for start in (self.starts_on, *self.again):
            yield from (start + number * _DAY for number in range(span))


def as_stored(event: Event) -> dict[str, Any]:
    return {
        "row": event.row, "starts_on": event.starts_on.isoformat(), "ends_on": event.ends_on.isoformat(),
        "again": [day.isoformat() for day in event.again], "title": event.title, "kind": event.kind.value,
        "why": event.why.value, "confidence": event.confidence, "asks": event.asks,
        "decided": event.decided.value if event.decided else None, "by": event.by,
    }  # fmt: skip


def from_stored(held: Mapping[str, Any]) -> Event:
    days = {name: date.fromisoformat(held[name]) for name in ("starts_on", "ends_on")}
    return Event(
        row=held["row"], title=held["title"], kind=EventKind(held["kind"]), why=Why(held["why"]), asks=held["asks"],
        again=tuple(date.fromisoformat(day) for day in held["again"]), confidence=held["confidence"], by=held["by"],
        decided=EventKind(held["decided"]) if held["decided"] else None, **days,
    )  # fmt: skip


Decisions = Mapping[str, tuple[EventKind, str]]
"""Decisions by the event's key: its meaning, and who decided."""


def with_decisions(events: Iterable[Event], decisions: Decisions) -> list[Event]:
    """The events with the decisions made earlier about the same ones."""
    return [
        replace(event, decided=decisions[event.key][0], by=decisions[event.key][1]) if event.key in decisions else event
        for event in events
    ]


@dataclass(frozen=True)
class DayOf:
    """The kind of one date, and its label."""

    kind: DayKind
    label: str
    last_bell: time | None = None


def ends_of_year(
    events: Sequence[Event], year: str, first: date | None = None, last: date | None = None
) -> tuple[date | None, date | None]:
    """First and last day of school: as given, otherwise from the events; None if unknown."""
    start, end = school_year_bounds(year)

    def said(kind: EventKind) -> list[date]:
        return [event.starts_on for event in events if event.taken_for is kind and start <= event.starts_on <= end]

    first = first or min(said(EventKind.FIRST_DAY), default=None)
    return first, last or max(said(EventKind.LAST_DAY), default=None)


def days_of_year(
    events: Sequence[Event], year: str, first: date | None = None, last: date | None = None
) -> dict[date, DayOf]:
    """What each date of a school year is: weekdays between first and last day, except closed ones. `first` and
    `last` override the file's. Raises RowRefused if one is unknown, or they are in the wrong order."""
    start, end = school_year_bounds(year)
    first, last = ends_of_year(events, year, first, last)
    if first is None or last is None:
        missing = EventKind.FIRST_DAY if first is None else EventKind.LAST_DAY
        option = "--first-day" if first is None else "--last-day"
        message = _("%(year)s has no %(kind)s. Enter it with %(option)s.", year=year, kind=missing.value, option=option)
        raise RowRefused(missing.value, message)
    if not start <= first < last <= end:
        words = _("The first and the last day are not in %(year)s in this order.", year=year)
        raise RowRefused("first_day", words)
    days = {}
    for number in range((end - start).days + 1):
        day = start + number * _DAY
        open_day = first <= day <= last and is_weekday(day)
        days[day] = DayOf(DayKind.SCHOOL if open_day else DayKind.CLOSED, "")
    for kind, shown in _MEANINGS:
        for event in (event for event in events if event.taken_for is kind):
            for day in event.dates():
                if day in days and (shown is None or first <= day <= last):
                    bell = event.last_bell if shown is DayKind.HALF else None
                    days[day] = DayOf(shown or days[day].kind, event.title, bell)
    return days


_MEANINGS: tuple[tuple[EventKind, DayKind | None], ...] = (
    (EventKind.STATE_HOLIDAY_CHECK, None),
    (EventKind.FIRST_DAY, None),
    (EventKind.LAST_DAY, None),
    (EventKind.HALF_DAY, DayKind.HALF),
    (EventKind.SCHOOL_DAY, DayKind.SCHOOL),
    (EventKind.NO_SCHOOL, DayKind.CLOSED),
)
"""Later entries override; None only labels the date."""


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
