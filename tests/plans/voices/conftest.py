"""The day of a council's vote."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plans.voices.making import Scene


@pytest.fixture
def scene(session: Any, at: Any) -> Scene:
    return Scene(at("2026-11-24 15:00"))
