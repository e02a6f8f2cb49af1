"""A removal in a line, on screen and in the notice to the family."""

from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.safeguards.discipline.removals.models import DisciplineAction, DisciplineVersion
from wss_cases.safeguards.discipline.removals.states import DisciplineKind


def number_of_days(days: int) -> str:
    """Return school days in words; none is written as 0, not left out."""
    return ngettext("%(num)d school day", "%(num)d school days", days)


def what_words(row: DisciplineAction) -> str:
    """Return what a removal is called where it is shown by itself; an emergency removal is no suspension."""
    return _("Emergency removal") if row.analysis else str(DisciplineKind(row.kind).label)


def span_words(row: DisciplineAction | DisciplineVersion, what: str = "") -> str:
    """Return a removal's kind, or what else it is called, with its days and dates in a line."""
    first = day_words_with_year(row.starts_on)
    when = first if row.days == 1 else _("from %(first)s on", first=first)
    if row.ends_on is not None and row.ends_on != row.starts_on:
        when = _("%(first)s to %(last)s", first=first, last=day_words_with_year(row.ends_on))
    return f"{what or DisciplineKind(row.kind).label} · {number_of_days(row.days)} · {when}"
