"""What narrows a list of reports, in the reader's words; the figures of outcomes are narrowed by the same."""

from collections.abc import Mapping
from datetime import date, time, timedelta
from functools import cache, lru_cache

from babel.dates import format_skeleton, format_time

from wss_cases.foundation.dates import weekday_name
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.incidents.incident.rules import IncidentFilter
from wss_cases.incidents.incident.states import Place
from wss_cases.roster.directory.pages import grade_words

A_MONDAY = date(2026, 11, 2)
KINDS_OF_PLACE = {place.value: label for place, label in Place.labels().items()}
"""A list is narrowed to one place of the code list, or to a kind of place."""


def trait_words(narrow: IncidentFilter, behaviors: Mapping[str, str], places: Mapping[str, str]) -> dict[str, str]:
    """Return the words of each trait that a filter names, by its parameter; a code without words stays a code."""
    words = {
        "month": month_words(date.fromisoformat(f"{narrow.month}-01")) if narrow.month else "",
        "behavior": behaviors.get(narrow.behavior, narrow.behavior) if narrow.behavior else "",
        "place": str(KINDS_OF_PLACE.get(narrow.place) or places.get(narrow.place, narrow.place))
        if narrow.place
        else "",
        "hour": "" if narrow.hour is None else _("From %(hour)s", hour=hour_words(narrow.hour)),
        "weekday": "" if narrow.weekday is None else weekday_words(narrow.weekday),
        "grade": grade_words(narrow.grade),
        "group": _group(narrow.group),
    }
    return {name: text for name, text in words.items() if text}


def _group(group: str | None) -> str:
    if group == "none":
        return _("Not coded yet")
    return _("Group %(number)s", number=group.replace("-", "–")) if group else ""


def hour_words(hour: int) -> str:
    """Return an hour of the day: "8 am"."""
    return _hour(hour % 24, locale_code())


@cache
def _hour(hour: int, language: str) -> str:
    return format_time(time(hour), "h a", locale=language).lower()


def month_words(first: date) -> str:
    """Return a month with its year: "Nov 2026"."""
    return _month(first, locale_code())


@lru_cache(maxsize=512)
def _month(first: date, language: str) -> str:
    return format_skeleton("yMMM", first, locale=language)


def weekday_words(weekday: int) -> str:
    """Return a day of the week, 0 for Monday, with a capital."""
    words = weekday_name(A_MONDAY + timedelta(days=weekday))
    return words[:1].upper() + words[1:]
