"""Schools and networks beside each other, as lists that sort, print and leave as a file."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.list_columns import order_of
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row
from wss_cases.journal.rooms import ListKind, ListRead
from wss_cases.outcomes.counting.scope.rules import Share, per, per_100_a_day
from wss_cases.outcomes.reports.core.presenters import Narrowed, narrowed_page
from wss_cases.outcomes.reports.side_by_side.queries import Beside, networks_beside, schools_beside

SEARCHED = 100
"""Letters of a name that are looked for."""


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
    """Read the address. Raises NotFound for the reader of one school, and for a filter of incidents."""
    here = narrowed_page()
    if here.page.school is not None or not here.is_plain:
        raise NotFound
    return here


def found(rows: Sequence[Beside], typed: str) -> list[Beside]:
    """Return the rows whose name holds each typed word."""
    words = typed.casefold().split()
    return [row for row in rows if all(word in row.name.casefold() for word in words)]


def in_order(rows: Sequence[Beside], order: Order, this_year: bool) -> list[Beside]:
    """Return rows in the order of a column; those without a figure come last, either way."""

    def value(row: Beside) -> Any:
        return values_of(row, this_year)[order.key]

    known = [row for row in rows if value(row) is not None]
    unknown = [row for row in rows if value(row) is None]
    return sorted(known, key=lambda row: (value(row), row.id), reverse=order.down) + unknown


def values_of(row: Beside, this_year: bool) -> dict[str, Any]:
    """Return what each column is sorted by; None where there is no figure."""
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
    """Return the rows of a list, cell by cell; `name` makes the first, whose column is `first`."""
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
    """Return what the name is searched for."""
    return arguments.get("q", "").strip()[:SEARCHED]


def filters_of(here: Narrowed, typed: str) -> list[str]:
    """Return what narrows the list, in words."""
    return [one for one in (here.page.year_words, here.parameters.get("network", ""), typed) if one]


def _read(kind: ListKind, arguments: Mapping[str, str], limit: int) -> ListRead:
    here, typed = read_page(), typed_in(arguments)
    this_year, is_schools = here.page.scope.is_this_year, kind is SCHOOLS
    every = (schools_beside if is_schools else networks_beside)(here.page.actor, here.page.scope)
    rows = in_order(found(every, typed), order_of(kind, arguments), this_year)[:limit]
    first = "school" if is_schools else "network"
    asked = {**here.parameters, **({"q": typed} if typed else {})}
    if arguments.get("sort"):
        asked["sort"] = arguments["sort"]
    return ListRead(cells_of(rows, this_year, lambda row: Cell(row.name), first), filters_of(here, typed), asked, None)


def read_schools(_actor: Actor, arguments: Mapping[str, str], _now: datetime, limit: int) -> ListRead:
    """Return schools beside each other as a file takes them."""
    return _read(SCHOOLS, arguments, limit)


def read_networks(_actor: Actor, arguments: Mapping[str, str], _now: datetime, limit: int) -> ListRead:
    """Return networks beside each other as a file takes them."""
    return _read(NETWORKS, arguments, limit)


SCHOOLS = ListKind(
    "outcome_schools", _l("School by school"), SCHOOL_COLUMNS, Order("school"), Permission.OUTCOMES_READ,
    "outcomes.core.schools", read_schools,
)  # fmt: skip
NETWORKS = ListKind(
    "outcome_networks", _l("Network by network"), NETWORK_COLUMNS, Order("network"), Permission.OUTCOMES_READ,
    "outcomes.core.networks", read_networks,
)  # fmt: skip
