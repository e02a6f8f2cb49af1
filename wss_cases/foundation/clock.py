"""The only clock. Views and commands read it and pass `now` down."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

EARLIEST_YEAR, LATEST_YEAR = 2000, 2100
"""Between these an address may name a school year or a month."""

_offset_file: Path | None = None


def configure(offset_file: str) -> None:
    """Move the clock of the whole system `N` seconds ahead, as read from a file; only with WSS_ENV=test."""
    global _offset_file
    _offset_file = Path(offset_file) if offset_file else None


def now() -> datetime:
    """Return this instant in UTC."""
    instant = datetime.now(UTC)
    if _offset_file is not None and _offset_file.exists():
        instant += timedelta(seconds=float(_offset_file.read_text(encoding="ascii") or 0))
    return instant


def _first_of_august(year: int) -> date:
    return date(year, 8, 1)


_first_day: Callable[[int], date] = _first_of_august


def begin_years(first_day: Callable[[int], date]) -> None:
    """Install the function that returns the first day of the school year beginning in a calendar year. Called once."""
    global _first_day
    _first_day = first_day


def year_named(first: int) -> str:
    """The school year that begins in a calendar year, written '2026-27'."""
    return f"{first}-{(first + 1) % 100:02d}"


def school_year(day: date) -> str:
    """The school year of a date, written '2026-27'."""
    return year_named(day.year if day >= _first_day(day.year) else day.year - 1)


def school_year_bounds(year: str) -> tuple[date, date]:
    """The first and last date of a school year written '2026-27'. A year ends the day before the next begins.

    Raises ValueError for another spelling.
    """
    first = int(year[:4])
    if len(year) != 7 or year != f"{first:04d}-{(first + 1) % 100:02d}":
        raise ValueError(year)
    return _first_day(first), _first_day(first + 1) - timedelta(days=1)
