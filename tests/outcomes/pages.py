"""The pages of outcomes read as one: the first screen and those under it."""

from __future__ import annotations

from tests.support.pages.client import PageClient
from tests.support.pages.reading import Element

UNDER = ("repair", "removals", "patterns")


def outcome_pages(client: PageClient, query: str = "", names: tuple[str, ...] = ("", *UNDER)) -> Element:
    """Return the main parts of the pages, one after the other."""
    pages = [client.page(f"/outcomes{name and f'/{name}'}{query}").find_all("main")[0] for name in names]
    pieces: list[str | Element] = [*pages]
    return Element("pages", {}, pages, pieces)
