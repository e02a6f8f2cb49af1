"""The school of the intake tests."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.intake.making import WALL, Place


@pytest.fixture
def place(session: Any, at: Callable[..., Any]) -> Place:
    at(WALL)
    return Place()
