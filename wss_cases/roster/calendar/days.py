"""The days and bell times of a school: reading them, declaring or undoing a day, and changing the bells."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, url_for
from sqlalchemy import CheckConstraint, ForeignKey, Index, func, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import TimeField
from wtforms.validators import InputRequired

from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import DatedRowForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import day_words_with_year, time_of_day_words, today_at, weekday_name
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.models import CalendarDay, CalendarMove, School
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.directory.rules import HALF_DAY_BELL, DayKind, MoveWhy, a_day_of, is_weekday


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


class BellTime(Base):
    """The bells of one weekday (0 is Monday) from a day on; of two rows for one day the later counts. Without rows,
    the times in the school's `School` row count for every weekday."""

    __tablename__ = "bell_time"
    __table_args__ = (
        Index("ix_bell_time_school_day", "school_id", "starts_on"),
        CheckConstraint("weekday between 0 and 4", name="weekday"),
        CheckConstraint("first_bell < last_bell", name="order"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    weekday: Mapped[int]
    starts_on: Mapped[date]
    first_bell: Mapped[time]
    last_bell: Mapped[time]
    said_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    said_at: Mapped[datetime]


WEEKDAYS = range(5)
Bells = tuple[time, time]
"""First and last bell."""


@dataclass(frozen=True)
class Week:
    """The bells of a week from a day on, and who set them."""

    starts_on: date
    said_by: str
    bells: Sequence[Bells]


def bells_on(school: School, day: date) -> list[Bells]:
    """The bells of each weekday on a date."""
    statement = (
        select(BellTime.weekday, BellTime.first_bell, BellTime.last_bell)
        .where(BellTime.school_id == school.id, BellTime.starts_on <= day)
        .order_by(BellTime.starts_on, BellTime.id)
    )
    stored = {weekday: (first, last) for weekday, first, last in db.session.execute(statement)}
    return [stored.get(weekday, (school.first_bell, school.last_bell)) for weekday in WEEKDAYS]


def last_bells(places: Collection[tuple[int, date]]) -> Mapping[tuple[int, date], time]:
    """The last bell of those (school, date) where it is not the school's usual one: a half day's own, otherwise the
    weekday's."""
    if not places:
        return {}
    statement = (
        select(BellTime.school_id, BellTime.weekday, BellTime.starts_on, BellTime.last_bell)
        .where(BellTime.school_id.in_({school_id for school_id, _day in places}))
        .where(BellTime.starts_on <= max(day for _school, day in places))
        .order_by(BellTime.starts_on, BellTime.id)
    )
    rows = list(db.session.execute(statement))
    stored = {
        (school_id, day): bell
        for of_school, weekday, starts_on, bell in rows
        for school_id, day in places
        if school_id == of_school and day.weekday() == weekday and starts_on <= day
    }
    return stored | half_day_bells(places)


def hours_of(school_id: int, days: Sequence[date]) -> dict[date, Bells]:
    """First and last bell of a school on these dates; a date without school has the usual ones."""
    school = db.session.get_one(School, school_id)
    week = dict(enumerate(bells_on(school, min(days))))
    last = last_bells([(school_id, day) for day in days])
    usual = (school.first_bell, school.last_bell)
    return {day: (week.get(day.weekday(), usual)[0], last.get((school_id, day), usual[1])) for day in days}


def newest(school_id: int) -> int | None:
    return db.session.scalar(select(func.max(BellTime.id)).where(BellTime.school_id == school_id))


def weeks(school: School) -> list[Week]:
    """The history of a school's bells, latest first day first."""
    statement = (
        select(BellTime.starts_on, UserAccount.name)
        .outerjoin(UserAccount, UserAccount.id == BellTime.said_by_id)
        .where(BellTime.school_id == school.id)
        .order_by(BellTime.starts_on, BellTime.id)
    )
    authors = {starts_on: name or "" for starts_on, name in db.session.execute(statement)}
    return [
        Week(starts_on, name, bells_on(school, starts_on)) for starts_on, name in sorted(authors.items(), reverse=True)
    ]


class BellsForm(DatedRowForm):
    """The bells of a week; its fields are added below, two for each weekday."""

    def bells(self) -> list[Bells]:
        return [(self[f"first{weekday}"].data, self[f"last{weekday}"].data) for weekday in WEEKDAYS]


for _weekday in WEEKDAYS:
    for _name, _label in (("first", _l("First bell")), ("last", _l("Last bell"))):
        setattr(BellsForm, f"{_name}{_weekday}", TimeField(_label, [InputRequired(_l("Enter the time."))]))


@use_case
def save_bells(uow: UnitOfWork, school_id: int, starts_on: date, bells: Sequence[Bells], seen: int | None) -> int:
    """Set the bells of the weekdays that change from a day on; earlier days keep the previous bells. Raises
    NotFound; Refused for a day in the past, bells in the wrong order, or if another person saved first."""
    school = uow.load(School, school_id, Permission.SCHOOL_MANAGE)
    if starts_on < today_at(school_id, uow.now):
        raise Refused("starts_on", _("The first day must be today or later."))
    if newest(school_id) != seen:
        raise Refused(
            "",
            _(
                "Someone else has changed the bell times since this page was shown. Please review them, and submit "
                "again."
            ),
        )
    for weekday, (first, last) in enumerate(bells):
        if first >= last:
            raise Refused(f"last{weekday}", _("The last bell must ring after the first one."))
    standing = bells_on(school, starts_on)
    for weekday, (first, last) in enumerate(bells):
        if (first, last) != standing[weekday]:
            row = BellTime(
                school_id=school_id, weekday=weekday, starts_on=starts_on, first_bell=first, last_bell=last,
                said_by_id=uow.actor.user_id, said_at=uow.now,
            )  # fmt: skip
            uow.add_audited(row, "bells.said")
    uow.record(school, "school.bells_saved", starts_on=starts_on.isoformat())
    return school.id


blueprint = Blueprint("bells", __name__, url_prefix="/school-calendar")


@blueprint.route("/schools/<int:school_id>/bells", methods=["GET", "POST"])
@gate(Permission.SCHOOL_MANAGE)
def page(school_id: int) -> Page:
    """A school's bells, and the form to change them from a day on."""
    school = existing(get_school(school_id))
    require(current_actor(), Permission.SCHOOL_MANAGE, school)
    today = today_at(school_id, clock.now())
    now = bells_on(school, today)
    form = BellsForm(data=_shown(now) | {"starts_on": today, "seen_id": newest(school_id) or ""})

    def act() -> int:
        try:
            return save_bells(submitted(form), school_id, form.starts_on.data, form.bells(), form.seen)
        except Refused:
            form.seen_id.data = newest(school_id) or ""
            raise

    history = [{"title": _("From %(day)s", day=day_words_with_year(week.starts_on)), "meta": _words(week.bells),
             "who": week.said_by} for week in weeks(school)]  # fmt: skip
    return form_page(
        form, act, with_flash(_("The bell times are saved."), url_for(".page", school_id=school_id)),
        "roster/calendar/bells.html", school=school, kept=history, now_words=_words(now),
        days=[(weekday_name(a_day_of(number)), number) for number in WEEKDAYS],
        calendar_href=url_for("calendar.month", school_id=school_id),
    )  # fmt: skip


def _shown(bells: list[Bells]) -> dict[str, Any]:
    shown: dict[str, time] = {}
    for weekday, (first, last) in enumerate(bells):
        shown |= {f"first{weekday}": first, f"last{weekday}": last}
    return shown


def _words(bells: Any) -> str:
    """A week's bells in words; weekdays with the same bells together."""
    parts: dict[Bells, list[str]] = {}
    for weekday, pair in enumerate(bells):
        parts.setdefault(pair, []).append(weekday_name(a_day_of(weekday)))
    return " · ".join(
        _(
            "%(days)s: %(first)s to %(then)s",
            days=", ".join(days),
            first=time_of_day_words(first),
            then=time_of_day_words(last),
        )
        for (first, last), days in parts.items()
    )


ROOM = Room(pages=(blueprint,), sentences={"school.bells_saved": _l("The bell times from %(starts_on)s on were saved")})
