"""The day and the district of the tests of files for analysts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.outcomes.exports.analyst_files.district import ClientAs, District


@pytest.fixture(autouse=True)
def moment(session: Any, at: Callable[..., Any]) -> Callable[..., Any]:
    at("2026-11-24 10:00")
    return at


@pytest.fixture
def made(client_as: ClientAs) -> District:
    return District(client_as)
