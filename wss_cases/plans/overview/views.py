"""The plans of all schools that somebody reads: sorted, filtered, page by page."""

from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.foundation import clock
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.plans.overview.presenters import asked_of, cells_of, choices_of, filter_words, kind_now, narrowed_of
from wss_cases.plans.overview.queries import overview_rows
from wss_cases.plans.overview.rules import in_order, page_after

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
