"""Shares that are not shown where they, or what is left of them by subtracting others, would tell of too few. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from wss_cases.foundation.clock import EARLIEST_YEAR, LATEST_YEAR, school_year, school_year_bounds, year_named
from wss_cases.roster.directory.rules import SchoolDays

OUTLIER_TIMES = 3
OUTLIER_SHARE = 0.1
FIRST_WEEKS = timedelta(days=60)


@dataclass(frozen=True)
class Scope:
    """What is counted: a school, a network, or every school the reader reaches, and days of a school year to today."""

    school_id: int | None
    year: str
    first: date
    last: date
    today: date
    network: str | None = None

    @property
    def is_current(self) -> bool:
        """Whether the school year still goes on."""
        return self.last == self.today

    @property
    def is_this_year(self) -> bool:
        """Whether the days are of today's school year, all or some of them."""
        return self.year == school_year(self.today)

    @property
    def is_all(self) -> bool:
        """Whether every school that the reader reaches is counted."""
        return self.school_id is None and self.network is None

    @property
    def late_before(self) -> date:
        """The first day on which something due in the period is not late yet. Of days that are over it is the same
        whenever one asks, so that a cached count of them is found on another day too."""
        return min(self.today, self.last + timedelta(days=1))

    def months(self) -> list[date]:
        """Return the first day of each month of the period."""
        months = [self.first]
        while (following := _next_month(months[-1])) <= self.last:
            months.append(following)
        return months


@dataclass(frozen=True)
class Count:
    """One row of a breakdown: its key in the incidents list's filter, its words, its number."""

    key: str
    label: str
    number: int


@dataclass(frozen=True)
class Month:
    """One month: incidents, school days gone by, students enrolled at its end, and the rate (None: no school days)."""

    first: date
    incidents: int
    school_days: int
    students: int
    rate: float | None


@dataclass(frozen=True)
class Share:
    """A part of a whole; `percent` is None when the whole is empty."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        """The share in percent, not rounded."""
        return 100 * self.part / self.whole if self.whole else None


def scope_of(school_id: int | None, year: str, today: date) -> Scope | None:
    """Return the scope of a school year written '2026-27'; None when it is not written so or has not begun."""
    try:
        first, end = school_year_bounds(year)
    except ValueError:
        return None
    if first > today or not EARLIEST_YEAR <= first.year <= LATEST_YEAR:
        return None
    return Scope(school_id, year, first, min(end, today), today)


def narrowed(scope: Scope, first: date | None, last: date | None, network: str | None) -> Scope | None:
    """Return a scope within days and a network; None when nothing of it has come yet."""
    begins, ends = max(scope.first, first or scope.first), min(scope.last, last or scope.last)
    return replace(scope, first=begins, last=ends, network=network) if begins <= ends else None


def term_of(year: str, term: int) -> tuple[date, date]:
    """Return the first and last day of a school year's first (to 31 January) or second half."""
    first, end = school_year_bounds(year)
    turn = date(end.year, 1, 31)
    return (first, turn) if term == 1 else (turn + timedelta(days=1), end)


def month_of(month: str) -> tuple[date, date]:
    """Return the first and last day of a month written '2026-10'."""
    first = date.fromisoformat(f"{month}-01")
    return first, _next_month(first) - timedelta(days=1)


def year_before(scope: Scope) -> Scope:
    """Return the same days of the school year before."""
    first, last = _year_earlier(scope.first), _year_earlier(scope.last)
    return replace(scope, year=school_year(first), first=first, last=last)


def is_recorded(first_incident: date | None, since: date) -> bool:
    """Whether records had begun by the first weeks of a period: a school year begins with weeks without incidents."""
    return first_incident is not None and first_incident < since + FIRST_WEEKS


def _year_earlier(day: date) -> date:
    """The same day a year before; of February's last day its last day then."""
    if _next_month(day) - day == timedelta(days=1):
        return _next_month(day.replace(year=day.year - 1, day=1)) - timedelta(days=1)
    return day.replace(year=day.year - 1)


def years_between(first: str, last: str) -> list[str]:
    """Return the school years from one to another, both included, none left out."""
    start, end = int(first[:4]), int(last[:4])
    return [year_named(year) for year in range(start, end + 1)]


def per_100_a_day(incidents: int, students: int, days: int) -> float | None:
    """Return incidents per 100 students per school day; None without students or school days."""
    return 100 * incidents / students / days if students and days else None


def per(number: int, students: int, base: int) -> float | None:
    """Return a number per `base` students; None without students."""
    return base * number / students if students else None


def reference_day(scope: Scope, days: SchoolDays, end: date | None = None) -> date:
    """Return the day on which students are counted: the last school day of the period, up to `end` if one is given
    (that date itself where no school day came before it)."""
    end = scope.last if end is None else end
    last_school_day = days.on_or_before(end)
    return last_school_day if last_school_day >= scope.first else end


def month_ends(scope: Scope, days: SchoolDays) -> list[date]:
    """Return for each month of the period the day on which its students are counted; after the last school day of a
    year, which is when most leave, that is this day."""
    ends = (min(_next_month(first) - timedelta(days=1), scope.last) for first in scope.months())
    return [reference_day(scope, days, end) for end in ends]


def months_of(scope: Scope, by_day: Mapping[date, int], days: SchoolDays, students: Sequence[int]) -> list[Month]:
    """Return the months of a period from incidents by day and students enrolled at each month's end."""
    rows = []
    for first, enrolled in zip(scope.months(), students, strict=True):
        end = min(_next_month(first) - timedelta(days=1), scope.last)
        number = sum(count for day, count in by_day.items() if first <= day <= end)
        school_days = days.between(first - timedelta(days=1), end)
        rows.append(Month(first, number, school_days, enrolled, per_100_a_day(number, enrolled, school_days)))
    return rows


