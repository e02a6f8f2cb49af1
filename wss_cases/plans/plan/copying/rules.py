"""Pure: where a day of an earlier plan falls in a later one."""

from datetime import date

from wss_cases.foundation.clock import school_year_bounds


def moved_day(day: date, from_year: str, to_year: str, last_year: str) -> date:
    """Return a day as many years later as the plan is, within the plan's years."""
    begins, _end = school_year_bounds(to_year)
    _start, ends = school_year_bounds(last_year)
    years = begins.year - school_year_bounds(from_year)[0].year
    try:
        later = day.replace(year=day.year + years)
    except ValueError:  # the last day of February
        later = day.replace(year=day.year + years, day=28)
    return min(max(later, begins), ends)
