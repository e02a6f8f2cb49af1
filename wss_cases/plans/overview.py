"""Reading every school's plan: a constant number of statements, however many schools there are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import select

from wss_cases.access.actor import Actor, in_schools
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.foundation import clock
from wss_cases.foundation.db import among, db
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row
from wss_cases.journal.extension_points import list_kinds, plan_columns
from wss_cases.journal.rooms import ListKind, ListRead, PlanColumn, Room
from wss_cases.plans.plan.core.models import PLAN_READERS, STANDING, PlanState, SchoolPlan, visible_to
from wss_cases.plans.plan.core.pages import TONES
from wss_cases.roster.directory.models import School
from wss_cases.training.requirements.models import unmet_minimums

NO_PLAN: Final = "none"
"""Stands where others have the state of their plan."""


@dataclass(frozen=True)
class OverviewRow:
    """One school and its plan: the one that stands, else the newest that is not closed; None without any.

    `counts` are the numbers that rooms tell of the plan, by their column.
    """

    school_id: int
    school: str
    network: str
    plan_id: int | None = None
    state: PlanState | None = None
    tier: str = ""
    years: tuple[str, str] = ("", "")
    counts: Mapping[str, int] = field(default_factory=dict)


def overview_rows(actor: Actor, today: date) -> list[OverviewRow]:
    """Return every active school whose plans the actor reads, by name."""
    named = select(School.id, School.name, School.network).where(
        School.is_active, in_schools(School.id, actor, *PLAN_READERS)
    )
    plans = _plan_of_each(actor)
    ids = sorted(plan[0] for plan in plans.values())
    counted = {column.key: column.count(ids, today) if ids else {} for column in plan_columns()}
    found = []
    for school_id, school, network in db.session.execute(named.order_by(School.name, School.id)):
        plan = plans.get(school_id)
        if plan is None:
            found.append(OverviewRow(school_id, school, network or ""))
            continue
        plan_id, state, tier, first, last = plan
        counts = {key: numbers.get(plan_id, 0) for key, numbers in counted.items()}
        found.append(OverviewRow(school_id, school, network or "", plan_id, state, tier, (first, last), counts))
    return found


def unmet_trainings(plan_ids: Sequence[int], today: date) -> dict[int, int]:
    """Return for each plan how many minimums of training its school does not meet."""
    schools = select(SchoolPlan.id, SchoolPlan.school_id).where(among(SchoolPlan.id, plan_ids))
    by_plan = dict(db.session.execute(schools).all())
    unmet = unmet_minimums(sorted(set(by_plan.values())), today)
    return {plan_id: unmet[school_id] for plan_id, school_id in by_plan.items()}


def _plan_of_each(actor: Actor) -> dict[int, tuple[int, PlanState, str, str, str]]:
    plan = SchoolPlan
    columns = (plan.school_id, plan.id, plan.state, plan.tier, plan.first_year, plan.last_year)
    chosen: Any = select(*columns)
    statement = visible_to(chosen, actor).where(plan.state != PlanState.CLOSED)
    found: dict[int, tuple[int, PlanState, str, str, str]] = {}
    for school_id, *row in db.session.execute(statement.order_by(plan.first_year, plan.number)):
        before = found.get(school_id)
        if before is None or before[1] not in STANDING:
            found[school_id] = (row[0], row[1], row[2], row[3], row[4])
    return found


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
    ids = [row.school_id for row in rows]
    start = ids.index(school_id) + 1 if school_id in ids else 0
    return list(rows[start : start + size]), len(rows) > start + size


SCHOOL = Column("school", _l("School"), sorts=True, always=True)
NETWORK, STATE = Column("network", _l("Network"), sorts=True, wide=True), Column("state", _l("State"), sorts=True)
TIER, YEARS = Column("tier", _l("Tier"), sorts=True, said=True), Column("years", _l("Years"), sorts=True, wide=True)
BY_SCHOOL = Order("school")


def brought_columns() -> tuple[Column, ...]:
    return tuple(Column(one.key, one.label, sorts=True, said=True) for one in plan_columns())


def kind_now() -> ListKind:
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
    return {name: arguments[name] for name in ("state", "tier", "network", "late", "sort") if arguments.get(name)}


def state_labels() -> dict[str, Any]:
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
    words = [str(state_labels()[narrowed.state])] if narrowed.state else []
    words += [one for one in (narrowed.tier, narrowed.network) if one]
    return [*words, _("With overdue steps")] if narrowed.late else words


def cells_of(rows: Iterable[OverviewRow]) -> list[Row]:
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


blueprint = Blueprint("plan_overview", __name__)
PAGE = 25


@blueprint.get("/safety-plans/all")
@gate(Permission.PLANS_LIST)
def plans() -> Page:
    """Every school's plan: tier, state, and what rooms tell of it."""
    actor = current_actor()
    rows = overview_rows(actor, today_at(None, clock.now()))
    narrowed, kind = narrowed_of(request.args), kind_now()
    order, asked, after = order_of(kind, request.args), asked_of(request.args), id_in(request.args.get("after"))
    kept = in_order([row for row in rows if narrowed.keeps(row)], order)
    shown, more = page_after(kept, after, PAGE)

    def address(**changes: Any) -> str:
        return url_for("plan_overview.plans", **(asked | changes))

    return render_template(
        "plans/overview/list.html",
        table=table_of(kind, actor, cells_of(shown), order, address, asked, filter_words(narrowed)),
        count=len(kept),
        narrowed=narrowed,
        sort=asked.get("sort", ""),
        choices=choices_of(rows, narrowed),
        first=address() if after else None,
        later=address(after=shown[-1].school_id) if more else None,
    )


ROOM = Room(
    pages=(blueprint,),
    lists=(PLANS,),
    plan_columns=(PlanColumn("training", _l("Trainings not met"), 50, unmet_trainings, tone="sun"),),
)
