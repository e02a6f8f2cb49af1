"""What stood in plans before: a written consent without name and day, and who moved a plan last, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.architecture.test_migrations import PLAUSIBLE, engine, plant, run
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.foundation.db import UtcDateTime

pytestmark = pytest.mark.both_databases

BEFORE = "0112"
AT_NIGHT = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
"""On November 24 in Chicago."""
LATER = datetime(2026, 11, 26, 15, tzinfo=UTC)
MOVES = (
    (901, 901, "plan.moved", AT_NIGHT, None),
    (902, 901, "plan.moved", LATER, 901),
    (903, 901, "plan.answered", PLAUSIBLE[datetime], None),
    (904, 902, "plan.moved", LATER, 999),
)


def test_no_day_is_made_up_for_what_was_published_and_who_moved_a_plan_last_stays_known(
    database: Database, tmp_path: Path
) -> None:
    app = make_app(database.url, tmp_path)
    run(app, "downgrade", BEFORE)
    rows: dict[str, list[dict[str, Any]]] = {
        "school": [{"id": 901}],
        "user_account": [{"id": 901, "email": "head@district.example"}],
        "timeline_entry": [
            {"id": number, "subject_type": "school_plan", "subject_id": plan, "kind": kind, "at": at, "actor_id": actor}
            for number, plan, kind, at, actor in MOVES
        ],
        "plan_template": [{"id": 901, "starts_on": date(2031, 8, 1)}],
        "school_plan": [
            {"id": number, "school_id": 901, "state": "draft", "template_id": 901, "first_year": "2026-27",
             "last_year": "2026-27", "started_at": PLAUSIBLE[datetime], "number": number - 900}
            for number in (901, 902)
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
        plans = sa.table("school_plan", *map(sa.column, ("id", "moved_by_id")), sa.column("moved_at", UtcDateTime()))
        moved = connection.execute(sa.select(plans).order_by(plans.c.id)).all()
    assert agreed == [["", "Letters in the office", ""]]
    assert [tuple(row) for row in moved] == [(901, 901, LATER), (902, None, LATER)], "999 has no account any more"
    run(app, "downgrade", BEFORE)
    with engine(database).connect() as connection:
        said = connection.scalar(sa.text("SELECT written_yes FROM plan_publication WHERE id = 901"))
    assert said == "Letters in the office"
