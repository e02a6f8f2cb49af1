"""The demo district as every person sees it, looked at once for all tests of the web."""

from __future__ import annotations

import pytest

from tests.support.databases import Databases
from tests.support.demo import forms_that_post, visits_of
from tests.support.pages.crawl import Visit
from tests.support.pages.reading import Form


@pytest.fixture(scope="session")
def visits(backend: str, databases: Databases) -> dict[str, list[Visit]]:
    """Every page that links lead to, by role."""
    return visits_of(databases, backend)


@pytest.fixture(scope="session")
def posting_forms(visits: dict[str, list[Visit]]) -> list[tuple[str, str, Form]]:
    """(role, address, form) of every form that posts, each kind once; signing out is left alone."""
    return forms_that_post(visits)
