"""A written consent of before has no name and no day, and loses nothing on the way back, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.architecture.test_migrations import PLAUSIBLE, engine, plant, run
from tests.support.applications import make_app
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases

BEFORE = "0112"
AT_NIGHT = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
"""On November 24 in Chicago."""


def test_no_day_is_made_up_for_what_was_published_before(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    run(app, "downgrade", BEFORE)
    rows: dict[str, list[dict[str, Any]]] = {
        "school": [{"id": 901}],
        "plan_template": [{"id": 901, "starts_on": date(2031, 8, 1)}],
        "school_plan": [
            {"id": 901, "school_id": 901, "state": "draft", "template_id": 901, "first_year": "2026-27",
             "last_year": "2026-27", "started_at": PLAUSIBLE[datetime]},
        ],
        "plan_publication": [
            {"id": 901, "school_id": 901, "plan_id": 901, "number": 1, "content": {}, "figures": [],
             "figures_year": "2026-27", "written_yes": "Letters in the office", "published_at": AT_NIGHT},
        ],
    }  # fmt: skip
    plant(database, rows)
    run(app, "upgrade")
    pages = sa.table("plan_publication", sa.column("id"), sa.column("agreed", sa.JSON()))
    with engine(database).connect() as connection:
        agreed = connection.scalar(sa.select(pages.c.agreed).where(pages.c.id == 901))
    assert agreed == [["", "Letters in the office", ""]]
    run(app, "downgrade", BEFORE)
    with engine(database).connect() as connection:
        said = connection.scalar(sa.text("SELECT written_yes FROM plan_publication WHERE id = 901"))
    assert said == "Letters in the office"
