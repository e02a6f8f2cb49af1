"""The first rule set: what the first migration stores and every later version is copied from."""

import copy
from datetime import date
from functools import cache
from typing import Any, Final

from wss_cases.routing.first.pathways import PATHWAYS
from wss_cases.routing.first.rest import DUTIES, FALLBACK, FOLLOW_UPS, GRADE_LIMIT, HOLDS
from wss_cases.routing.reading import read_table
from wss_cases.routing.table import DecisionTable

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
