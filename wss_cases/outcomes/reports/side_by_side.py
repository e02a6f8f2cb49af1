"""Schools, or networks, side by side: the same measures as their own pages, each in one grouped query."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import ColumnElement, func, select

from wss_cases.access.actor import Actor
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.cases.case.models import Case, CaseResult
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.rooms import ListKind, ListRead, Room
from wss_cases.outcomes.counting.repair.police import notified
from wss_cases.outcomes.counting.repair.queries import LEFT_OUT, came_to, closed_with_harm, removed
from wss_cases.outcomes.counting.scope.pages import years_of
from wss_cases.outcomes.counting.scope.queries import counted, networks_of, recorded_year_before, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope, Share, per, per_100_a_day
from wss_cases.outcomes.reports.core import Narrowed, SchoolRow, blueprint, narrowed_page, school_rows
from wss_cases.roster.directory.models import School
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.police.review.models import PoliceNotification


@dataclass(frozen=True)
class Numbers:
    """The sums of one school, or of the schools of a network. `schools` is their number; `before` are incidents of the
    same days a year before, at schools with records by then (`recorded` of them)."""

    schools: int = 1
    incidents: int = 0
    before: int = 0
    recorded: int = 0
    students: int = 0
    staff: int = 0
    reported: int = 0
    offered: int = 0
    repaired: int = 0
    closed: int = 0
    removals: int = 0
    police: int = 0

    @property
    def offer(self) -> Share:
        """Incidents with an offer of a restorative pathway, of all."""
        return Share(self.offered, self.incidents)

    @property
    def repair(self) -> Share:
        """Cases closed as repaired, of those with a person harmed."""
        return Share(self.repaired, self.closed)


@dataclass(frozen=True)
class Beside:
    """One school or network: its id (of a school), name and network, its numbers, and the school days so far."""

    id: int
    name: str
    network: str
    school_days: int
    numbers: Numbers = field(default_factory=Numbers)


def schools_beside(actor: Actor, scope: Scope) -> list[Beside]:
    """Every active school of a scope by name."""
    rows = school_rows(actor, scope)
    named = select(School.id, School.network).where(*within_schools(actor, scope, School.id))
    networks = {row[0]: row[1] or "" for row in db.session.execute(named)}
    recorded = _recorded_before(actor, scope)
    offered = _by_school(Incident.school_id, [*counted(actor, scope), came_to("offered")])
    removals = _by_school(DisciplineAction.school_id, removed(actor, scope))
    notifications = _by_school(PoliceNotification.school_id, notified(actor, scope))
    harm = closed_with_harm(actor, scope)
    closed = _by_school(Case.school_id, [*harm, Case.result.not_in(LEFT_OUT)])
    repaired = _by_school(Case.school_id, [*harm, Case.result == CaseResult.REPAIRED])

    def numbers(row: SchoolRow) -> Numbers:
        known = row.id in recorded
        return Numbers(
            1, row.incidents, row.before if known else 0, int(known), row.students, row.staff, row.reported,
            offered.get(row.id, 0), repaired.get(row.id, 0), closed.get(row.id, 0), removals.get(row.id, 0),
            notifications.get(row.id, 0),
        )  # fmt: skip

    return [Beside(row.id, row.name, networks.get(row.id, ""), row.school_days, numbers(row)) for row in rows]


def networks_beside(actor: Actor, scope: Scope) -> list[Beside]:
    """Every network of a scope by name, as the sum of its schools. Schools without a network form a row without a
    name."""
    by_network: dict[str, list[Beside]] = {}
    for row in schools_beside(actor, scope):
        by_network.setdefault(row.network, []).append(row)
    return [
        Beside(rows[0].id, name, name, rows[0].school_days, _sum(row.numbers for row in rows))
        for name, rows in sorted(by_network.items(), key=lambda pair: (not pair[0], pair[0]))
    ]


def _sum(numbers: Iterable[Numbers]) -> Numbers:
    every = list(numbers)
    return Numbers(*(sum(getattr(numbers, of.name) for numbers in every) for of in fields(Numbers)))


def _recorded_before(actor: Actor, scope: Scope) -> set[int]:
    """The schools whose records had begun by the same days a year before."""
    earlier = recorded_year_before(actor, scope)
    if earlier is None:
        return set()
    began = select(Incident.school_id).where(Incident.counts(), Incident.local_date <= earlier.last).distinct()
    return set(db.session.scalars(began.where(*within_schools(actor, scope, Incident.school_id))))


def _by_school(column: Any, conditions: Sequence[ColumnElement[bool]]) -> Mapping[int, int]:
    statement = select(column, func.count()).where(*conditions).group_by(column)
    return {row[0]: row[1] for row in db.session.execute(statement)}


SEARCHED = 100
"""The longest search text for a name, in characters."""


def _measure(key: str, label: Any, *, wide: bool = False, unbroken: bool = False) -> Column:
    return Column(key, label, sorts=True, most_first=True, said=True, wide=wide, unbroken=unbroken)


_MEASURES = (
    _measure("incidents", _l("Incidents")),
    _measure("before", _l("Same days a year before"), wide=True),
    _measure("rate", _l("Per 100 students per school day")),
    _measure("reported", _l("Staff who reported, per 100"), wide=True),
    _measure("offered", _l("With an offer to repair"), unbroken=True),
    _measure("repaired", _l("Harm repaired"), unbroken=True),
    _measure("removals", _l("Removals per 100 students"), wide=True),
    _measure("police", _l("Police notifications per 1,000 students"), wide=True),
)
SCHOOL_COLUMNS = (
    Column("school", _l("School"), sorts=True, always=True),
    Column("network", _l("Network"), sorts=True, said=True, wide=True),
    *_MEASURES,
)
NETWORK_COLUMNS = (
    Column("network", _l("Network"), sorts=True, always=True),
    Column("schools", _l("Schools"), sorts=True, said=True),
    *_MEASURES,
)


def read_page() -> Narrowed:
    """Read the address. Raises NotFound for the reader of a single school, and for a filter of incidents."""
    here = narrowed_page()
    if here.page.school is not None or not here.is_plain:
        raise NotFound
    return here


def found(rows: Sequence[Beside], typed: str) -> list[Beside]:
    """The rows whose name contains every typed word."""
    words = typed.casefold().split()
    return [row for row in rows if all(word in row.name.casefold() for word in words)]


def in_order(rows: Sequence[Beside], order: Order, this_year: bool) -> list[Beside]:
    """The rows in the order of a column. Rows without a figure come last in both directions."""

    def value(row: Beside) -> Any:
        return values_of(row, this_year)[order.key]

    known = [row for row in rows if value(row) is not None]
    unknown = [row for row in rows if value(row) is None]
    return sorted(known, key=lambda row: (value(row), row.id), reverse=order.down) + unknown


def values_of(row: Beside, this_year: bool) -> dict[str, Any]:
    """The value by which each column is sorted; None where there is no figure."""
    numbers = row.numbers
    return {
        "school": row.name.casefold(),
        "network": row.network.casefold(),
        "schools": numbers.schools,
        "incidents": numbers.incidents,
        "before": numbers.before if numbers.recorded else None,
        "rate": per_100_a_day(numbers.incidents, numbers.students, row.school_days),
        "reported": per(numbers.reported, numbers.staff, 100) if this_year else None,
        "offered": numbers.offer.percent,
        "repaired": numbers.repair.percent,
        "removals": per(numbers.removals, numbers.students, 100),
        "police": per(numbers.police, numbers.students, 1000),
    }


def cells_of(rows: Sequence[Beside], this_year: bool, name: Callable[[Beside], Cell], first: str) -> list[Row]:
    """The rows of a list, cell by cell. `name` makes the first cell, in the column `first`."""
    return [_cells(row, this_year) | {first: name(row)} for row in rows]


def _cells(row: Beside, this_year: bool) -> dict[str, Cell]:
    values, numbers = values_of(row, this_year), row.numbers
    before = _("not recorded") if values["before"] is None else f"{numbers.before:,}"
    return {
        "network": Cell(row.network),
        "schools": Cell(f"{numbers.schools:,}"),
        "incidents": Cell(f"{numbers.incidents:,}"),
        "before": Cell(before),
        **{key: Cell(_rate(values[key])) for key in ("rate", "reported", "removals", "police")},
        "offered": Cell(_share(numbers.offer)),
        "repaired": Cell(_share(numbers.repair)),
    }


def _rate(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.2f}"


def _share(share: Share) -> str:
    if share.percent is None:
        return "–"
    numbers = {"percent": f"{share.percent:.0f}%", "part": f"{share.part:,}", "whole": f"{share.whole:,}"}
    return _("%(percent)s (%(part)s of %(whole)s)", **numbers)


def typed_in(arguments: Mapping[str, str]) -> str:
    """The search text for a name."""
    return arguments.get("q", "").strip()[:SEARCHED]


def filters_of(here: Narrowed, typed: str) -> list[str]:
    """The filters of the list, in words."""
    return [text for text in (here.page.year_words, here.parameters.get("network", ""), typed) if text]


def _read(kind: ListKind, arguments: Mapping[str, str], limit: int) -> ListRead:
    here, typed = read_page(), typed_in(arguments)
    this_year, is_schools = here.page.scope.is_this_year, kind is SCHOOLS
    every = (schools_beside if is_schools else networks_beside)(here.page.actor, here.page.scope)
    rows = in_order(found(every, typed), order_of(kind, arguments), this_year)[:limit]
    first = "school" if is_schools else "network"
    parameters = {**here.parameters, **({"q": typed} if typed else {})}
    if arguments.get("sort"):
        parameters["sort"] = arguments["sort"]
    return ListRead(
        cells_of(rows, this_year, lambda row: Cell(row.name), first), filters_of(here, typed), parameters, None
    )


def read_schools(_actor: Actor, arguments: Mapping[str, str], _now: datetime, limit: int) -> ListRead:
    """The schools of the side-by-side list for a file."""
    return _read(SCHOOLS, arguments, limit)


def read_networks(_actor: Actor, arguments: Mapping[str, str], _now: datetime, limit: int) -> ListRead:
    """The networks of the side-by-side list for a file."""
    return _read(NETWORKS, arguments, limit)


SCHOOLS = ListKind(
    "outcome_schools", _l("School by school"), SCHOOL_COLUMNS, Order("school"), Permission.OUTCOMES_READ,
    "outcomes.core.schools", read_schools,
)  # fmt: skip
NETWORKS = ListKind(
    "outcome_networks", _l("Network by network"), NETWORK_COLUMNS, Order("network"), Permission.OUTCOMES_READ,
    "outcomes.core.networks", read_networks,
)  # fmt: skip


LISTS = (SCHOOLS, NETWORKS)
PAGE = 20


@blueprint.get("/schools")
@gate(Permission.OUTCOMES_READ)
def schools() -> str:
    """Schools by name or by another column, a page at a time."""
    here = read_page()

    def name(row: Beside) -> Cell:
        return Cell(row.name, href=here.of_school(row.id))

    return _page(SCHOOLS, here, schools_beside(here.page.actor, here.page.scope), name)


@blueprint.get("/networks")
@gate(Permission.OUTCOMES_READ)
def networks() -> str:
    """Networks by name or by another column."""
    here = read_page()

    def name(row: Beside) -> Cell:
        return Cell(row.name, href=here.schools(network=row.name)) if row.name else Cell("–")

    return _page(NETWORKS, here, networks_beside(here.page.actor, here.page.scope), name)


def _page(kind: ListKind, here: Narrowed, every: list[Beside], name: Any) -> str:
    typed, order, this_year = typed_in(request.args), order_of(kind, request.args), here.page.scope.is_this_year
    rows = in_order(found(every, typed), order, this_year)
    after = id_in(request.args.get("after"))
    start = next((place + 1 for place, row in enumerate(rows) if row.id == after), 0)
    shown = rows[start : start + PAGE]
    parameters: dict[str, Any] = {**here.parameters, **({"q": typed} if typed else {})}
    sort = {"sort": request.args.get("sort")}

    def address(**changes: Any) -> str:
        return url_for(kind.page, **(parameters | changes))

    cells = cells_of(shown, this_year, name, kind.columns[0].key)
    return render_template(
        "outcomes/reports/side_by_side/list.html",
        asked=here,
        page=here.page,
        typed=typed,
        count=len(rows),
        is_schools=kind is SCHOOLS,
        years=years_of(here.page),
        networks=networks_of(here.page.actor) if kind is SCHOOLS else [],
        table=table_of(kind, here.page.actor, cells, order, address, parameters, filters_of(here, typed)),
        newer=address(**sort) if start else None,
        older=address(after=shown[-1].id, **sort) if start + PAGE < len(rows) else None,
    )


ROOM = Room(lists=LISTS)
