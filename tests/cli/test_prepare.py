"""`flask prepare`, which `make run` begins with: from a database without a schema to people who can sign in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.accounts.sign_in.test_password import sign_in
from tests.support.applications import make_app, people_client
from tests.support.databases import DEMO_PASSWORD, Database
from wss_cases.cli import prepare
from wss_cases.foundation.db import db

TINY = ("--schools", "1", "--students", "40", "--incidents", "12", "--years", "1", "--seed", "1")


def test_nothing_becomes_a_district_once(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Takes some seconds: the schema is made, and people live through a tiny district."""
    monkeypatch.setattr(prepare, "SMALL_DISTRICT", TINY)
    app = make_app(empty_database.url, tmp_path, WSS_DEMO_PASSWORD=DEMO_PASSWORD)
    with app.app_context():
        first = app.test_cli_runner().invoke(args=["prepare"])
    assert first.exit_code == 0, first.output
    assert "40 students, 12 incidents" in first.output
    with app.app_context():
        again = app.test_cli_runner().invoke(args=["prepare"])
    assert again.exit_code == 0 and "Loaded" not in again.output
    for words in (first.output, again.output):
        assert "dean@demo.example" in words and DEMO_PASSWORD in words
    assert sign_in(people_client(app), "dean@demo.example", DEMO_PASSWORD).status_code == 303
    with app.app_context():
        db.engine.dispose()
