"""Over which days a replay may go."""

from datetime import date
from typing import Final

from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _

FIRST_DAY: Final = date(2000, 8, 1)
"""No report is older, and no school year before it has figures of the groups that are too small to show."""


def check_days(
    first: date | None, last: date | None, today: date, names: tuple[str, str] = ("first_day", "last_day")
) -> None:
    """Raise Refused, under the name of the field, for days before FIRST_DAY or to come and for an end before the start.

    A day that is None is open.
    """
    for name, day in zip(names, (first, last), strict=True):
        if day is not None and not FIRST_DAY <= day <= today:
            words = {"first": day_words_with_year(FIRST_DAY), "last": day_words_with_year(today)}
            raise Refused(name, _("Choose a day from %(first)s to %(last)s.", **words))
    if first is not None and last is not None and last < first:
        raise Refused(names[1], _("The last day must not be before the first."))
