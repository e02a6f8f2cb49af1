"""A school's bell times: reading and changing them. Callers of queries have checked the school."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, url_for
from sqlalchemy import CheckConstraint, ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import TimeField
from wtforms.validators import InputRequired

from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import DatedRowForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import day_words_with_year, time_of_day_words, today_at, weekday_name
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.calendar.days import half_day_bells
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.directory.rules import a_day_of


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
