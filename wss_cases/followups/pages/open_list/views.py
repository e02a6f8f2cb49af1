"""The list of open follow-ups: one's own, and for the case team the school's and those that one gave away."""

from typing import Any

from flask import render_template, request, url_for

from wss_cases.access.actor import CASE_TEAM
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.followups.pages.follow_up.views import blueprint
from wss_cases.followups.pages.open_list.presenters import (
    FOLLOW_UPS,
    MINE,
    OWN_FOLLOW_UPS,
    WHOSE,
    asked_of,
    follow_up_cells,
    kind_of,
    narrowed_of,
    whose_of,
)
from wss_cases.followups.pages.open_list.queries import PAGE, open_rows
from wss_cases.followups.undo.presenters import undo_line
from wss_cases.foundation import clock
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page

LISTS = (FOLLOW_UPS, OWN_FOLLOW_UPS)


@blueprint.get("/follow-ups")
@gate(Permission.FOLLOWUP_READ)
def follow_ups() -> Page:
    """Open follow-ups: one's own, or those of the school; the first due first, or by one of the columns."""
    actor, now = current_actor(), clock.now()
    whose = whose_of(actor, request.args)
    kind, after = kind_of(whose), id_in(request.args.get("after"))
    order, asked = order_of(kind, request.args), asked_of(whose, request.args)
    rows = open_rows(actor, narrowed_of(actor, whose), order, after)
    shown = rows[:PAGE]

    def address(**changes: Any) -> str:
        return url_for("followups.follow_ups", **(asked | changes))

    cells = follow_up_cells(shown, actor, now)
    return render_template(
        "followups/pages/open_list/list.html",
        table=table_of(kind, actor, cells, order, address, asked, [str(WHOSE[whose])]),
        tabs=[
            (words, url_for("followups.follow_ups", whose=None if name == MINE else name), name == whose, None)
            for name, words in WHOSE.items()
        ],
        team=actor.has(*CASE_TEAM),
        undo=undo_line(actor, now),
        first=address() if after else None,
        later=address(after=shown[-1].id) if len(rows) > PAGE else None,
    )
