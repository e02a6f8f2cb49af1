"""Breakdowns in the reader's words, each in an order that means something."""

from collections.abc import Mapping
from datetime import date

from babel.dates import format_skeleton

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.incidents.incident.queries import behavior_words
from wss_cases.incidents.lists import hour_words, weekday_words
from wss_cases.outcomes.counting.daily_figures.rules import Parts
from wss_cases.outcomes.counting.scope.queries import place_words
from wss_cases.outcomes.counting.scope.rules import Count
from wss_cases.roster.directory.pages import grade_words

UNKNOWN = ""
SCHOOL_WEEK = range(5)


def breakdowns(parts: Parts) -> dict[str, list[Count]]:
    """Return each breakdown's rows, in two queries: closed scales in their order without gaps, code lists largest
    first. The key of a row is what the incidents list filters by, '' for what is not known."""
    locale = locale_code()
    behaviors = behavior_words([key for key in parts.behavior if key], locale)
    places = place_words([key for key in parts.place if key], locale)
    groups = {str(group): _("Group %(number)s", number=group) for group in range(1, 7)}
    hours = {str(hour): hour_words(hour) for hour in _span(parts.hour)}
    grades = {str(grade): grade_words(grade) for grade in _span(parts.grade)}
    return {
        "group": _scale(parts.group, groups, _("Not coded yet")),
        "behavior": _largest(parts.behavior, behaviors, _("Not coded yet")),
        "place": _largest(parts.place, places, _("Not known")),
        "hour": _scale(parts.hour, hours, _("Not known")),
        "weekday": _weekdays(parts.by_day),
        "grade": _scale(parts.grade, grades, _("Not known")),
    }


def day_of_year_words(day: date) -> str:
    """Return a date without its year: "November 20"."""
    return format_skeleton("MMMMd", day, locale=locale_code())


def _span(numbers: Mapping[str | None, int]) -> range:
    known = [int(key) for key in numbers if key]
    return range(min(known), max(known) + 1) if known else range(0)


def _scale(numbers: Mapping[str | None, int], words: Mapping[str, str], unknown: str) -> list[Count]:
    rows = [Count(key, label, numbers.get(key, 0)) for key, label in words.items()]
    return rows + _unknown(numbers, unknown)


def _largest(numbers: Mapping[str | None, int], words: Mapping[str, str], unknown: str) -> list[Count]:
    rows = [Count(key, words.get(key, key), number) for key, number in numbers.items() if key]
    return sorted(rows, key=lambda row: (-row.number, row.label)) + _unknown(numbers, unknown)


def _unknown(numbers: Mapping[str | None, int], words: str) -> list[Count]:
    number = sum(count for key, count in numbers.items() if not key)
    return [Count(UNKNOWN, words, number)] if number else []


def _weekdays(by_day: Mapping[date, int]) -> list[Count]:
    of_days = [sum(n for day, n in by_day.items() if day.weekday() == weekday) for weekday in range(7)]
    return [
        Count(str(weekday), weekday_words(weekday), number)
        for weekday, number in enumerate(of_days)
        if weekday in SCHOOL_WEEK or number
    ]