@dataclass(frozen=True)
class Reach:
    """How soon people harmed were reached, in school days; `waiting` are those whose first school day is not over."""

    within_one: int
    of_all: int
    waiting: int
    bands: tuple[int, int, int, int, int]
    """Same day, 1, 2, 3 to 5, 6 and more school days; the rest of `of_all` was not reached."""


def contact_waits_from(days: SchoolDays, today: date) -> date:
    """Return the date from which on people harmed are not counted yet: their first school day is not over."""
    return days.on_or_before(today - timedelta(days=1))


def reach_of(pairs: Iterable[tuple[date, date | None, int]], days: SchoolDays, today: date) -> Reach:
    """Return the reach from (date of the incident, date of contact or None, how many people)."""
    bands = [0, 0, 0, 0, 0]
    waiting = missed = 0
    waits_from = contact_waits_from(days, today)
    for happened, reached, people in pairs:
        # whoever was reached early waits too: with them alone counted, the newest days would always look perfect
        if happened >= waits_from:
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


def is_alike(students: int, others: int) -> bool:
    """Whether a school has about as many students: at least half as many, at most half as many again."""
    return students > 0 and others > 0 and students <= 2 * others <= 3 * students


def outlier(values: Sequence[int | float | None]) -> int | None:
    """Return the place of the one value above three times every other, None when there is none such."""
    known = sorted((value, place) for place, value in enumerate(values) if value is not None)
    if len(known) < 3 or known[-1][0] <= OUTLIER_TIMES * known[-2][0] or known[-2][0] == 0:
        return None
    return known[-1][1]


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


FEWEST: Final = 10
"""Answers, or windows that are over, below which no share is shown: fewer could point to one child."""


@dataclass(frozen=True)
class Piece:
    """What one network (None: schools in none) gives to a whole and to its part, and how much of the whole comes from
    schools with fewer than FEWEST, which do not show the share themselves."""

    network: str | None
    whole: int
    part: int
    small: int

    @property
    def is_shown(self) -> bool:
        """Whether the network's own page shows the share."""
        return self.network is not None and self.whole >= FEWEST and not 0 < self.small < FEWEST


def shown_share(pieces: Sequence[Piece]) -> Share | None:
    """Return the share of all, of one school, one network (given without its name) or the district by network; None
    where there are too few of all, or of those left when every school and network that is shown is subtracted."""
    whole, left = sum(one.whole for one in pieces), sum(one.small for one in pieces if not one.is_shown)
    if whole < FEWEST or 0 < left < FEWEST:
        return None
    return Share(sum(one.part for one in pieces), whole)


@dataclass(frozen=True)
class Hidden:
    """Whose share is not shown: of schools and networks by name, and whether the district's is not."""

    schools: frozenset[int]
    networks: frozenset[str]
    district: bool


def hidden_among(wholes: Mapping[int, tuple[str | None, int]]) -> Hidden:
    """Return whose share is not shown, given each school's network (None: none) and whole.

    A school with fewer than FEWEST is hidden. Where what is left of its network, or of the district, by subtracting
    all that is shown would be fewer than FEWEST, the smallest school that is shown is hidden too, or a network where
    no school is, and not everybody.
    """
    order = sorted((one for one in wholes if wholes[one][1]), key=lambda one: (wholes[one][1], one))
    schools = {one for one in order if wholes[one][1] < FEWEST}
    members: dict[str | None, list[int]] = {}
    for one in order:
        members.setdefault(wholes[one][0], []).append(one)

    def hidden_of(network: str | None) -> int:
        return sum(wholes[one][1] for one in members[network] if one in schools)

    def hide_one_more(candidates: Sequence[int]) -> int | None:
        found = next((one for one in candidates if one not in schools), None)
        schools.update(() if found is None else (found,))
        return found

    named = [name for name in members if name is not None]
    for name in named:
        if 0 < hidden_of(name) < FEWEST:
            hide_one_more(members[name])
    networks = {name for name in named if sum(wholes[one][1] for one in members[name]) < FEWEST}

    def left() -> int:
        return sum(hidden_of(name) for name in members if name is None or name in networks)

    if 0 < left() < FEWEST:
        alone = [one for one in order if wholes[one][0] is None or wholes[one][0] in networks]
        if hide_one_more(alone) is None:
            found = hide_one_more(order)
            rest = sorted(set(named) - networks, key=lambda one: (hidden_of(one), one))
            networks.update(rest[:1] if found is None else (wholes[found][0] or "",))
    is_few = sum(wholes[one][1] for one in order) < FEWEST or 0 < left() < FEWEST
    return Hidden(frozenset(schools), frozenset(networks), is_few)


def shown_of(own: Collection[int], wholes: Mapping[int, tuple[str | None, int]], hidden: Hidden) -> bool:
    """Whether the share of some schools together may be shown to one who sees these alone: neither what is hidden among
    them nor what is hidden beside them in their networks is few."""
    inside = sum(wholes[one][1] for one in own if one in hidden.schools)
    touched = {wholes[one][0] for one in own if one in hidden.schools}
    beside = sum(wholes[one][1] for one in hidden.schools if one not in own and wholes[one][0] in touched)
    enough = sum(wholes[one][1] for one in own if one in wholes) >= FEWEST
    return enough and not 0 < inside < FEWEST and not 0 < beside < FEWEST
