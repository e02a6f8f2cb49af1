"""Reading a school's calendar: what each date is, who said so, what it moved. The caller has checked the school."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import or_, select

from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.roster.directory.models import CalendarDay, CalendarMove
from wss_cases.roster.directory.rules import HALF_DAY_BELL, is_weekday
from wss_cases.roster.directory.states import DayKind, MoveWhy


@dataclass(frozen=True)
class DayAt:
    """What one date is at a school: its own word, else the district's, else Monday to Friday (`known` is False)."""

    day: date
    kind: DayKind
    label: str = ""
    last_bell: time | None = None
    known: bool = False
    own: bool = False
    said_by: str = ""
    said_at: datetime | None = None
    planned_kind: DayKind | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is school."""
        return self.kind is not DayKind.CLOSED

    @property
    def mark(self) -> str:
        """What a form that was made from this carries, to see whether somebody said something else since."""
        moment = self.said_at.isoformat() if self.said_at else ""
        return f"{self.kind}/{self.last_bell or ''}/{'own' if self.own else ''}/{moment}"


@dataclass(frozen=True)
class Shift:
    """One thing that a date of the calendar moves: `what` in words, `from_day` to `to_day`."""

    what: str
    reference: str
    owner: str
    from_day: date
    to_day: date
    why: MoveWhy = MoveWhy.NO_SCHOOL


def days_between(school_id: int | None, first: date, last: date) -> dict[date, DayAt]:
    """Return what is said of the dates from first to last at a school (None: the district's rows alone)."""
    statement = (
        select(CalendarDay, UserAccount.name)
        .outerjoin(UserAccount, UserAccount.id == CalendarDay.said_by_id)
        .where(CalendarDay.day >= first, CalendarDay.day <= last)
        .where(or_(CalendarDay.school_id.is_(None), CalendarDay.school_id == school_id))
        .order_by(CalendarDay.day, CalendarDay.school_id.is_not(None))
    )
    return {
        row.day: DayAt(
            day=row.day, kind=row.kind, label=row.label, last_bell=row.last_bell, known=True,
            own=row.school_id == school_id, said_by=name or "", said_at=row.said_at, planned_kind=row.planned_kind,
        )
        for row, name in db.session.execute(statement)
    }  # fmt: skip


def day_at(school_id: int | None, day: date) -> DayAt:
    """Return what one date is at a school (None: in the district)."""
    return days_between(school_id, day, day).get(day) or _guess(day)


def _guess(day: date) -> DayAt:
    return DayAt(day, DayKind.SCHOOL if is_weekday(day) else DayKind.CLOSED)


def after_taking_back(school_id: int | None, standing: DayAt) -> DayAt:
    """Return what a date becomes when what is declared of it is taken back."""
    if standing.planned_kind is not None:
        return DayAt(standing.day, standing.planned_kind, known=True)
    return _guess(standing.day) if school_id is None else day_at(None, standing.day)


def half_day_bells(places: Collection[tuple[int, date]]) -> dict[tuple[int, date], time]:
    """Return the last bell of those (school, date) that are half days there."""
    if not places:
        return {}
    statement = select(CalendarDay.school_id, CalendarDay.day, CalendarDay.kind, CalendarDay.last_bell).where(
        CalendarDay.day.in_({day for _school_id, day in places})
    )
    rows = {(row[0], row[1]): (row[2], row[3]) for row in db.session.execute(statement)}
    bells = {}
    for school_id, day in places:
        kind, bell = rows.get((school_id, day)) or rows.get((None, day)) or (None, None)
        if kind is DayKind.HALF:
            bells[(school_id, day)] = bell or HALF_DAY_BELL
    return bells


def unsettled() -> list[CalendarDay]:
    """Return the dates that were opened or closed and whose reminders are yet to be moved."""
    statement = select(CalendarDay).where(CalendarDay.unsettled_since.is_not(None))
    return list(db.session.scalars(statement.order_by(CalendarDay.day, CalendarDay.id)))


def moves_of_day(school_id: int, day: date) -> list[CalendarMove]:
    """Return what a date moved at a school, first moved first; what went back says when."""
    statement = select(CalendarMove).where(CalendarMove.school_id == school_id, CalendarMove.day == day)
    return list(db.session.scalars(statement.order_by(CalendarMove.id)))


def moves_of(subject_type: str, subject_ids: Iterable[int]) -> dict[int, CalendarMove]:
    """Return the last move of each of these records that the calendar made and that stands."""
    statement = select(CalendarMove).where(
        CalendarMove.subject_type == subject_type,
        CalendarMove.subject_id.in_(sorted(subject_ids)),
        CalendarMove.returned_at.is_(None),
    )
    return {row.subject_id: row for row in db.session.scalars(statement.order_by(CalendarMove.id))}
