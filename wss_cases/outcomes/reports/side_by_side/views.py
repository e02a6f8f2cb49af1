"""Every school beside the others, those with no incidents among them, and every network."""

from typing import Any

from flask import render_template, request, url_for

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.tables.columns import Cell
from wss_cases.journal.rooms import ListKind
from wss_cases.outcomes.counting.scope.presenters import years_of
from wss_cases.outcomes.counting.scope.queries import networks_of
from wss_cases.outcomes.reports.core.presenters import Narrowed
from wss_cases.outcomes.reports.core.views import blueprint
from wss_cases.outcomes.reports.side_by_side.presenters import (
    NETWORKS,
    SCHOOLS,
    cells_of,
    filters_of,
    found,
    in_order,
    read_page,
    typed_in,
)
from wss_cases.outcomes.reports.side_by_side.queries import Beside, networks_beside, schools_beside

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
    asked: dict[str, Any] = {**here.parameters, **({"q": typed} if typed else {})}
    sort = {"sort": request.args.get("sort")}

    def address(**changes: Any) -> str:
        return url_for(kind.page, **(asked | changes))

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
        table=table_of(kind, here.page.actor, cells, order, address, asked, filters_of(here, typed)),
        newer=address(**sort) if start else None,
        older=address(after=shown[-1].id, **sort) if start + PAGE < len(rows) else None,
    )
