"""A calendar in words: a month in weeks, what is special in it and who said so, and lines of what moves."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from wss_cases.foundation.forms import day_in
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.school_time import (
    day_words,
    district_zone,
    long_day_words,
    moment_words,
    month_words,
    time_of_day_words,
    weekday_name,
    weekday_words,
)
from wss_cases.roster.calendar.days import DayAt, Shift
from wss_cases.roster.directory.rules import DayKind, MoveWhy, is_weekday, week_of

DAY = timedelta(days=1)
FARTHEST = timedelta(days=36_500)


@dataclass(frozen=True)
class Month:
    """One month: its first and last date, and how the ones beside it are written (2027-01)."""

    first: date
    last: date

    @property
    def title(self) -> str:
        """The month in words."""
        return month_words(self.first)

    @property
    def earlier(self) -> str:
        """The month before."""
        return f"{self.first - DAY:%Y-%m}"

    @property
    def later(self) -> str:
        """The month after."""
        return f"{self.last + DAY:%Y-%m}"

    def weeks(self, said: Mapping[date, DayAt]) -> list[list[dict[str, Any] | None]]:
        """Return rows of seven cells from Sunday on; None outside the month."""
        start = week_of(self.first)
        rows = []
        while start <= self.last:
            rows.append([self._cell(start + number * DAY, said) for number in range(7)])
            start += 7 * DAY
        return rows

    def _cell(self, day: date, said: Mapping[date, DayAt]) -> dict[str, Any] | None:
        if not self.first <= day <= self.last:
            return None
        guess = DayAt(day, DayKind.SCHOOL if is_weekday(day) else DayKind.CLOSED)
        found = said.get(day, guess)
        return {
            "day": day, "kind": found.kind.value, "words": long_day_words(day), "what": DayKind(found.kind).label,
            "declared": found.said_at is not None,
        }  # fmt: skip

    def special(self, said: Mapping[date, DayAt]) -> list[dict[str, Any]]:
        """Return the dates of the month of which something is said beyond an ordinary day or a weekend."""
        return [
            {"day": day, "words": long_day_words(day), "what": day_words_at(found), "kind": found.kind.value,
             "who": said_by_words(found)}
            for day, found in sorted(said.items())
            if found.label or found.said_at or found.kind is DayKind.HALF
        ]  # fmt: skip


def weekdays() -> list[tuple[str, str]]:
    days = [week_of(date(2024, 1, 1)) + number * DAY for number in range(7)]
    return [(weekday_words(day), weekday_name(day)) for day in days]


def month_page(text: str, today: date) -> Month:
    """Return the month written 2027-01, or today's when it is written otherwise."""
    try:
        first = day_in(f"{text}-01")
    except ValueError:
        first = today.replace(day=1)
    first = first if abs(first - today) < FARTHEST else today.replace(day=1)
    return Month(first, (first + 31 * DAY).replace(day=1) - DAY)


def day_words_at(found: DayAt) -> str:
    """Return what a date is: "No school – snow day", "Half day until 11:30 am"."""
    words = str(DayKind(found.kind).label)
    if found.last_bell is not None:
        words = _("Half day, last bell at %(time)s", time=time_of_day_words(found.last_bell))
    return f"{words} – {found.label}" if found.label else words


def said_by_words(found: DayAt) -> str:
    """Return who said what a date is: a person and when, or the imported calendar."""
    if found.said_at is None:
        return _("District calendar")
    when = moment_words(found.said_at, district_zone())
    if found.own:
        return _("Saved by %(name)s, %(when)s", name=found.said_by or _("the operator"), when=when)
    return _("Saved for all schools by %(name)s, %(when)s", name=found.said_by or _("the operator"), when=when)


def shift_lines(shifts: Sequence[Shift]) -> list[dict[str, Any]]:
    """Return a line for each thing that moves: what, of which case, whose, from when to when and why."""
    return [
        {"title": shift.what, "meta": " · ".join(part for part in (shift.reference, shift.owner, _way(shift)) if part)}
        for shift in shifts
    ]


def _way(shift: Shift) -> str:
    words = _("%(first)s to %(then)s", first=day_words(shift.from_day), then=day_words(shift.to_day))
    if shift.why is MoveWhy.YEAR_END:
        return _("%(words)s (before the school year ends)", words=words)
    if shift.why is MoveWhy.NEXT_SCHOOL:
        return _("%(words)s (at the next school)", words=words)
    return words


def lines_by_kind(shifts: Sequence[Shift]) -> list[dict[str, Any]]:
    """Return how many of each kind move, for those who may not see which."""
    counts = Counter((shift.from_day, shift.to_day) for shift in shifts)
    return [
        {
            "title": ngettext("%(num)d thing", "%(num)d things", number),
            "meta": _("%(first)s to %(then)s", first=day_words(first), then=day_words(then)),
        }
        for (first, then), number in sorted(counts.items())
    ]
