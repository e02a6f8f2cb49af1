"""The trainings that keepers of circles had move in with their ids, and out again, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.architecture.test_migrations import VERSIONS, engine, plant, run
from tests.support.applications import make_app
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases

MOVING = next(VERSIONS.glob("*_training.py")).name[:4]
BEFORE, AT = f"{int(MOVING) - 1:04d}", datetime(2026, 9, 2, 12, tzinfo=UTC)
SHARED = "id, school_id, user_id, {}, provider, completed_on, valid_until, recorded_by_id"


def rows(database: Database, table: str, topic: str) -> list[tuple[object, ...]]:
    with engine(database).connect() as connection:
        found = connection.execute(sa.text(f"SELECT {SHARED.format(topic)} FROM {table} ORDER BY id"))
        return [tuple(str(value) for value in row) for row in found]


def test_every_training_of_a_keeper_moves_in_and_out_again(empty_database: Database, tmp_path: Path) -> None:
    """It migrates an empty database to the revision before, which takes most of its time."""
    app = make_app(empty_database.url, tmp_path)
    run(app, "upgrade", BEFORE)
    one = {"school_id": 1, "user_id": 1, "completed_on": date(2026, 9, 1), "recorded_at": AT}
    plant(
        empty_database,
        {
            "school": [{"id": 1, "name": "Willow"}],
            "user_account": [{"id": 1, "email": "keeper@district.example", "name": "Cora"}],
            "keeper_training": [
                {"id": 3, "kind": "circle_keeping", "provider": "Peace Center", "recorded_by_id": 1, **one},
                {"id": 7, "kind": "de_escalation", "valid_until": date(2026, 12, 1), **one},
                {"id": 8, "kind": "mentoring", **one},
                {"id": 9, "kind": "restorative_practice", **one},
            ],
            "timeline_entry": [
                {"id": 1, "subject_type": "keeper_training", "subject_id": 3, "kind": "circle.training_recorded"}
            ],
        },
    )
    before = rows(empty_database, "keeper_training", "kind")
    assert len(before) == 4
    run(app, "upgrade")
    assert rows(empty_database, "training_record", "topic") == before
    with engine(empty_database).begin() as connection:
        assert connection.scalar(sa.text("SELECT subject_type FROM timeline_entry")) == "training_record"
        made = connection.execute(
            sa.text(
                "INSERT INTO training_record (school_id, user_id, topic, completed_on, recorded_at)"
                " VALUES (1, 1, 'bias', '2026-09-01', '2026-09-02') RETURNING id"
            )
        )
        assert made.scalar_one() > 9, "the next id is nobody else's"
    run(app, "downgrade", BEFORE)
    assert rows(empty_database, "keeper_training", "kind") == before
    run(app, "upgrade")
    assert rows(empty_database, "training_record", "topic") == before
