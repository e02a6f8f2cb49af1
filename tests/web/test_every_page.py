"""Every page that links lead to, as every demo person: it answers, is sound, and asks the database little."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.support.applications import make_app
from tests.support.crawl import Visit, shape_of, walk
from tests.support.databases import Databases
from tests.support.demo import ROLES, client_of

MOST_STATEMENTS = 30
UNEVEN = 8


@pytest.fixture(scope="module")
def demo_app(backend: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application on a demo district of its own."""
    copy = databases.copy(databases.demo(backend))
    return make_app(copy.url, Path(tmp_path_factory.mktemp("demo")))


@pytest.fixture(scope="module")
def visits(demo_app: Flask) -> dict[str, list[Visit]]:
    """Every page as every person; a client that finds a page unsound fails here."""
    return {role: walk(demo_app, client_of(demo_app, role)) for role in ROLES}


def test_addresses_of_one_page_have_one_shape() -> None:
    assert shape_of("/cases/41?page=2&q=a") == shape_of("/cases/7?page=1&q=b") == "/cases/N?page=&q="


def test_every_link_leads_somewhere(visits: dict[str, list[Visit]]) -> None:
    broken = [
        f"{role}: {visit.address} answers {visit.response.status_code}"
        for role, seen in visits.items()
        for visit in seen
        if visit.response.status_code not in (200, 302, 303)
    ]
    assert not broken, "\n".join(broken)
    assert all(len(seen) >= 2 for seen in visits.values())


def test_no_page_asks_the_database_too_often(visits: dict[str, list[Visit]]) -> None:
    greedy = {
        f"{role}: {visit.shape} takes {len(visit.statements)} statements"
        for role, seen in visits.items()
        for visit in seen
        if len(visit.statements) > MOST_STATEMENTS
    }
    assert not greedy, "\n".join(sorted(greedy))


def test_pages_of_one_shape_take_the_same_statements(visits: dict[str, list[Visit]]) -> None:
    """A page that asks once for each row shows here: two records of one kind differ by many statements."""
    counts: dict[tuple[str, str], list[int]] = {}
    for role, seen in visits.items():
        for visit in seen:
            if visit.response.status_code == 200:
                counts.setdefault((role, visit.shape), []).append(len(visit.statements))
    uneven = [
        f"{role}: {shape} takes {found}"
        for (role, shape), found in counts.items()
        if max(found) - min(found) > UNEVEN
    ]
    assert not uneven, "\n".join(sorted(uneven))
