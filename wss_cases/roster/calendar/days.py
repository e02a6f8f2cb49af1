"""The days of a school's calendar: reading them, declaring or undoing one, and what a change moves."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import or_, select, update

from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import CalendarDay, CalendarMove, School
from wss_cases.roster.directory.rules import HALF_DAY_BELL, DayKind, MoveWhy, is_weekday


@dataclass(frozen=True)
class DayAt:
    """One date at a school: the school's own entry, otherwise the district's, otherwise Monday to Friday (`known` is
    False)."""

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
        return self.kind is not DayKind.CLOSED

    @property
    def mark(self) -> str:
        """Stored in a form to detect that someone changed the day since."""
        moment = self.said_at.isoformat() if self.said_at else ""
        return f"{self.kind}/{self.last_bell or ''}/{'own' if self.own else ''}/{moment}"


@dataclass(frozen=True)
class Shift:
    """A record that a change of the calendar moves: `what` in words, `from_day` to `to_day`."""

    what: str
    reference: str
    owner: str
    from_day: date
    to_day: date
    why: MoveWhy = MoveWhy.NO_SCHOOL


def days_between(school_id: int | None, first: date, last: date) -> dict[date, DayAt]:
    """The calendar's entries from first to last at a school (None: the district's only)."""
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
    """One date at a school (None: in the district)."""
    return days_between(school_id, day, day).get(day) or _guess(day)


def _guess(day: date) -> DayAt:
    return DayAt(day, DayKind.SCHOOL if is_weekday(day) else DayKind.CLOSED)


def after_taking_back(school_id: int | None, standing: DayAt) -> DayAt:
    """What a date becomes when its declaration is undone."""
    if standing.planned_kind is not None:
        return DayAt(standing.day, standing.planned_kind, known=True)
    return _guess(standing.day) if school_id is None else day_at(None, standing.day)


def half_day_bells(places: Collection[tuple[int, date]]) -> dict[tuple[int, date], time]:
    """The last bell of those (school, date) that are half days there."""
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
    """Days that were opened or closed, with reminders still to be moved."""
    statement = select(CalendarDay).where(CalendarDay.unsettled_since.is_not(None))
    return list(db.session.scalars(statement.order_by(CalendarDay.day, CalendarDay.id)))


def moves_of_day(school_id: int, day: date) -> list[CalendarMove]:
    """What a date moved at a school, in order, also moves that were reversed."""
    statement = select(CalendarMove).where(CalendarMove.school_id == school_id, CalendarMove.day == day)
    return list(db.session.scalars(statement.order_by(CalendarMove.id)))


def moves_of(subject_type: str, subject_ids: Iterable[int]) -> dict[int, CalendarMove]:
    """The last calendar move in effect of each of these records."""
    statement = select(CalendarMove).where(
        CalendarMove.subject_type == subject_type,
        CalendarMove.subject_id.in_(sorted(subject_ids)),
        CalendarMove.returned_at.is_(None),
    )
    return {row.subject_id: row for row in db.session.scalars(statement.order_by(CalendarMove.id))}


@dataclass(frozen=True)
class Said:
    """What a date is declared to be, and why; `last_bell` for a half day."""

    kind: DayKind
    label: str
    last_bell: time | None = None


def say_day(uow: UnitOfWork, school: School | None, day: date, declared: Said) -> CalendarDay:
    """Step: declare a date of one school, or of the district; the calendar's planned entry is kept in the row."""
    row = _row(uow, school, day)
    if row is None:
        row = CalendarDay(school_year=school_year(day), school_id=school.id if school else None, day=day)
        uow.session.add(row)
    elif row.said_at is None:
        row.planned_kind, row.planned_label = row.kind, row.label
    row.kind, row.label, row.last_bell = declared.kind, declared.label, declared.last_bell
    row.said_by_id, row.said_at, row.unsettled_since = uow.actor.user_id, uow.now, uow.now
    changes = changes_of(row)
    uow.session.flush()
    uow.audit("calendar.declared", "calendar_day", row.id, changes)
    uow.record(school or row, "calendar.said", day=day.isoformat(), what=declared.kind.value, label=declared.label)
    return row


def unsay_day(uow: UnitOfWork, school: School | None, day: date) -> None:
    """Step: undo the declaration of a date; the planned entry counts again. Raises Refused if nothing was declared."""
    row = _row(uow, school, day)
    if row is None or row.said_at is None:
        raise Refused("", _("Nothing is set for this day."))
    uow.record(school or row, "calendar.unsaid", day=day.isoformat())
    if row.planned_kind is None:
        gone = {"kind": [row.kind.value, None], "label": [row.label, None]}
        uow.audit("calendar.taken_back", "calendar_day", row.id, gone)
        uow.session.delete(row)
    else:
        row.kind, row.label, row.last_bell = row.planned_kind, row.planned_label, None
        row.planned_kind, row.planned_label = None, ""
        row.said_by_id, row.said_at, row.unsettled_since = None, None, uow.now
        uow.audit("calendar.taken_back", "calendar_day", row.id, changes_of(row))
    uow.session.flush()


def settle_again(uow: UnitOfWork, school_id: int, day: date) -> None:
    """Step: have the next sweep move what was returned to a school's date, if there is no school on it by now."""
    uow.session.execute(
        update(CalendarDay)
        .where(CalendarDay.day == day, CalendarDay.kind == DayKind.CLOSED)
        .where(or_(CalendarDay.school_id.is_(None), CalendarDay.school_id == school_id))
        .values(unsettled_since=uow.now)
        .execution_options(synchronize_session=False)
    )


def _row(uow: UnitOfWork, school: School | None, day: date) -> CalendarDay | None:
    own = CalendarDay.school_id.is_(None) if school is None else CalendarDay.school_id == school.id
    statement = select(CalendarDay).where(CalendarDay.day == day, own).with_for_update()
    return uow.session.scalar(statement.execution_options(populate_existing=True))


def note_move(
    uow: UnitOfWork, school_id: int, day: date, why: MoveWhy, label: str, subject: tuple[str, int], to_day: date
) -> None:
    """Step: store that the calendar moved a record to another day; the caller records it in the record's history."""
    uow.session.add(
        CalendarMove(
            school_id=school_id, day=day, why=why, label=label, subject_type=subject[0], subject_id=subject[1],
            moved_to=to_day, moved_at=uow.now,
        )
    )  # fmt: skip
