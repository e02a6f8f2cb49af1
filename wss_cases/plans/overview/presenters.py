"""The plans of all schools as a table: one list for the page and for its file."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.list_columns import order_of
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row
from wss_cases.journal.extension_points import list_kinds, plan_columns
from wss_cases.journal.rooms import ListKind, ListRead
from wss_cases.plans.overview.queries import NO_PLAN, OverviewRow, overview_rows
from wss_cases.plans.overview.rules import STATES, Narrowed, in_order, state_of
from wss_cases.plans.plan.core.presenters import TONES
from wss_cases.plans.plan.core.rules import PLAN_READERS
from wss_cases.plans.plan.core.states import PlanState

SCHOOL = Column("school", _l("School"), sorts=True, always=True)
NETWORK, STATE = Column("network", _l("Network"), sorts=True, wide=True), Column("state", _l("State"), sorts=True)
TIER, YEARS = Column("tier", _l("Tier"), sorts=True, said=True), Column("years", _l("Years"), sorts=True, wide=True)
BY_SCHOOL = Order("school")


def brought_columns() -> tuple[Column, ...]:
    """Return the columns that rooms bring."""
    return tuple(Column(one.key, one.label, sorts=True, said=True) for one in plan_columns())


def kind_now() -> ListKind:
    """Return the list with the columns that rooms bring."""
    return list_kinds()[PLANS.name]


def narrowed_of(arguments: Mapping[str, str]) -> Narrowed:
    """Return what an address keeps of the list; what it does not know narrows nothing."""
    state = arguments.get("state", "")
    return Narrowed(
        state=state if state in STATES else "",
        tier=arguments.get("tier", ""),
        network=arguments.get("network", ""),
        late=arguments.get("late") == "1",
    )


def asked_of(arguments: Mapping[str, str]) -> dict[str, str]:
    """Return what an address says of the list and its order."""
    return {name: arguments[name] for name in ("state", "tier", "network", "late", "sort") if arguments.get(name)}


def state_labels() -> dict[str, Any]:
    """Return the words of each state, and of a school without a plan."""
    return {NO_PLAN: _("No plan"), **{state.value: state.label for state in PlanState}}


def choices_of(rows: Sequence[OverviewRow], narrowed: Narrowed) -> list[tuple[str, str, str, list[Any], str]]:
    """Return the selects that narrow the list: name, label, words of all, options, the one chosen."""
    there = {state_of(row) for row in rows}
    states = [(name, words) for name, words in state_labels().items() if name in there]
    tiers = [(tier, tier) for tier in sorted({row.tier for row in rows if row.tier})]
    networks = [(name, name) for name in sorted({row.network for row in rows if row.network})]
    selects = [
        ("state", _("State"), _("Any state"), states, narrowed.state),
        ("tier", _("Tier"), _("Any tier"), tiers, narrowed.tier),
        ("network", _("Network"), _("Any network"), networks, narrowed.network),
    ]
    return [one for one in selects if one[3]]


def filter_words(narrowed: Narrowed) -> list[str]:
    """Return in words what narrows the list."""
    words = [str(state_labels()[narrowed.state])] if narrowed.state else []
    words += [one for one in (narrowed.tier, narrowed.network) if one]
    return [*words, _("With overdue steps")] if narrowed.late else words


def cells_of(rows: Iterable[OverviewRow]) -> list[Row]:
    """Return the rows of the list, cell by cell."""
    labels, brought = state_labels(), plan_columns()
    home = url_for("plans.home", school_plan_id=0)[:-1]  # of hundreds of rows the address is put together once
    return [_cells(row, labels, brought, home) for row in rows]


def _cells(row: OverviewRow, labels: Mapping[str, Any], brought: Sequence[Any], home: str) -> Row:
    first, last = row.years
    tone = TONES[row.state] if row.state is not None else "slate"
    cells = {
        "school": Cell(row.school, href=f"{home}{row.plan_id}" if row.plan_id is not None else ""),
        "network": Cell(row.network),
        "state": Cell(str(labels[state_of(row)]), tone=tone),
        "tier": Cell(row.tier),
        "years": Cell(first if first == last else f"{first} – {last}"),
    }
    for one in brought:
        number = row.counts.get(one.key)
        cells[one.key] = Cell("" if number is None else f"{number:,}", tone=one.tone if number else "")
    return cells


def read_plans(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    """Return the list as a file takes it."""
    narrowed = narrowed_of(arguments)
    order = order_of(kind_now(), arguments)
    kept = [row for row in overview_rows(actor, today_at(None, now)) if narrowed.keeps(row)]
    return ListRead(cells_of(in_order(kept, order)[:limit]), filter_words(narrowed), asked_of(arguments), None)


OWN_COLUMNS = (SCHOOL, NETWORK, STATE, TIER, YEARS)
PLANS = ListKind(
    "plans", _l("School safety plans"), OWN_COLUMNS, BY_SCHOOL, Permission.PLANS_LIST, "plan_overview.plans",
    read_plans, roles=PLAN_READERS, brought=brought_columns,
)  # fmt: skip
