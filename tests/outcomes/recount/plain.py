"""What the second count is written with: plain SQL over the tables, and nothing of the application's own queries.

A few functions have two spellings, for SQLite and PostgreSQL name the same thing differently.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text

from wss_cases.foundation.db import db

ACTED = "('caused_harm', 'both')"
HARMED = "('harmed', 'both')"
WINTERS = (("2025-11-02 07:00", "2026-03-08 08:00"), ("2026-11-01 07:00", "2027-03-14 08:00"))
"""When Chicago is six hours behind UTC; five otherwise."""


@dataclass(frozen=True)
class Plain:
    """One school (None: all, or those of a network) and days of the school year, as SQL conditions; `by_district`: its
    school days are the district's, as where schools stand side by side."""

    school_id: int | None = None
    first: str = "2026-08-01"
    last: str = "2026-11-24"
    network: str | None = None
    today: str = "2026-11-24"
    by_district: bool = False

    def a_year_before(self) -> Plain:
        """The same part of the year before: as many school days, with what had been done by its last one."""
        first, so_many = _earlier(self.first), self.school_days()
        counted = f"select c.day, row_number() over (order by c.day) n from calendar_day c where {self.school_day()}"
        last = str(number(f"select x.day from ({counted} and c.day >= '{first}') x where x.n = {so_many}"))
        return replace(self, first=first, last=last, today=last)

    def had_time(self, day: str, school_days: int) -> str:
        """Whether so many school days after a date were over before today."""
        gone_by = f"h.day > {day} and h.day < '{self.today}'"
        return f"(select count(*) from calendar_day h where {self.school_day('h')} and {gone_by}) >= {school_days}"

    def at(self, column: str) -> str:
        """The rows of these schools."""
        if self.network:
            return f"{column} in (select id from school where network = '{self.network}')"
        return "1 = 1" if self.school_id is None else f"{column} = {self.school_id}"

    def of(self, row: str, day: str) -> str:
        """The rows of these schools and days."""
        return f"{self.at(f'{row}.school_id')} and {row}.{day} between '{self.first}' and '{self.last}'"

    @property
    def incidents(self) -> str:
        """Every incident `i` that counts."""
        return f"i.state <> 'duplicate' and i.outcome_reason <> 'withdrawn' and {self.of('i', 'local_date')}"

    def school_day(self, row: str = "c") -> str:
        """Whether a row of the calendar is a school day here: what a school says of a day overrules the district."""
        if self.school_id is None or self.by_district:
            return f"{row}.kind <> 'closed' and {row}.school_id is null"
        own = f"select 1 from calendar_day o where o.school_id = {self.school_id} and o.day = {row}.day"
        mine = f"{row}.school_id = {self.school_id} or ({row}.school_id is null and not exists ({own}))"
        return f"{row}.kind <> 'closed' and ({mine})"

    def days(self, after: str, until: str) -> str:
        """How many school days lie after one date, up to and with another."""
        between = f"c.day > {after} and c.day <= {until}"
        return f"(select count(*) from calendar_day c where {self.school_day()} and {between})"

    def last_school_day(self, until: str) -> str:
        """The last school day up to a date."""
        return f"(select max(c.day) from calendar_day c where {self.school_day()} and c.day <= '{until}')"

    def students(self, on: str, more: str = "1 = 1") -> int:
        """How many enrolments stand on the last school day up to a date."""
        day = self.last_school_day(on)
        return number(
            f"select count(*) from enrolment e where {self.at('e.school_id')} and {more} and e.starts_on <= {day} "
            f"and (e.ends_on is null or e.ends_on >= {day})"
        )

    def school_days(self) -> int:
        """How many school days the period had."""
        return int(
            number(
                f"select count(*) from calendar_day c where {self.school_day()} "
                f"and c.day between '{self.first}' and '{self.last}'"
            )
        )


def _earlier(day: str) -> str:
    return f"{int(day[:4]) - 1}{day[4:]}"


def is_postgresql() -> bool:
    """Which of the two databases answers."""
    return db.engine.dialect.name == "postgresql"


def table(sql: str) -> list[Any]:
    return list(db.session.execute(text(sql)))


def number(sql: str) -> Any:
    return db.session.execute(text(sql)).scalar_one()


def pairs(sql: str) -> dict[str, int]:
    """Key to number; what has no key stands under ''."""
    return {"" if row[0] is None else str(row[0]): int(row[1]) for row in table(sql)}


def local(column: str, what: str) -> str:
    """The `date`, `hour` or `minute` that the clock in Chicago shows at an instant."""
    if is_postgresql():
        wall = f"({column} at time zone 'America/Chicago')"
        return f"cast({wall} as date)" if what == "date" else f"cast(extract({what} from {wall}) as integer)"
    winter = " or ".join(f"({column} >= '{begins}' and {column} < '{ends}')" for begins, ends in WINTERS)
    hours = f"case when {winter} then '-6 hours' else '-5 hours' end"
    if what == "date":
        return f"date({column}, {hours})"
    return f"cast(strftime('%{'H' if what == 'hour' else 'M'}', {column}, {hours}) as integer)"


def weekday(day: str) -> str:
    if is_postgresql():
        return f"(cast(extract(isodow from {day}) as integer) - 1)"
    return f"((cast(strftime('%w', {day}) as integer) + 6) % 7)"


def part(what: str, day: str) -> str:
    """The `year`, `month` or `day` of a date."""
    if is_postgresql():
        return f"cast(extract({what} from {day}) as integer)"
    return f"cast(strftime('%{ {'year': 'Y', 'month': 'm', 'day': 'd'}[what] }', {day}) as integer)"


def days_between(start: str, end: str) -> str:
    """How many days lie between two dates."""
    return f"({end} - {start})" if is_postgresql() else f"cast(julianday({end}) - julianday({start}) as integer)"


def later(day: str, days: str) -> str:
    """A date so many days later."""
    return f"({day} + cast({days} as integer))" if is_postgresql() else f"date({day}, ({days}) || ' days')"
