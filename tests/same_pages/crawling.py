"""Every page that links reach, breadth first and in the order of their addresses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

from lxml import html
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect

NOT_PAGES = ("/static/", "/bootstrap/static/")
_NUMBER = re.compile(r"\d+")


def crawl(get: Callable[[str], Any], routes: MapAdapter, per_route: int, per_filter: int) -> Iterator[tuple[str, Any]]:
    """Yield each address from "/" on with its answer; at most so many of one route, and so many of each of its filters.

    Filters combine into more sets than anybody looks at: an address is left out when each of its filters was met so
    often, alone or beside others. A level of links is finished, in the order of the addresses, before the next begins.
    """
    level, seen, met = ["/"], {"/"}, Counter[str]()
    while level:
        found: set[str] = set()
        for address in level:
            kinds = kinds_of(routes, address)
            if all(met[kind] >= (per_filter if "?" in kind else per_route) for kind in kinds):
                continue
            met.update(kinds)
            answer = get(address)
            yield address, answer
            found.update(links(answer, address))
        level = sorted(found - seen)
        seen |= found


def kinds_of(routes: MapAdapter, address: str) -> set[str]:
    """Return the pattern of an address's route, or where it has a query that pattern with each name of the query.

    An address without a route stands for itself without its numbers.
    """
    parts = urlsplit(address)
    try:
        rule, _values = routes.match(parts.path, method="GET", return_rule=True)
        path = rule.rule
    except RequestRedirect:
        path = parts.path
    except HTTPException:
        path = _NUMBER.sub("N", parts.path)
    names = {name for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
    return {f"{path}?{name}" for name in names} or {path}


def links(answer: Any, address: str) -> set[str]:
    """Return the addresses of this site that an answer leads to: redirect, links, files and searching forms."""
    if target := answer.headers.get("Location"):
        return _own([target], address)
    data = answer.get_data()
    if answer.mimetype != "text/html" or not data:
        return set()
    document = html.document_fromstring(data.decode("utf-8"))
    targets = [element.get("href") for element in document.iter("a", "area") if element.get("href")]
    targets += [
        form.get("action") or address
        for form in document.iter("form")
        if (form.get("method") or "get").lower() == "get"
    ]
    return _own(targets, address)


def _own(targets: list[str], base: str) -> set[str]:
    found = set()
    for target in targets:
        parts = urlsplit(urldefrag(urljoin(f"http://localhost{base}", target))[0])
        if parts.scheme in ("http", "https") and parts.hostname == "localhost":
            address = parts.path + (f"?{parts.query}" if parts.query else "")
            if not address.startswith(NOT_PAGES):
                found.add(address)
    return found
