"""The upgrade to version 3 where a district had changed rows: what is in force, and what the district has to decide."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.architecture.test_migrations import VERSIONS, engine, run
from tests.routing.first_rules.rule_set import first_rows, stored_rows
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.routing.engine.check import check_table
from wss_cases.routing.engine.table import read_table

BEFORE = f"{int(next(VERSIONS.glob('*_third_rule_set.py')).name[:4]) - 1:04d}"
NAME = "2026-1"


def of_a_district() -> list[dict[str, Any]]:
    """Return version 2 as a district changed it: rows changed, a row of its own, and one it took out."""
    rows = copy.deepcopy(stored_rows(2))
    rows["P9"]["items"][1]["start"] = 1
    rows["P6"]["items"][0]["start"] = 3
    rows["H2"]["until"]["en"] = "the families have met"
    rows["D6"]["clock"]["en"] = "12 hours"
    rows["F4"]["school_days"] = [2]
    del rows["P16"]
    own = copy.deepcopy(rows["F8"]) | {"id": "F20", "rule": "F20", "school_days": [4]}
    own["when"] = {"fact": "place", "op": "is", "value": "off_campus"}
    return [*rows.values(), own]


def versions(database: Database) -> list[tuple[int, str, dict[str, Any], str]]:
    """Return number, state, rows by id and note of every rule set, oldest first."""
    statement = sa.text("SELECT number, state, table_rows, note FROM routing_rule_set ORDER BY number")
    with engine(database).connect() as connection:
        found = connection.execute(statement).all()
    whole = [
        (number, state, value if isinstance(value, dict) else json.loads(value), note)
        for number, state, value, note in found
    ]
    return [(number, state, {row["id"]: row for row in value["rows"]}, note) for number, state, value, note in whole]


def publish(database: Database, rows: list[dict[str, Any]]) -> None:
    """Publish rows as number 3, from the first day of the year."""
    values = {"name": NAME, "rows": json.dumps({"rows": rows})}
    statement = (
        "INSERT INTO routing_rule_set (name, number, state, table_rows, starts_on, published_at, version, note) "
        "VALUES (:name, 3, 'published', :rows, '2026-08-01', '2026-08-01 12:00:00+00:00', 1, '')"
    )
    with engine(database).begin() as connection:
        connection.execute(sa.text(statement), values)


@pytest.mark.both_databases
def test_a_districts_pathways_stay_and_our_holds_and_duties_apply_up_down_and_up(
    database: Database, tmp_path: Path
) -> None:
    app = make_app(database.url, tmp_path)
    run(app, "downgrade", BEFORE)
    assert [number for number, *_rest in versions(database)] == [1, 2]
    theirs, ours = of_a_district(), {row["id"]: row for row in first_rows()}
    publish(database, theirs)
    before = versions(database)
    for _time in range(2):
        run(app, "upgrade")
        assert versions(database)[:3] == before
        (number, state, in_force, note), (_next, draft_state, draft, words) = versions(database)[3:]
        assert (number, state, note, draft_state) == (4, "published", "", "draft")
        by_id = {row["id"]: row for row in theirs}
        assert _which(in_force, by_id, ours) == {"P9", "P6", "F4", "F20"}
        assert _which(draft, by_id, ours) == {"P6", "H2", "D6", "F4", "F20"}
        assert ("P16" in in_force, "P16" in draft) == (False, True)
        assert "these rows: P9, P16, H2, D6." in words
        for rows in (in_force, draft):
            assert [one for one in check_table(read_table(NAME, number, list(rows.values())), 100) if one.blocks] == []
        run(app, "downgrade", BEFORE)
        assert versions(database) == before
    run(app, "upgrade")


def _which(rows: dict[str, Any], theirs: dict[str, Any], ours: dict[str, Any]) -> set[str]:
    """Return the rows that are the district's; every other is ours."""
    assert [row_id for row_id, row in rows.items() if row not in (theirs.get(row_id), ours.get(row_id))] == []
    return {row_id for row_id, row in rows.items() if row != ours.get(row_id)}


@pytest.mark.both_databases
def test_where_nothing_was_changed_there_is_no_draft(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    for _time in range(2):
        (number, state, rows, note) = versions(database)[-1]
        assert (number, state, list(rows.values()), note) == (3, "published", first_rows(), "")
        run(app, "downgrade", BEFORE)
        assert [(number, state) for number, state, *_rest in versions(database)] == [(1, "published"), (2, "published")]
        run(app, "upgrade")
