"""Dates and times in the reader's language."""

from datetime import date, datetime, time
from functools import cache, lru_cache

from babel.dates import format_date, format_skeleton, format_time

from wss_cases.foundation import clock
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.school_time import district_zone, local, local_date


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
