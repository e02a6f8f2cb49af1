"""Walking the whole site as one person, by its links alone."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

from flask import Flask, template_rendered
from sqlalchemy import event
from werkzeug.datastructures import Headers

from tests.support.depth import in_turn
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Element, Form, forms, parse
from wss_cases.foundation.db import db

NUMBER = re.compile(r"\d+")
TOKEN = re.compile(r"(?<==)[^&]+")
COMBINING = frozenset({"/outcomes/incidents"})
"""Pages whose links add one filter to any others: with whatever filters, each is one page."""
FILTERED = frozenset({"/incidents", "/outcomes/lists/reports.csv", "/outcomes/lists/reports.xlsx"})
"""Lists, and their files, whose links add one filter to any others: each filter is looked at, alone or beside others,
not every set."""
SAMPLES = 2
ALWAYS = 10
"""Pages that everyone looks at, however many have seen them."""
WRITES = re.compile(r"(?:^|\bAS\s*\()\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)
"""Where a statement writes, by itself or in a part of it, and into which table."""


@dataclass(frozen=True)
class Answer:
    """What came back, as plain values."""

    status_code: int
    mimetype: str
    headers: Headers
    data: bytes


@dataclass(frozen=True)
class Visit:
    """One answer: where, what, its templates and the statements it took; of a page what it is made of."""

    address: str
    shape: str
    response: Answer
    templates: tuple[str, ...]
    statements: tuple[str, ...]
    forms: tuple[Form, ...]
    markup: frozenset[tuple[str, str]]
    """The kinds of elements on the page: pages that differ here need looking at separately."""

    @property
    def is_page(self) -> bool:
        """Whether it is HTML, and there."""
        return self.response.status_code == 200 and self.response.mimetype == "text/html"

    @property
    def document(self) -> Element:
        """The parsed page."""
        return parse(self.response.data.decode("utf-8", "replace"))


def shape_of(address: str) -> str:
    """Return an address with its numbers and query values taken out: pages of one shape are one page."""
    parts = urlsplit(address)
    if parts.path in COMBINING:
        return parts.path
    return NUMBER.sub("N", parts.path) + ("?" + TOKEN.sub("", parts.query) if parts.query else "")


def kinds_of(address: str) -> set[str]:
    """Return what a page shows an example of: its shape, or each of its filters."""
    parts = urlsplit(address)
    if parts.path in FILTERED and parts.query:
        return {f"{parts.path}?{name}" for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
    return {shape_of(address)}


def links(document: Element, base: str) -> Iterator[str]:
    """Return the addresses on this site that a page links to, and where its searching forms lead."""
    for element in document.find_all("a", "form"):
        if element.tag == "form" and (element.get("method") or "get").lower() != "get":
            continue
        target = element.get("href") if element.tag == "a" else element.get("action")
        joined = urldefrag(urljoin(base, target))[0]
        if not urlsplit(target).scheme and not urlsplit(target).netloc and "download" not in element.attributes:
            yield joined


def walk(
    app: Flask,
    client: PageClient,
    start: str = "/",
    limit: int = 1000,
    samples: int = SAMPLES,
    known: frozenset[str] = frozenset(),
) -> list[Visit]:
    """Return a visit to each page that can be reached from `start`, at most so many of one kind. Where not everything
    is proven, a second one is looked at of a sixth of the kinds, and a sixth of what is of `known` kinds alone."""
    queue, seen = [start], {start}
    visits: list[Visit] = []
    met = Counter[str]()
    while queue and len(visits) < limit:
        address = queue.pop(0)
        kinds, shape = kinds_of(address), shape_of(address)
        if all(met[kind] >= _wanted(kind, samples) for kind in kinds):
            continue
        met.update(kinds)
        # whoever comes late goes at least from home into a few rooms
        if len(visits) > ALWAYS and known >= kinds and not _in_sixth(shape):
            continue
        visit = look(app, client, address)
        visits.append(visit)
        if visit.response.mimetype == "text/html":
            target = visit.response.headers.get("Location")
            fresh = [urljoin(address, target)] if target else list(links(visit.document, address))
            queue += [found for found in dict.fromkeys(fresh) if found not in seen]
            seen.update(fresh)
    return visits


def _wanted(kind: str, samples: int) -> int:
    """Return how many pages of a kind are looked at: of five kinds in six one, where not everything is proven."""
    return samples if _in_sixth(kind) else 1


def _in_sixth(kind: str) -> bool:
    return in_turn(zlib.crc32(kind.encode()), 6)


def look(app: Flask, client: PageClient, address: str) -> Visit:
    """GET one page, redirects not followed, noting its templates and statements."""
    templates: list[str] = []
    statements: list[str] = []

    def rendered(_sender: Any, template: Any, **_more: Any) -> None:
        templates.append(template.name or "")

    def executed(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", executed)
    try:
        with template_rendered.connected_to(rendered, app):
            response = client.get(address)
    finally:
        event.remove(engine, "before_cursor_execute", executed)
    answer = Answer(response.status_code, response.mimetype or "", response.headers, response.data)
    root = parse(response.get_data(as_text=True)) if response.mimetype == "text/html" else Element("document", {})
    kinds = frozenset((element.tag, element.get("class")) for element in root.find_all())
    return Visit(address, shape_of(address), answer, tuple(templates), tuple(statements), tuple(forms(root)), kinds)
