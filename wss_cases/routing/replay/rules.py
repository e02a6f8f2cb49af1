"""Over which days a replay may go, and what may be shown of groups: shares in steps of five percent, never counts, and
none of a small group. Counts of a group, or exact shares, could be subtracted from those of another replay a day
longer, and tell what became of one child. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.rooms import SmallestGroups

FIRST_DAY: Final = date(2000, 8, 1)
"""No report is older, and no school year before it has figures of the groups that are too small to show."""
STEP: Final = 5


def check_days(
    first: date | None, last: date | None, today: date, names: tuple[str, str] = ("first_day", "last_day")
) -> None:
    """Raise Refused, under the name of the field, for days before FIRST_DAY or to come and for an end before the start.
    A day that is None is open."""
    for name, day in zip(names, (first, last), strict=True):
        if day is not None and not FIRST_DAY <= day <= today:
            words = {"first": day_words_with_year(FIRST_DAY), "last": day_words_with_year(today)}
            raise Refused(name, _("Choose a day from %(first)s to %(last)s.", **words))
    if first is not None and last is not None and last < first:
        raise Refused(names[1], _("The last day must not be before the first."))


def shares(parts: Mapping[str, Sequence[int]], fewest: SmallestGroups) -> dict[str, int | None]:
    """Return the share of each group that would have been routed differently, in percent; None: withheld.

    A group is withheld with too few parts, or with too few of them changed or unchanged; and never one alone, because
    the whole is known: then the smallest of the others goes with it. Where nothing changed at all nothing is hidden.
    """
    if not any(changed for _all, changed in parts.values()):
        return dict.fromkeys(parts, 0)
    held = {
        value
        for value, (every, changed) in parts.items()
        if every < fewest.group or min(changed, every - changed) < fewest.cell
    }
    if len(held) == 1:
        others = sorted((every, value) for value, (every, _changed) in parts.items() if value not in held)
        held |= {value for _every, value in others[:1]}
    return {
        value: None if value in held else STEP * round(100 * changed / every / STEP)
        for value, (every, changed) in parts.items()
    }
