"""Whoever opens pages for the bench says why they could not sign in."""

from __future__ import annotations

import pytest

from tests.bench.person import Person


def test_a_database_of_another_release_is_said_to_be_one() -> None:
    body = b"<h1>Back in a moment</h1><p>Run <code>flask db upgrade</code></p>"
    with pytest.raises(RuntimeError, match=r"answers 503: Back in a moment Run flask db upgrade"):
        Person(lambda *_asked: (503, [], body), "reporter@demo.example", "")
