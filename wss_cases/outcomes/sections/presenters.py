"""The pages of outcomes as tabs."""

from typing import Any

from flask import url_for

from wss_cases.foundation.i18n import gettext as _
from wss_cases.outcomes.counting.scope.presenters import Shown

Tab = tuple[str, str, bool]


def tabs_of(page: Shown, current: str) -> list[Tab]:
    """Return (words, address, whether it is the current one) of each page about the same year and network."""
    here: dict[str, Any] = {"year": page.scope.year, "network": page.scope.network}
    pages = {
        "overview": (_("Answers"), url_for("outcomes.overview", **here)),
        "repair": (_("Repair"), page.at("repair")),
        "removals": (_("Removals and police"), page.at("removals")),
        "patterns": (_("When and where"), page.at("patterns")),
        "equity": (_("Equity"), url_for("outcomes.equity.table", year=page.scope.year)),
        "climate": (_("Climate survey"), url_for("outcomes.climate.report", year=page.scope.year)),
        "practice": (_("Practice"), url_for("outcomes.practice.report", year=page.scope.year)),
    }
    return [(words, href, name == current) for name, (words, href) in pages.items()]
