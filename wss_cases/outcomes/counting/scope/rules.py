"""The days and schools of a count, rates, and the suppression of shares that would reveal small numbers, directly or by
subtracting others. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from wss_cases.foundation.clock import EARLIEST_YEAR, LATEST_YEAR, school_year, school_year_bounds, year_named
from wss_cases.outcomes.counting.measures import WINDOWS
from wss_cases.roster.directory.rules import SchoolDays

OUTLIER_TIMES = 3
OUTLIER_SHARE = 0.1
FIRST_WEEKS = timedelta(days=60)


@dataclass(frozen=True)
class Scope:
    """What is counted: a school, a network, or all schools of the reader; and days of a school year, up to today.

    `as_of` is the day at whose end what followed is counted; None for today. A year before is seen as of the same day
    of that year, so that both years are compared at the same age.
    """

    school_id: int | None
    year: str
    first: date
    last: date
    today: date
    network: str | None = None
    as_of: date | None = None

    @property
    def is_current(self) -> bool:
        return self.last == self.today

    @property
    def seen_on(self) -> date:
        """The day as of which the scope is counted."""
        return self.as_of or self.today

    @property
    def is_this_year(self) -> bool:
        return self.year == school_year(self.today)

    @property
    def is_all(self) -> bool:
        """Whether all schools of the reader are counted."""
        return self.school_id is None and self.network is None

    @property
    def late_before(self) -> date:
        """The first due date that is not late yet. For a period that is over it is the same on every day, so that a
        cached count of it is found again later."""
        return min(self.seen_on, self.last + timedelta(days=1))

    def aged(self, days: SchoolDays, window: int) -> "Scope":
        """The days of the scope after which at least `window` school days are over; no day where its `last` lies
        before its `first`."""
        return replace(self, last=min(self.last, waits_from(days, self.seen_on, window) - timedelta(days=1)))

    def is_over(self, month: date) -> bool:
        """Whether a month, given by any of its days, lies in the scope to its end, and its last day is over."""
        return _next_month(month) - timedelta(days=1) < self.late_before

    def months(self) -> list[date]:
        """The first day of each month of the period."""
        months = [self.first]
        while (following := _next_month(months[-1])) <= self.last:
            months.append(following)
        return months


@dataclass(frozen=True)
class Count:
    """One row of a breakdown: its key in the incident list's filter, its label, its number."""

    key: str
    label: str
    number: int


@dataclass(frozen=True)
class Month:
    """One month: incidents, school days so far, students enrolled at its end, the rate (None without school days), and
    whether the month is over. A month that is not over is drawn as such and compared with no other."""

    first: date
    incidents: int
    school_days: int
    students: int
    rate: float | None
    is_over: bool = True


@dataclass(frozen=True)
class Share:
    """A part of a whole. `percent` is None when the whole is zero."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        """The share in percent, not rounded."""
        return 100 * self.part / self.whole if self.whole else None


def scope_of(school_id: int | None, year: str, today: date) -> Scope | None:
    """The scope of a school year written '2026-27'; None when it is malformed or has not begun."""
    try:
        first, end = school_year_bounds(year)
    except ValueError:
        return None
    if first > today or not EARLIEST_YEAR <= first.year <= LATEST_YEAR:
        return None
    return Scope(school_id, year, first, min(end, today), today)


def narrowed(scope: Scope, first: date | None, last: date | None, network: str | None) -> Scope | None:
    """A scope limited to days and a network; None when no day is left."""
    begins, ends = max(scope.first, first or scope.first), min(scope.last, last or scope.last)
    return replace(scope, first=begins, last=ends, network=network) if begins <= ends else None


def term_of(year: str, term: int) -> tuple[date, date]:
    """The first and last day of a school year's first half (to 31 January) or second half."""
    first, end = school_year_bounds(year)
    turn = date(end.year, 1, 31)
    return (first, turn) if term == 1 else (turn + timedelta(days=1), end)


def month_of(month: str) -> tuple[date, date]:
    """The first and last day of a month written '2026-10'."""
    first = date.fromisoformat(f"{month}-01")
    return first, _next_month(first) - timedelta(days=1)


