"""A school with one case on a Tuesday in November, for its follow-ups."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.making import World, make_world


@pytest.fixture
def world(session: Any, at: Any) -> World:
    at("2026-11-24 10:00")
    return make_world()
