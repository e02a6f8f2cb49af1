"""Pure: which rows the overview keeps, and in which order they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wss_cases.foundation.tables.columns import Order
from wss_cases.plans.overview.queries import NO_PLAN, OverviewRow
from wss_cases.plans.plan.core.states import PlanState

STATES = [NO_PLAN, *(state.value for state in PlanState)]
"""As they follow each other; a school without a plan comes before all."""


@dataclass(frozen=True)
class Narrowed:
    """What the list keeps: a state, a tier, a network; '' for all. `late`: only plans with overdue steps."""

    state: str = ""
    tier: str = ""
    network: str = ""
    late: bool = False

    def keeps(self, row: OverviewRow) -> bool:
        """Whether a row fits."""
        return (
            self.state in ("", state_of(row))
            and self.tier in ("", row.tier)
            and self.network in ("", row.network)
            and (not self.late or row.counts.get("overdue", 0) > 0)
        )


def state_of(row: OverviewRow) -> str:
    """Return the state of a school's plan, or that there is none."""
    return row.state.value if row.state is not None else NO_PLAN


def in_order(rows: Sequence[OverviewRow], order: Order) -> list[OverviewRow]:
    """Return rows in an order; those alike by school, and a school without a plan after those that have a number."""
    named = sorted(rows, key=lambda row: (row.school.casefold(), row.school_id))
    if order.key == "school":
        return named[::-1] if order.down else named
    return sorted(named, key=lambda row: _value(row, order.key), reverse=order.down)


def _value(row: OverviewRow, key: str) -> Any:
    if key == "state":
        return STATES.index(state_of(row))
    if key == "network":
        return row.network.casefold()
    if key == "tier":
        return row.tier.casefold()
    if key == "years":
        return row.years
    return row.counts.get(key, -1)


def page_after(rows: Sequence[OverviewRow], school_id: int | None, size: int) -> tuple[list[OverviewRow], bool]:
    """Return one page of rows, that after a school's row (the first without one), and whether more follow."""
    ids = [row.school_id for row in rows]
    start = ids.index(school_id) + 1 if school_id in ids else 0
    return list(rows[start : start + size]), len(rows) > start + size
