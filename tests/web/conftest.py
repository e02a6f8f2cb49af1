"""The demo district as every person sees it, looked at once for all tests of the web."""

from __future__ import annotations

import pytest

from tests.support.applications import make_app
from tests.support.crawl import Visit, walk
from tests.support.databases import Databases
from tests.support.demo import ROLES, client_of


@pytest.fixture(scope="session")
def visits(
    backend: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Visit]]:
    """Every page that links lead to, by role; a client that finds a page unsound fails here."""
    copy = databases.copy(databases.demo(backend))
    app = make_app(copy.url, tmp_path_factory.mktemp("visits"))
    return {role: walk(app, client_of(app, role)) for role in ROLES}
