"""The equity report: every kind of group, every stage that may be shown, as one table."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.documents.rendering import Report, about, head
from wss_cases.outcomes.equity.presenters import group_words, meaning_of_row
from wss_cases.outcomes.equity.queries import minimums_of, tables_for
from wss_cases.outcomes.equity.rules import Interval
from wss_cases.outcomes.equity.states import FAMILIES, STAGE_LABELS, STAGES
from wss_cases.outcomes.equity.tables import Cell, Line, Table, settled

ENDS = ("", "_low", "_high")
COLUMNS = (
    "kind", "group", "stage", "of", "students", "base", "percent", "others_percent",
    *(f"ratio{end}" for end in ENDS), *(f"difference_points{end}" for end in ENDS),
    *(f"ratio_within_schools{end}" for end in ENDS), "meaning",
)  # fmt: skip
SUPPRESSED = "suppressed"


def equity(actor: Actor, scope: Scope, school: str | None) -> Report:
    """Return each group against all others at each stage, once of those enrolled and once of the stage before."""
    counted = settled(scope)
    least = minimums_of(scope.year)
    tables = tables_for(actor, counted) if counted else dict.fromkeys(FAMILIES, Table())
    rows = [row for family, table in tables.items() for row in _rows(family, table)]
    document = head("equity", scope, school) | {
        "to": counted.last.isoformat() if counted else None,
        "minimum_cell": least.cell,
        "minimum_group": least.group,
        "rows": [dict(zip(COLUMNS, row, strict=True)) for row in rows],
    }
    return Report("equity", document, COLUMNS, rows, about(scope.year, school, "equity"))


def _rows(family: str, table: Table) -> list[list[Any]]:
    kind = str(FAMILIES[family][0])
    rows = []
    for line in table.lines:
        name = group_words(family, line.categories)
        for stage in table.stages:
            label = str(STAGE_LABELS[stage])
            rows.append([kind, name, label, "enrolled", *_numbers(line, line.per_enrolled[stage])])
            rows.append([kind, name, label, "stage before", *_numbers(line, line.per_before[stage])])
    blank = [None] * (len(COLUMNS) - 6)
    hidden = [stage for stage in STAGES if stage not in table.stages]
    return rows + [[kind, "", str(STAGE_LABELS[stage]), "", SUPPRESSED, *blank, ""] for stage in hidden]


def _numbers(line: Line, cell: Cell) -> list[Any]:
    against = cell.against
    if against is None:
        return [cell.came, cell.of, round(cell.percent, 1), *[None] * 10, meaning_of_row(line.categories, None)]
    inside = _ends(cell.within[0], 1) if cell.within else [None] * 3
    ends = (*_ends(against.ratio, 1), *_ends(against.difference, 100), *inside)
    return [
        cell.came,
        cell.of,
        round(cell.percent, 1),
        round(100 * against.others, 1),
        *ends,
        meaning_of_row(line.categories, against),
    ]


def _ends(interval: Interval, times: int) -> list[float]:
    """An estimate and its interval, rounded: an exact one could be turned back into what is hidden."""
    return [float(f"{times * one:.2g}") for one in (interval.value, interval.low, interval.high)]
