"""Pure decisions about what is still in view."""

from datetime import date

from wss_cases.access.actor import STAFF, Role
from wss_cases.foundation.clock import school_year, school_year_bounds

WINDOWED_ROLES = tuple(role for role in Role if role in STAFF)
"""Roles with a visibility window. The district browses no records; it opens one case for a reason."""
MOST_YEARS = 60


def sees_from(school_years: int | None, today: date) -> date | None:
    """Return the first day in view of who has so many school years in view, the current one included."""
    if school_years is None:
        return None
    first, _last = school_year_bounds(school_year(today))
    return first.replace(year=first.year - school_years + 1)
