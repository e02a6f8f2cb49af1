"""Pure rules of the roster: school-day arithmetic, search keys, short codes of schools."""

import enum
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from datetime import date, time, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any

from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.foundation.ids import fold
from wss_cases.foundation.school_time import last_days
from wss_cases.foundation.settings import StoredSetting, fixed


class DayKind(Labelled):
    """What a calendar date is for students."""

    SCHOOL = "school", _l("School day")
    HALF = "half", _l("Half day")
    CLOSED = "closed", _l("No school")


class Restriction(Labelled):
    """What keeps a person away from a student, by a paper that the school has seen."""

    CUSTODY_ORDER = "custody_order", _l("Custody order")
    ORDER_OF_PROTECTION = "order_of_protection", _l("Order of protection")
    NO_CONTACT = "no_contact", _l("No-contact order")


class Reach(Labelled):
    """Whether the school may call or write to a guardian of a student."""

    OPEN = "open", _l("May be contacted")
    ASK = "ask", _l("Ask the office first")
    NEVER = "never", _l("Do not contact")


class MoveWhy(enum.StrEnum):
    """Why the calendar moved something."""

    NO_SCHOOL = "no_school"
    YEAR_END = "year_end"
    NEXT_SCHOOL = "next_school"


NO_LABEL: dict[str, Any] = {"label": {"": _l("no reason given")}}
"""For sentences about a day without a label."""

RACE_LABELS = {
    "american_indian": _l("American Indian or Alaska Native"),
    "asian": _l("Asian"),
    "black": _l("Black or African American"),
    "hispanic": _l("Hispanic or Latino"),
    "pacific_islander": _l("Native Hawaiian or other Pacific Islander"),
    "white": _l("White"),
    "two_or_more": _l("Two or more races"),
}
"""Values of `Student.race_ethnicity` (federal reporting: Hispanic of any race counts as Hispanic)."""

SEX_LABELS = {"female": _l("Female"), "male": _l("Male"), "other": _l("Other")}
"""Values of `Student.sex`."""

GRADE_WORDS = {-1: _l("Pre-K"), 0: _l("Kindergarten"), 13: _l("After 12th grade")}
"""Grades that are not plain numbers; the rest is `grade_words`."""

RELATION_LABELS = {
    "parent": _l("Parent"),
    "mother": _l("Mother"),
    "father": _l("Father"),
    "guardian": _l("Guardian"),
    "relative": _l("Relative"),
    "aunt": _l("Aunt"),
    "uncle": _l("Uncle"),
    "grandparent": _l("Grandparent"),
    "grandmother": _l("Grandmother"),
    "grandfather": _l("Grandfather"),
    "stepmother": _l("Stepmother"),
    "stepfather": _l("Stepfather"),
}
"""Values of `StudentGuardian.relation` that rosters use."""

STAFF_ROLE_LABELS = {
    "administrator": _l("Administrator"),
    "aide": _l("Aide"),
    "counselor": _l("Counselor"),
    "principal": _l("Principal"),
    "proctor": _l("Proctor"),
    "professor": _l("Professor"),
    "siteadministrator": _l("School administrator"),
    "teacher": _l("Teacher"),
}
"""Values of `StaffMember.role` that rosters use."""

SCHOOL_LEVEL_LABELS = {
    "prek": _l("Preschool"),
    "pre": _l("Preschool"),
    "kindergarten": _l("Kindergarten"),
    "elementary": _l("Elementary school"),
    "primary": _l("Elementary school"),
    "intermediate": _l("Intermediate school"),
    "middle": _l("Middle school"),
    "juniorhigh": _l("Middle school"),
    "high": _l("High school"),
    "seniorhigh": _l("High school"),
    "secondary": _l("High school"),
    "alternative": _l("Alternative school"),
    "charter": _l("Charter school"),
    "magnet": _l("Magnet school"),
}
"""Values of `School.kind` that rosters and files use, without what is no letter and without the word school."""

SENTENCES = {
    "roster.imported": _l("The roster was imported from %(source)s"),
    "roster.refused": _l("The roster from %(source)s was refused"),
    "supports.imported": _l("Supports were imported from %(source)s"),
    "school.phone_saved": _l("The phone of the office was saved"),
    "student.guardian_limit": _l("What applies to a guardian was recorded"),
    "calendar.imported": _l("The school calendar of %(school_year)s was imported"),
    "calendar.said": (_l("%(day)s set: %(what)s – %(label)s"), {"what": DayKind.labels()}),
    "calendar.unsaid": _l("The change for %(day)s was withdrawn"),
}
"""Timeline kinds in words."""


SEARCH_KEY_LENGTH = 900
HALF_DAY_BELL = time(11, 30)
"""The last bell of a half day without a time in the calendar; early, so that a reminder still helps."""
_DAY = timedelta(days=1)


def read_hours(text: str) -> tuple[time, time]:
    first, last = (time.fromisoformat(part) for part in text.split(","))
    return first, last


SCHOOL_HOURS: StoredSetting[tuple[time, time]] = StoredSetting("school.hours", read_hours, fixed((time(8), time(15))))
"""The bells of a school for which no one has set others."""


def name_on_screen(given: str, family: str, preferred_given: str | None, preferred_family: str | None) -> str:
    """A student's displayed name: preferred where there is one, exactly as typed."""
    return f"{preferred_given or given} {preferred_family or family}".strip()


