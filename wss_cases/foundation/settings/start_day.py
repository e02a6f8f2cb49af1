"""From which day on a setting may change that is kept as one row after another."""

from datetime import date, timedelta
from typing import Final

from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _

FURTHEST: Final = timedelta(days=731)
"""Two years: no change may come before the newest, so a year typed wrongly would freeze the setting for good."""


def check_start(starts_on: date, newest: date | None, today: date) -> None:
    """Raise Refused for a first day that is too far ahead or not after the newest row's."""
    if starts_on > today + FURTHEST:
        raise Refused("starts_on", _("Choose a day at most two years ahead."))
    if newest is not None and starts_on <= newest:
        raise Refused(
            "starts_on", _("A change is kept from %(day)s on. Choose a later day.", day=day_words_with_year(newest))
        )
