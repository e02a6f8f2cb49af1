"""Equity in a board report: sentences of the tables that the page of equity shows, and no number besides."""

from collections.abc import Mapping
from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.outcomes.equity.presenters import group_words, meaning
from wss_cases.outcomes.equity.rules import said
from wss_cases.outcomes.equity.states import FAMILIES, POINTS, STAGE_LABELS, STAGES
from wss_cases.outcomes.equity.suppression import ENROLLED
from wss_cases.outcomes.equity.tables import Cell, Table

TOLD = tuple(stage for stage in STAGES if stage not in POINTS)
"""Where adults decide most freely is a page of its own."""
SAME = "same"


def equity_parts(tables: Mapping[str, Table]) -> list[dict[str, Any]]:
    """Return each kind of group: sentences of differences that can be told, how many comparisons told none, and the
    stages that are not shown."""
    parts = []
    for family, table in tables.items():
        told = [
            (group_words(family, line.categories), stage, cell)
            for line in table.lines
            for stage in TOLD
            if stage in table.stages
            for cell in [_cell(line, stage)]
        ]
        differing = [one for one in told if _differs(one[2])]
        parts.append(
            {
                "kind": FAMILIES[family][0],
                "sentences": [
                    {"group": group, "stage": _stage_words(stage), "meaning": meaning(cell.against)}
                    for group, stage, cell in differing
                ],
                "others": len(told) - len(differing),
                "hidden": [STAGE_LABELS[stage] for stage in TOLD if stage not in table.stages],
                "is_shown": bool(table.lines),
            }
        )
    return parts


def _cell(line: Any, stage: str) -> Cell:
    found: Cell = line.per_before[stage]
    return found


def _differs(cell: Cell) -> bool:
    return cell.against is not None and said(cell.against.ratio).kind != SAME


def _stage_words(stage: str) -> str:
    before = STAGES[stage]
    if before == ENROLLED:
        return str(STAGE_LABELS[stage])
    return _("%(stage)s (among: %(before)s)", stage=STAGE_LABELS[stage], before=STAGE_LABELS[before])
