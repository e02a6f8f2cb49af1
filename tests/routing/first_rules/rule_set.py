"""The rule set as it is shipped, from the frozen rows that its migrations store."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from wss_cases.routing.engine.table import DecisionTable, read_table

NAME: Final = "2026-1"
VERSION: Final = 3
DATA: Final = Path("migrations/data")
CHANGES: Final = {2: "rule_set_2026_1_second.json", 3: "rule_set_2026_1_third.json"}


@cache
def stored_rows(version: int) -> dict[str, Any]:
    """The rows of a version by id: each version changes or adds rows of the one before. Do not change them."""
    if version == 1:
        return {row["id"]: row for row in _read("rule_set_2026_1.json")}
    rows = dict(stored_rows(version - 1))
    places = list(rows)
    for change in _read(CHANGES[version]):
        row = change["is"]
        if row["id"] not in rows:
            places.insert(places.index(change["after"]) + 1, row["id"])
        rows[row["id"]] = row
    return {row_id: rows[row_id] for row_id in places}


def _read(name: str) -> list[Any]:
    changes: list[Any] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return changes


def first_rows() -> list[dict[str, Any]]:
    """A fresh copy of the rows of the newest version."""
    return copy.deepcopy(list(stored_rows(VERSION).values()))


@cache
def table_of_version(version: int) -> DecisionTable:
    return read_table(NAME, version, list(stored_rows(version).values()))


def first_table() -> DecisionTable:
    return table_of_version(VERSION)