def year_before(scope: Scope, days: SchoolDays) -> Scope:
    """The same part of the year before, seen as of the same day of that year.

    A part that goes on today ends after as many school days as this one has had, where the calendars of both years are
    known; any other ends on the same date. Never a whole year for a part of one.
    """
    first, last, as_of = (_year_earlier(day) for day in (scope.first, scope.last, scope.seen_on))
    year = school_year(first)
    gone_by = days.between(scope.first - timedelta(days=1), scope.last)
    is_known = None not in (days.last_of_year(scope.year), days.last_of_year(year))
    if scope.last == scope.seen_on and is_known and gone_by:
        last = as_of = min(days.add(first - timedelta(days=1), gone_by), school_year_bounds(year)[1])
    return replace(scope, year=year, first=first, last=last, as_of=as_of)


def is_recorded(first_incident: date | None, since: date) -> bool:
    """Whether records had begun by the first weeks of a period. A school year may begin with weeks without
    incidents."""
    return first_incident is not None and first_incident < since + FIRST_WEEKS


def _year_earlier(day: date) -> date:
    """The same day a year earlier; the last day of a month stays the last."""
    if _next_month(day) - day == timedelta(days=1):
        return _next_month(day.replace(year=day.year - 1, day=1)) - timedelta(days=1)
    return day.replace(year=day.year - 1)


def years_between(first: str, last: str) -> list[str]:
    start, end = int(first[:4]), int(last[:4])
    return [year_named(year) for year in range(start, end + 1)]


def per_100_a_day(incidents: int, students: int, days: int) -> float | None:
    return 100 * incidents / students / days if students and days else None


def per(number: int, students: int, base: int) -> float | None:
    return base * number / students if students else None


def reference_day(scope: Scope, days: SchoolDays, end: date | None = None) -> date:
    """The day on which students are counted: the last school day of the period, up to `end` if given. Without a school
    day it is `end` itself."""
    end = scope.last if end is None else end
    last_school_day = days.on_or_before(end)
    return last_school_day if last_school_day >= scope.first else end


def month_ends(scope: Scope, days: SchoolDays) -> list[date]:
    """For each month of the period, the day on which its students are counted. After the year's last school day it is
    that day, because most students leave then."""
    ends = (min(_next_month(first) - timedelta(days=1), scope.last) for first in scope.months())
    return [reference_day(scope, days, end) for end in ends]


def months_of(scope: Scope, by_day: Mapping[date, int], days: SchoolDays, students: Sequence[int]) -> list[Month]:
    """The months of a period, from incidents by day and the students enrolled at each month's end."""
    rows = []
    for first, enrolled in zip(scope.months(), students, strict=True):
        end = min(_next_month(first) - timedelta(days=1), scope.last)
        number = sum(count for day, count in by_day.items() if first <= day <= end)
        school_days = days.between(first - timedelta(days=1), end)
        rate = per_100_a_day(number, enrolled, school_days)
        rows.append(Month(first, number, school_days, enrolled, rate, scope.is_over(first)))
    return rows


@dataclass(frozen=True)
class Reach:
    """How soon people harmed were contacted, in school days. `waiting` are those whose first school day is not over."""

    within_one: int
    of_all: int
    waiting: int
    bands: tuple[int, int, int, int, int]
    """Same day, 1, 2, 3 to 5, 6 and more school days. The rest of `of_all` was not contacted."""


def waits_from(days: SchoolDays, seen_on: date, window: int) -> date:
    """The first date whose `window` school days after it are not over before `seen_on`. What happened on it or later
    is too recent to tell, also where all is done already: else the newest days would look perfect."""
    return days.add(seen_on, -window) if window else seen_on


def reach_of(pairs: Iterable[tuple[date, date | None, int]], days: SchoolDays, seen_on: date) -> Reach:
    """The reach from rows of (date of the incident, date of contact or None, number of people)."""
    bands = [0, 0, 0, 0, 0]
    waiting = missed = 0
    first_waiting = waits_from(days, seen_on, WINDOWS["contact"])
    for happened, reached, people in pairs:
        if happened >= first_waiting:
            waiting += people
        elif reached is not None:
            bands[_band(days.between(happened, reached))] += people
        else:
            missed += people
    return Reach(bands[0] + bands[1], sum(bands) + missed, waiting, (bands[0], bands[1], bands[2], bands[3], bands[4]))


