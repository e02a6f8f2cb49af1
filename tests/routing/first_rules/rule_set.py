"""The rule set as it is shipped: what migrations store, and what every later version is copied from."""

import copy
from functools import cache
from typing import Any, Final

from tests.routing.first_rules.holds_and_duties import DUTIES, FALLBACK, FOLLOW_UPS, GRADE_LIMIT, HOLDS
from tests.routing.first_rules.pathways import PATHWAYS
from wss_cases.routing.engine.table import DecisionTable, read_table

NAME: Final = "2026-1"
VERSION: Final = 3


def first_rows() -> list[dict[str, Any]]:
    """Return a fresh copy of the rows as they are stored."""
    return copy.deepcopy([*PATHWAYS, *GRADE_LIMIT, *HOLDS, *FALLBACK, *DUTIES, *FOLLOW_UPS])


@cache
def first_table() -> DecisionTable:
    """Return the shipped rule set, read and checked."""
    return read_table(NAME, VERSION, first_rows())
