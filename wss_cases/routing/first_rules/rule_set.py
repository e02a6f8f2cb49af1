"""The first rule set: what the first migration stores and every later version is copied from."""

import copy
from datetime import date
from functools import cache
from typing import Any, Final

from wss_cases.routing.engine.reading import read_table
from wss_cases.routing.engine.table import DecisionTable
from wss_cases.routing.first_rules.holds_and_duties import DUTIES, FALLBACK, FOLLOW_UPS, GRADE_LIMIT, HOLDS
from wss_cases.routing.first_rules.pathways import PATHWAYS

NAME: Final = "2026-1"
VERSION: Final = 1
EFFECTIVE_FROM: Final = date(2016, 8, 1)


def first_rows() -> list[dict[str, Any]]:
    """Return a fresh copy of the rows as they are stored."""
    return copy.deepcopy([*PATHWAYS, *GRADE_LIMIT, *HOLDS, *FALLBACK, *DUTIES, *FOLLOW_UPS])


@cache
def first_table() -> DecisionTable:
    """Return the first rule set, read and checked."""
    return read_table(NAME, VERSION, first_rows())
