"""The demo district as every person sees it, looked at once for all tests of the web."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from tests.support.applications import make_app
from tests.support.databases import Databases
from tests.support.demo import ROLES, client_of
from tests.support.pages.crawl import Visit, shape_of, walk
from tests.support.pages.reading import Form


@pytest.fixture(scope="session")
def visits(backend: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Visit]]:
    """Every page that links lead to, by role; a client that finds a page unsound fails here."""
    copy = databases.copy(databases.demo(backend))
    app = make_app(copy.url, tmp_path_factory.mktemp("visits"))
    return {role: walk(app, client_of(app, role)) for role in ROLES}


@pytest.fixture(scope="session")
def posting_forms(visits: dict[str, list[Visit]]) -> list[tuple[str, str, Form]]:
    """(role, address, form) of every form that posts, each kind once; signing out is left alone."""
    found: dict[tuple[str, frozenset[str]], tuple[str, str, Form]] = {}
    for role, seen in visits.items():
        for visit in seen:
            for form in visit.forms if visit.response.mimetype == "text/html" else []:
                target = shape_of(urljoin(visit.address, form.action or visit.address))
                if form.method == "post" and "sign-out" not in target and "/account" not in target:
                    found.setdefault((target, frozenset(form.names)), (role, visit.address, form))
    return list(found.values())
