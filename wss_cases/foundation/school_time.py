"""A school's time zone, day and clock, and dates in words. Only this module makes a date from an instant.

A day runs from midnight to midnight at the school; what belongs to no school uses the district's zone. `now` is always
an instant.
"""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import format_date, format_skeleton, format_time
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Engine,
    ScalarSelect,
    Select,
    bindparam,
    column,
    event,
    func,
    literal,
    select,
    table,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from wss_cases.foundation import clock
from wss_cases.foundation.code_tables import HeldRows
from wss_cases.foundation.db import Base, UtcDateTime, db
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.settings import SETTING, StoredSetting, fixed

DEFAULT_ZONE = "America/Chicago"
"""A district's that has set none."""
DISTRICT_NAME, DISTRICT_TIME_ZONE = "district.name", "district.time_zone"
"""Keys of settings: what a district is called, and the zone of whatever belongs to no school."""
OF_THIS_COUNTRY = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
    "America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico",
)  # fmt: skip
COMMON_YEAR = 2027
"""One without a 29 February: no school year begins on it."""
KNOWN_SCHOOLS = "known_schools"
"""What a session knows of them."""
_SCHOOL = table("school", column("id"), column("time_zone"))


@dataclass(frozen=True)
class District:
    """The district's name ('' while it has none) and its time zone."""

    name: str
    time_zone: str


@cache
def time_zones() -> tuple[str, ...]:
    """Every time zone by its name, this country's first."""
    others = available_timezones() - {*OF_THIS_COUNTRY, "localtime", "Factory"}
    return (*OF_THIS_COUNTRY, *sorted(others))


def local(instant: datetime, time_zone: str) -> datetime:
    """The wall-clock time of an instant in a zone."""
    return instant.astimezone(ZoneInfo(time_zone))


def on_clock(instant: datetime, zone: tzinfo) -> datetime:
    """The wall-clock time of an instant in a zone that a file describes."""
    return instant.astimezone(zone).replace(tzinfo=None)


def local_date(instant: datetime, time_zone: str) -> date:
    """The date of an instant in a zone."""
    return local(instant, time_zone).date()


def at_local(day: date, hour: int, minute: int, time_zone: str) -> datetime:
    """The instant of a wall-clock time on a date in a zone.

    In the hour that a spring change skips, the instant after the gap; in the doubled hour, the first.
    """
    return at_wall(datetime.combine(day, time(hour, minute)), time_zone)


def at_wall(wall: datetime, time_zone: str) -> datetime:
    """The instant of a typed wall-clock time, by the rule of `at_local`."""
    return wall.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def known_schools(ids: Collection[int]) -> dict[int, Any]:
    """The rows of these schools by id, as far as they exist; each is read once for a page's session."""
    known: dict[int, Any] = db.session.info.setdefault(KNOWN_SCHOOLS, {})
    missing = sorted(set(ids) - known.keys())
    if missing:
        known.update({row.id: row for row in _HELD.own_rows(missing)})
    return {number: known[number] for number in ids if number in known}


@cache
def _schools() -> Select[Any]:
    # a function, because the roster is a room above
    model: Any = next(kept.class_ for kept in Base.registry.mappers if str(kept.local_table) == _SCHOOL.name)
    return select(model).where(model.id.in_(bindparam("ids", expanding=True)))


_HELD: HeldRows[Any] = HeldRows(lambda ids: db.session.scalars(_schools(), {"ids": list(ids)}))


def of_district(key: str) -> ScalarSelect[Any]:
    """SQL for the value of a district setting in force on a day; null without one."""
    said = select(SETTING.c.value).where(SETTING.c.key == key).order_by(SETTING.c.id.desc())
    return said.limit(1).scalar_subquery()


NAME = StoredSetting(DISTRICT_NAME, str, fixed(""))
ZONE = StoredSetting(DISTRICT_TIME_ZONE, str, fixed(DEFAULT_ZONE))


def read_month_day(text: str) -> tuple[int, int]:
    """Month and day of "08-01". Raises ValueError."""
    day = date.fromisoformat(f"{COMMON_YEAR}-{text}")
    return day.month, day.day


YEAR_START: StoredSetting[tuple[int, int]] = StoredSetting("district.year_start", read_month_day, fixed((8, 1)))
"""Month and day on which a school year begins: of each year what was in force on its 1 July, before any can begin, so
that a year that has begun keeps its first day."""


def decided_on(year: int) -> date:
    """The day from which the start of a calendar year's school year can no longer change."""
    return date(year, 7, 1)


def first_day_of(year: int) -> date:
    """The first day of the school year that begins in a calendar year."""
    return date(year, *YEAR_START.on(decided_on(year)))


def last_days() -> list[int]:
    """Each month and day on which a school year may have ended, written as a number: 731 for 31 July."""
    ends = (date(COMMON_YEAR, *first) - timedelta(days=1) for first in YEAR_START.ever())
    return sorted({end.month * 100 + end.day for end in ends})


