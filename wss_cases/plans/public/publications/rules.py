"""The district's switch for public pages, and the plain form of a page's figures. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from wss_cases.foundation.settings.stored import StoredSetting, fixed
from wss_cases.plans.public.figures.rules import Published

ON, OFF = "on", "off"
PUBLIC_PAGES: Final = StoredSetting("public_plan_pages", lambda text: text == ON, fixed(False))
"""Whether schools of the district may publish their plans; each school then publishes its own, or does not."""


def as_plain(published: Iterable[Published]) -> list[Any]:
    """Return figures as they are stored."""
    return [[one.name, one.number, one.as_of.isoformat()] for one in published]


def from_plain(rows: Iterable[Any]) -> list[Published]:
    """Return the figures that were stored."""
    return [Published(name, number, date.fromisoformat(day)) for name, number, day in rows]
