"""Leafing through a list, page by page, by the link that leads on."""

from __future__ import annotations

from typing import Any

MOST_PAGES = 20


def leaf(client: Any, address: str, leads_to: str) -> list[list[str]]:
    """Return on each page of a list, as its readers leaf through it, the links that lead to its rows."""
    pages: list[list[str]] = []
    while address:
        links = [(one.get("href") or "", one.get("rel") or "") for one in client.page(address).find_all("a")]
        pages.append(
            [href for href, _rel in links if href.startswith(leads_to) and href[len(leads_to) :][:1].isdigit()]
        )
        address = next((href for href, rel in links if rel == "next"), "")
        assert len(pages) < MOST_PAGES, "a list that does not end"
    return pages
