"""The demo district as every person sees it, looked at once for all tests of the web."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from tests.support.databases import Databases
from tests.support.demo import visits_of
from tests.support.pages.crawl import Visit, shape_of
from tests.support.pages.reading import Form


@pytest.fixture(scope="session")
def visits(backend: str, databases: Databases) -> dict[str, list[Visit]]:
    """Every page that links lead to, by role."""
    return visits_of(databases, backend)


@pytest.fixture(scope="session")
def posting_forms(visits: dict[str, list[Visit]]) -> list[tuple[str, str, Form]]:
    """(role, address, form) of every form that posts, each kind once; signing out is left alone."""
    found: dict[tuple[str, frozenset[str]], tuple[str, str, Form]] = {}
    for role, seen in visits.items():
        for visit in seen:
            for form in visit.forms:
                target = shape_of(urljoin(visit.address, form.action or visit.address))
                if form.method == "post" and "sign-out" not in target and "/account" not in target:
                    found.setdefault((target, frozenset(form.names)), (role, visit.address, form))
    return list(found.values())