def _band(school_days: int) -> int:
    if school_days <= 2:
        return max(school_days, 0)
    return 3 if school_days <= 5 else 4


def outlier(values: Sequence[int | float | None]) -> int | None:
    """The index of a value more than three times every other; None when there is no such value."""
    known = sorted((value, place) for place, value in enumerate(values) if value is not None)
    if len(known) < 3 or known[-1][0] <= OUTLIER_TIMES * known[-2][0] or known[-2][0] == 0:
        return None
    return known[-1][1]


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


FEWEST: Final = 10
"""Fewer answers or completed follow-up periods than this show no share, because it could point to one child."""


@dataclass(frozen=True)
class Piece:
    """One network's contribution to a whole and to its part (None: schools without a network). `small` is what comes
    from schools with fewer than FEWEST, which do not show the share themselves."""

    network: str | None
    whole: int
    part: int
    small: int

    @property
    def is_shown(self) -> bool:
        return self.network is not None and self.whole >= FEWEST and not 0 < self.small < FEWEST


def shown_share(pieces: Sequence[Piece]) -> Share | None:
    """The share of a school, of a network (given without its name) or of the district by network. None where the whole
    is too small, or what remains after subtracting every school and network shown."""
    whole, left = sum(piece.whole for piece in pieces), sum(piece.small for piece in pieces if not piece.is_shown)
    if whole < FEWEST or 0 < left < FEWEST:
        return None
    return Share(sum(piece.part for piece in pieces), whole)


@dataclass(frozen=True)
class Hidden:
    """The schools and networks (by name) whose share is hidden, and whether the district's is hidden."""

    schools: frozenset[int]
    networks: frozenset[str]
    district: bool


def hidden_among(wholes: Mapping[int, tuple[str | None, int]]) -> Hidden:
    """Whose share is hidden, given each school's network (None: none) and whole.

    A school with fewer than FEWEST is hidden. Where the remainder of its network or of the district, after subtracting
    all that is shown, would be smaller than FEWEST, the smallest school shown is hidden too; where no school is shown,
    a network; and last the district.
    """
    order = sorted((school for school in wholes if wholes[school][1]), key=lambda school: (wholes[school][1], school))
    schools = {school for school in order if wholes[school][1] < FEWEST}
    members: dict[str | None, list[int]] = {}
    for school in order:
        members.setdefault(wholes[school][0], []).append(school)

    def hidden_of(network: str | None) -> int:
        return sum(wholes[school][1] for school in members[network] if school in schools)

    def hide_one_more(candidates: Sequence[int]) -> int | None:
        smallest = next((school for school in candidates if school not in schools), None)
        schools.update(() if smallest is None else (smallest,))
        return smallest

    named = [name for name in members if name is not None]
    for name in named:
        if 0 < hidden_of(name) < FEWEST:
            hide_one_more(members[name])
    networks = {name for name in named if sum(wholes[school][1] for school in members[name]) < FEWEST}

    def left() -> int:
        return sum(hidden_of(name) for name in members if name is None or name in networks)

    if 0 < left() < FEWEST:
        alone = [school for school in order if wholes[school][0] is None or wholes[school][0] in networks]
        if hide_one_more(alone) is None:
            smallest = hide_one_more(order)
            rest = sorted(set(named) - networks, key=lambda network: (hidden_of(network), network))
            networks.update(rest[:1] if smallest is None else (wholes[smallest][0] or "",))
    is_few = sum(wholes[school][1] for school in order) < FEWEST or 0 < left() < FEWEST
    return Hidden(frozenset(schools), frozenset(networks), is_few)


def shown_of(own: Collection[int], wholes: Mapping[int, tuple[str | None, int]], hidden: Hidden) -> bool:
    """Whether the combined share of some schools may be shown to a reader of these schools only. Neither the hidden
    schools among them nor the other hidden schools of their networks may add up to a small number."""
    inside = sum(wholes[school][1] for school in own if school in hidden.schools)
    touched = {wholes[school][0] for school in own if school in hidden.schools}
    beside = sum(wholes[school][1] for school in hidden.schools if school not in own and wholes[school][0] in touched)
    enough = sum(wholes[school][1] for school in own if school in wholes) >= FEWEST
    return enough and not 0 < inside < FEWEST and not 0 < beside < FEWEST