class SchoolDays:
    """School days of one school: its calendar where it is known, Monday to Friday on every other date."""

    def __init__(self, kinds: Mapping[date, DayKind] | None = None) -> None:
        self._kinds = dict(kinds or {})
        self._known = sorted(self._kinds)
        corrections = (self.is_school_day(day) - is_weekday(day) for day in self._known)
        self._corrections = [0, *accumulate(corrections)]
        # A calendar is imported whole: if the last date of a year is known, the year is.
        ends = last_days()
        near = [(day, school_year(day)) for day in self._known if day.month * 100 + day.day in ends]
        self._years = {year for day, year in near if day == school_year_bounds(year)[1]}

    def is_school_day(self, day: date) -> bool:
        """Whether students come on this date; a half day counts."""
        kind = self._kinds.get(day)
        return is_weekday(day) if kind is None else kind is not DayKind.CLOSED

    def is_half(self, day: date) -> bool:
        """Whether students leave early on this date."""
        return self._kinds.get(day) is DayKind.HALF

    def knows(self, day: date) -> bool:
        """Whether the calendar of this date's school year is known; where none is known at all, none is missing."""
        return not self._years or school_year(day) in self._years

    def having(self, day: date, kind: DayKind | None) -> "SchoolDays":
        """The same days with one of them changed; None removes its entry."""
        kinds = {**self._kinds, day: kind}
        return SchoolDays({date_: is_ for date_, is_ in kinds.items() if is_ is not None})

    def last_of_year(self, year: str) -> date | None:
        """The last school day of a school year written '2026-27'; None without its calendar."""
        if year not in self._years:
            return None
        first, last = school_year_bounds(year)
        day = self.on_or_before(last)
        return day if day >= first else None

    def on_or_after(self, day: date) -> date:
        """The day itself when it is a school day, else the next one."""
        while not self.is_school_day(day):
            day += _DAY
        return day

    def on_or_before(self, day: date) -> date:
        """The day itself when it is a school day, else the last one before it."""
        while not self.is_school_day(day):
            day -= _DAY
        return day

    def add(self, day: date, number: int) -> date:
        """The `number`-th school day after a date; 0 gives the date itself or the next school day.

        A negative number goes back. Raises OverflowError beyond year 9999.
        """
        if number == 0:
            return self.on_or_after(day)
        step = _DAY if number > 0 else -_DAY
        left = abs(number)
        while left:
            day += step
            left -= self.is_school_day(day)
        return day

    def between(self, start: date, end: date) -> int:
        """How many school days lie after `start` up to and including `end`; negative when `end` is earlier."""
        return self._until(end) - self._until(start)

    def _until(self, day: date) -> int:
        # day 1 of the calendar was a Monday
        weeks, rest = divmod(day.toordinal(), 7)
        return weeks * 5 + min(rest, 5) + self._corrections[bisect_right(self._known, day)]


def is_weekday(day: date) -> bool:
    return day.weekday() < 5


def week_of(day: date) -> date:
    """The Sunday that begins a date's week on every calendar page."""
    return day - (day.weekday() + 1) % 7 * _DAY


def a_day_of(weekday: int) -> date:
    """Some date of a weekday (0 for Monday), for its name."""
    return date(2024, 1, 1) + weekday * _DAY


def search_key(*names: str) -> str:
    """The folded words by which a person is found: each name without marks, and split at them.

    So O'Brien is found as obrien, brien and "o brien", de la Cruz as delacruz. At most 900 characters.
    """
    words = dict.fromkeys(word for name in names if name for word in _words_of(name))
    key = " ".join(words)
    return key if len(key) <= SEARCH_KEY_LENGTH else key[:SEARCH_KEY_LENGTH].rsplit(" ", 1)[0]


@lru_cache(maxsize=20_000)
def _words_of(name: str) -> tuple[str, ...]:
    parts = fold(name).split()
    apart = fold("".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in name)).split()
    glued = ["".join(parts)] if len(parts) > 1 else []
    return (*parts, *apart, *glued)


def school_code(name: str, taken: Collection[str]) -> str:
    """A short unused code from a school's initials, e.g. 'JBES', then 'JBES2'.

    `taken` holds the codes in use; the same name and codes give the same result.
    """
    words = [word for word in fold(name).split() if word.isascii()]
    initials = "".join(word[0] for word in words)[:6].upper()
    if len(initials) < 2:
        initials = (words[0] if words else "school")[:3].upper()
    if initials not in taken:
        return initials
    return next(code for number in range(2, 10**6) if (code := f"{initials}{number}") not in taken)


def last_digits(student_number: str) -> str:
    """The last four characters of a student's number, which distinguish homonyms."""
    return student_number[-4:]


def merge_days(rows: Iterable[tuple[date, DayKind, bool]]) -> dict[date, DayKind]:
    """The kind of each date from (date, kind, whether it is the school's own row); own rows win."""
    merged: dict[date, DayKind] = {}
    for day, kind, _own in sorted(rows, key=lambda row: row[2]):
        merged[day] = kind
    return merged


def reach(*, restricted: bool, may_contact: bool | None, said: bool, another_restricted: bool) -> Reach:
    """Whether a guardian may be contacted; `said`: the school recorded something about this guardian.

    When an order keeps a person away from the student, no one else is safe to call until the school has said so.
    """
    if restricted or may_contact is False:
        return Reach.NEVER
    if may_contact:
        return Reach.OPEN
    return Reach.ASK if said or another_restricted else Reach.OPEN
