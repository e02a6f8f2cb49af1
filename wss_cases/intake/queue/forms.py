"""What narrows the review queue: every answer stands in the address and may be left open."""

from collections.abc import Mapping

from wss_cases.foundation.forms import AskingForm, choices, select
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.incidents.incident.states import Tile
from wss_cases.intake.queue.queries import DANGER, DUTY, MINE, UNASSIGNED, Narrow

ANY = ("", _l("Any"))
DAYS = (1, 2, 5, 10)


class NarrowForm(AskingForm):
    """Kind, place and how long it has waited."""

    kind = select(_l("What happened"), [ANY, *Tile.labels().items()])
    place = select(_l("Where"))
    days = select(_l("Waiting"))

    def offer(self, places: Mapping[str, str]) -> None:
        """Offer the places of the list by code, and numbers of days."""
        self.place.choices = choices([ANY, *places.items()])
        waits = ((str(number), days_words(number)) for number in DAYS)
        self.days.choices = choices([ANY, *waits])


def days_words(number: int) -> str:
    """Return how long a report has waited at least."""
    return ngettext("%(num)d day or longer", "%(num)d days or longer", number)


def narrow_of(arguments: dict[str, str]) -> Narrow:
    """Return what an address narrows the queue to; what it cannot mean narrows nothing."""
    whose, first, kind = (arguments.get(name, "") for name in ("whose", "first", "kind"))
    days = id_in(arguments.get("days"))
    return Narrow(
        whose=whose if whose in (MINE, UNASSIGNED) else "",
        first=first if first in (DANGER, DUTY) else "",
        kind=kind if kind in set(Tile) else "",
        place=arguments.get("place", "")[:60],
        days=days if days is not None and days <= 366 else None,
    )


def first_words(first: str) -> str:
    """Return what the urgent part of the queue is called."""
    return {DANGER: _("Danger or a weapon"), DUTY: _("Legal duties")}.get(first, "")
