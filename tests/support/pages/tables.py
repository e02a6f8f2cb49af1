"""Lists that are tables, as tests read them: rows by the words of their columns."""

from __future__ import annotations

from tests.support.pages.reading import Element


def list_of(page: Element) -> Element | None:
    """Return the table of a list's page; None where the list is empty."""
    return next((one for one in page.find_all("table") if "list-table" in one.get("class").split()), None)


def heads_of(page: Element) -> list[str]:
    table = list_of(page)
    return [head.text for head in table.find_all("thead")[0].find_all("th")] if table else []


def rows_of(page: Element) -> list[dict[str, str]]:
    """Return the rows of a list, by the words of its columns; of a name that leads somewhere the name alone."""
    table = list_of(page)
    if table is None:
        return []
    rows = [row for row in table.find_all("tr")[1:] if "under" not in row.get("class").split()]
    return [dict(zip(heads_of(page), map(_words, row.children), strict=True)) for row in rows]


def _words(cell: Element) -> str:
    names = [part for link in cell.find_all("a") for part in link.find_all("bdi")]
    return names[0].text if names else cell.text
