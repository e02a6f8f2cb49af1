"""What the stories in the browser share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.practice.rows import PREFIX, Note


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Note:
    """`note(row, figure)`: what was counted for a row of the table of goals goes along with the test's report."""
    return lambda row, figure: record_property(f"{PREFIX}{row}", figure)
