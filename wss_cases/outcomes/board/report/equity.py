"""Equity in a board report: sentences of the tables that the page of equity shows, and no number besides."""

from collections.abc import Mapping
from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.outcomes.equity.presenters import group_words, meaning
from wss_cases.outcomes.equity.rules import said
from wss_cases.outcomes.equity.states import FAMILIES, POINTS, STAGE_LABELS, STAGES
from wss_cases.outcomes.equity.suppression import ENROLLED
from wss_cases.outcomes.equity.tables import Table

REPORTED = tuple(stage for stage in STAGES if stage not in POINTS)
"""Where adults decide most freely is a page of its own."""


def equity_parts(tables: Mapping[str, Table]) -> list[dict[str, Any]]:
    """Return each kind of group: sentences of differences that can be told, how many comparisons told none, and the
    stages that are not shown."""
    parts = []
    for family, table in tables.items():
        compared = [
            (group_words(family, line.categories), stage, line.per_before[stage].against)
            for line in table.lines
            for stage in REPORTED
            if stage in table.stages
        ]
        differing = [one for one in compared if one[2] is not None and said(one[2].ratio).kind != "same"]
        parts.append(
            {
                "kind": FAMILIES[family][0],
                "sentences": [
                    {"group": group, "stage": _stage_words(stage), "meaning": meaning(against)}
                    for group, stage, against in differing
                ],
                "others": len(compared) - len(differing),
                "hidden": [STAGE_LABELS[stage] for stage in REPORTED if stage not in table.stages],
                "is_shown": bool(table.lines),
            }
        )
    return parts


def _stage_words(stage: str) -> str:
    before = STAGES[stage]
    if before == ENROLLED:
        return str(STAGE_LABELS[stage])
    return _("%(stage)s (among: %(before)s)", stage=STAGE_LABELS[stage], before=STAGE_LABELS[before])
