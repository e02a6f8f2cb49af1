"""Where the money of a plan comes from, and what the timeline says of it."""

from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class FundingSource(Labelled):
    """Where money comes from."""

    FORMER_POLICE = "former_police", _l("Former school police money")
    DISTRICT = "district", _l("District")
    GRANT = "grant", _l("Grant")
    IN_KIND = "in_kind", _l("In-kind")


SENTENCES: dict[str, Any] = {
    "funding.added": (_l("Funding added: %(source)s"), {"source": FundingSource.labels()}),
    "funding.changed": (_l("Funding changed: %(source)s"), {"source": FundingSource.labels()}),
    "funding.change_asked": _l("Asked to change former school police money"),
    "funding.change_made": _l("Former school police money changed by two people"),
    "funding.change_refused": _l("The change of former school police money was not made"),
}
