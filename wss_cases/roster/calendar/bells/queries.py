"""Reading when a school's bells ring on a date. The caller has checked the school."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from sqlalchemy import func, select

from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.roster.calendar.bells.models import BellTime
from wss_cases.roster.calendar.days.queries import half_day_bells
from wss_cases.roster.directory.models import School

WEEKDAYS = range(5)
Bells = tuple[time, time]
"""The first and the last bell."""


@dataclass(frozen=True)
class Week:
    """The bells of a week that hold from a day on, and who said so."""

    starts_on: date
    said_by: str
    bells: Sequence[Bells]


def bells_on(school: School, day: date) -> list[Bells]:
    """Return the bells of each weekday that hold on a date."""
    statement = (
        select(BellTime.weekday, BellTime.first_bell, BellTime.last_bell)
        .where(BellTime.school_id == school.id, BellTime.starts_on <= day)
        .order_by(BellTime.starts_on, BellTime.id)
    )
    said = {weekday: (first, last) for weekday, first, last in db.session.execute(statement)}
    return [said.get(weekday, (school.first_bell, school.last_bell)) for weekday in WEEKDAYS]


def last_bells(places: Collection[tuple[int, date]]) -> Mapping[tuple[int, date], time]:
    """Return the last bell of those (school, date) at which it is not the school's usual one: of a half day its own,
    else what the school says of that weekday."""
    if not places:
        return {}
    statement = (
        select(BellTime.school_id, BellTime.weekday, BellTime.starts_on, BellTime.last_bell)
        .where(BellTime.school_id.in_({school_id for school_id, _day in places}))
        .where(BellTime.starts_on <= max(day for _school, day in places))
        .order_by(BellTime.starts_on, BellTime.id)
    )
    rows = list(db.session.execute(statement))
    said = {
        (school_id, day): bell
        for of_school, weekday, starts_on, bell in rows
        for school_id, day in places
        if school_id == of_school and day.weekday() == weekday and starts_on <= day
    }
    return said | half_day_bells(places)


def hours_of(school_id: int, days: Sequence[date]) -> dict[date, Bells]:
    """Return the first and the last bell of a school on some dates; a date without school has the usual ones."""
    school = db.session.get_one(School, school_id)
    week = dict(enumerate(bells_on(school, min(days))))
    last = last_bells([(school_id, day) for day in days])
    usual = (school.first_bell, school.last_bell)
    return {day: (week.get(day.weekday(), usual)[0], last.get((school_id, day), usual[1])) for day in days}


def newest(school_id: int) -> int | None:
    """Return the id of what was said last of a school's bells, or None."""
    return db.session.scalar(select(func.max(BellTime.id)).where(BellTime.school_id == school_id))


def weeks(school: School) -> list[Week]:
    """Return what was said of a school's bells, the latest first day first."""
    statement = (
        select(BellTime.starts_on, UserAccount.name)
        .outerjoin(UserAccount, UserAccount.id == BellTime.said_by_id)
        .where(BellTime.school_id == school.id)
        .order_by(BellTime.starts_on, BellTime.id)
    )
    said = {starts_on: name or "" for starts_on, name in db.session.execute(statement)}
    return [
        Week(starts_on, name, bells_on(school, starts_on)) for starts_on, name in sorted(said.items(), reverse=True)
    ]
