"""What somebody says of one date of a school's calendar: the fact alone. Rooms above move what it moves."""

from dataclasses import dataclass
from datetime import date, time

from sqlalchemy import or_, select, update

from wss_cases.foundation.clock import school_year
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import CalendarDay, CalendarMove, School
from wss_cases.roster.directory.states import DayKind, MoveWhy


@dataclass(frozen=True)
class Said:
    """What a date is declared to be, and why; `last_bell` for a half day."""

    kind: DayKind
    label: str
    last_bell: time | None = None


def say_day(uow: UnitOfWork, school: School | None, day: date, declared: Said) -> CalendarDay:
    """Declare a date of one school, or of the whole district; what the calendar planned for it stays noted. A step."""
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
    """Take back what was declared of a date: what the calendar planned stands again. Raises Refused where nothing was
    declared. A step."""
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
    """Let the next sweep move what was put back on a date of a school, if it has no school by now. A step."""
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
    """Keep that the calendar moved a record of a table to another day; the room that moved it records it. A step."""
    uow.session.add(
        CalendarMove(
            school_id=school_id, day=day, why=why, label=label, subject_type=subject[0], subject_id=subject[1],
            moved_to=to_day, moved_at=uow.now,
        )
    )  # fmt: skip
