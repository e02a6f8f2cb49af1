"""What tests of outcomes share."""

from __future__ import annotations

from typing import Any

import pytest

from tests.outcomes.making.small_district import Made
from wss_cases.foundation.db import db


@pytest.fixture
def made(at: Any, session: Any) -> Made:
    """Two schools and a term, the first in a network."""
    at("2026-11-24 10:00")
    made = Made(seed=7, incidents=90)
    made.schools[0].network = "Network 1"
    db.session.commit()
    return made
