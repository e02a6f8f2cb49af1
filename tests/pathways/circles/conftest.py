"""What every test of circles begins with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cases.making import World, make_world


@pytest.fixture
def world(session: Any, at: Callable[..., Any]) -> World:
    """A school with a case of two students, on the morning of a school day; a test file may have its own."""
    at("2026-11-24 10:00")
    return make_world()