clock.begin_years(first_day_of)


def district() -> District:
    """The district's settings, read once for a session, which hands them on to the next session of its page."""
    return District(NAME.on(date.max), ZONE.on(date.max))


def district_zone() -> str:
    """The zone of what belongs to no school."""
    return district().time_zone


def district_day(now: datetime | BindParameter[Any]) -> ColumnElement[date]:
    """SQL for the district's date at an instant."""
    return _day_in_district(now)


def zone_of(school_id: int | None) -> str:
    """A school's zone; the district's for None."""
    school = known_schools([school_id]).get(school_id) if school_id is not None else None
    return school.time_zone if school else district_zone()


def today_at(school_id: int | None, now: datetime) -> date:
    """The date at a school; the district's for None."""
    return local_date(now, zone_of(school_id))


class day_in(FunctionElement[date]):
    """SQL for the date in a zone at an instant, as `local_date` returns it."""

    type = Date()
    inherit_cache = True


@compiles(day_in, "sqlite")
def _on_sqlite(element: day_in, compiler: Any, **given: Any) -> str:
    return f"day_in({compiler.process(element.clauses, **given)})"


@compiles(day_in, "postgresql")
def _on_postgresql(element: day_in, compiler: Any, **given: Any) -> str:
    return f"CAST(timezone({compiler.process(element.clauses, **given)}) AS DATE)"


@event.listens_for(Engine, "connect")
def _teach_sqlite(connection: Any, _record: object) -> None:
    # SQLite knows no time zones
    if isinstance(connection, sqlite3.Connection):
        connection.create_function("day_in", 2, _day_in, deterministic=True)


@lru_cache(maxsize=64)
def _day_in(time_zone: str, instant: str) -> str:
    return local_date(datetime.fromisoformat(instant).replace(tzinfo=UTC), time_zone).isoformat()


def school_day(school_id: Any, now: datetime | BindParameter[Any]) -> ColumnElement[date]:
    """SQL for the date at the school that a column names; the district's where it is null."""
    school = _SCHOOL.alias()
    zone = select(school.c.time_zone).where(school.c.id == school_id).correlate_except(school)
    return _day_in_district(now, zone.scalar_subquery())


def _day_in_district(now: datetime | BindParameter[Any], *own: ScalarSelect[Any]) -> ColumnElement[date]:
    instant = now if isinstance(now, BindParameter) else literal(now, UtcDateTime())
    return day_in(func.coalesce(*own, of_district(DISTRICT_TIME_ZONE), DEFAULT_ZONE), instant)


@lru_cache(maxsize=4096)
def _formed(skeleton: str, day: date, locale: str) -> str:
    return format_skeleton(skeleton, day, locale=locale)


@lru_cache(maxsize=4096)
def _written(pattern: str, day: date, locale: str) -> str:
    return format_date(day, pattern, locale=locale)


def day_words(day: date | None) -> str:
    """A date as "Fri, Dec 4", with its year unless it is this year; '' for None."""
    if day is None:
        return ""
    is_of_this_year = day.year == local_date(clock.now(), district_zone()).year
    return _formed("MMMEd" if is_of_this_year else "yMMMEd", day, locale_code())


def day_words_with_year(day: date | None) -> str:
    """A date as "Fri, Dec 4, 2026"; '' for None."""
    return "" if day is None else _formed("yMMMEd", day, locale_code())


def long_day_words(day: date) -> str:
    """A date as "Tuesday, December 1"."""
    pattern = "EEEE, d 'de' MMMM" if locale_code() == "es" else "EEEE, MMMM d"
    return format_date(day, pattern, locale=locale_code())


def month_day_words(day: date) -> str:
    """A date without its year, "August 1"."""
    return _formed("MMMMd", day, locale_code())


def weekday_words(day: date) -> str:
    """A date's short weekday: "Fri"."""
    return _written("EEE", day, locale_code())


def weekday_name(day: date) -> str:
    """A date's long weekday: "Friday"."""
    return _written("EEEE", day, locale_code())


def time_words(instant: datetime, time_zone: str) -> str:
    """The school's wall-clock time at an instant: "2:15 pm"."""
    return time_of_day_words(local(instant, time_zone))


def time_of_day_words(wall: time | datetime) -> str:
    """A wall-clock time as "2:15 pm"."""
    return _clock_words(wall.hour, wall.minute, locale_code())


@cache
def _clock_words(hour: int, minute: int, language: str) -> str:
    return format_time(time(hour, minute), "h:mm a", locale=language).lower()


def month_words(day: date) -> str:
    """A date's month as "January 2027"."""
    words = _formed("yMMMM", day, locale_code())
    return words[:1].upper() + words[1:]


def moment_words(instant: datetime | None, time_zone: str) -> str:
    """An instant in a school's zone as "Mon, Nov 30, 2:15 pm"; '' for None."""
    if instant is None:
        return ""
    return f"{day_words(local_date(instant, time_zone))}, {time_words(instant, time_zone)}"
