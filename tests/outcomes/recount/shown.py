"""What the application shows of one district or school: its pages and its reports, read as a reader reads them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import pytest

from tests.outcomes.recount.plain import Plain
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Element

UNDER = ("repair", "removals", "patterns")


def outcome_pages(client: PageClient, query: str = "", names: tuple[str, ...] = ("", *UNDER)) -> Element:
    pages = [client.page(f"/outcomes{name and f'/{name}'}{query}").find_all("main")[0] for name in names]
    pieces: list[str | Element] = [*pages]
    return Element("pages", {}, pages, pieces)


YEAR = "2026-27"


@dataclass
class Shown:
    """The same scope twice: `plain` counts it, the client and the command show it."""

    plain: Plain
    client: PageClient
    command: Any
    code: str | None = None
    read: dict[str, Element] = field(default_factory=dict)
    documents: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def document(self, name: str, year: str = YEAR) -> dict[str, Any]:
        """A report as `flask outcomes report` prints it, made once."""
        if (name, year) not in self.documents:
            school = () if self.code is None else ("--school", self.code)
            words = ["outcomes", "report", name, "--school-year", year, "--format", "json", *school]
            done = self.command.invoke(args=words)
            assert done.exit_code == 0, done.output
            self.documents[name, year] = json.loads(done.stdout)
        return self.documents[name, year]

    @cached_property
    def overview(self) -> Element:
        """The pages of outcomes that hold the measures, one after the other."""
        return outcome_pages(self.client, names=UNDER)

    def report(self, query: str = "") -> Element:
        if query not in self.read:
            self.read[query] = self.client.page(f"/outcomes/incidents?{query}")
        return self.read[query]


def rows(page: Element, *head: str) -> dict[str, list[str]]:
    """Return the rows of the table whose first columns are named so, by their first cell."""
    for found in page.find_all("table"):
        if tuple(one.text for one in found.find_all("thead")[0].find_all("th")[: len(head)]) == head:
            lines = found.find_all("tbody")[0].find_all("tr")
            return {line.find_all("th")[0].text: [cell.text for cell in line.find_all("td")] for line in lines}
    raise AssertionError(f"no table of {head}")


def large(page: Element, label: str) -> tuple[str, str]:
    """Return a figure at the top of a page, and the words under it."""
    for box in page.find_all("div"):
        lines = [one.text for one in box.find_all("p")]
        if "figure-card" in box.get("class") and lines[0] == label:
            return lines[1], lines[2]
    raise AssertionError(f"no figure {label!r}")


def whole(words: str) -> int:
    found = re.search(r"\d[\d,]*", words)
    assert found, words
    return int(found.group().replace(",", ""))


def listed(seen: Shown, address: str) -> list[tuple[str, str]]:
    """Return the (number, tag) of every row of a list, through all of its pages: a row without a name has its number
    alone, any other has it after whom it is about."""
    found: list[tuple[str, str]] = []
    while address:
        main = seen.client.page(address).find_all("main")[0]
        for row in main.find_all("li"):
            parts = {part.get("class").split(" ")[0]: part.text for part in row.find_all("span", "div", "p")}
            if "work-title" in parts:
                number, named, _day = parts.get("meta", "").partition(" · ")
                found.append((number if named else parts["work-title"], parts.get("work-end", "")))
        address = next((link.get("href") for link in main.find_all("a") if link.get("rel") == "next"), "")
    return found


def day_words(day: Any) -> str:
    """A date as lists write it."""
    on = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{on:%a}, {on:%b} {on.day}, {on.year}"


def same(what: str, shown: Any, counted: Any) -> None:
    """Fail when what is shown is not what was counted."""
    if isinstance(counted, float):
        assert shown == pytest.approx(counted), f"{what}: shown {shown}, counted {counted}"
    else:
        assert shown == counted, f"{what}: shown {shown}, counted {counted}"


def rounded(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def percent(part: int, of: int) -> str:
    return "–" if not of else f"{round(100 * part / of)}%"
