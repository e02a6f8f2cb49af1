"""A log that has old months."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.journal.audit.months import LATER, NOW, OLD, write
from wss_cases.journal.audit.actions import seal


@pytest.fixture
def grown(session: Any, at: Callable[..., datetime]) -> Any:
    """A log with rows of two months of long ago, sealed in the order of their numbers, and one of today."""
    at("2014-04-02 10:00")
    for number in range(6):
        write((OLD, LATER)[number % 2], number)
    seal(LATER)
    at(f"{NOW:%Y-%m-%d %H:%M}", "UTC")
    write(NOW, 7)
    seal(NOW)
    return session
